import type { Failure } from '#protocol/failure.ts';
import type { Result } from '#protocol/task-types.ts';
import type { ApprovalStore } from './approval-store.ts';
import { BatchReader } from './batch-reader.ts';
import type { Clock } from './clock.ts';
import type { GateReadings } from './gate-readings.ts';
import type { InstanceBudget } from './instance-budget.ts';
import type { Bounds, GroupSize, PollGroups } from './poll-groups.ts';
import { type AskPoll, askWith, failureOf } from './poll-tasks.ts';
import { keyOf, makeBatch, type ReadBatch, suspicionOf } from './read-batch.ts';
import { isoTime } from './task-record.ts';
import type { TaskOrigin, Tasks } from './tasks.ts';
import {
  changesSince,
  isFollowed,
  learnChanges,
  learnFailure,
  mostPerRead,
  planLook,
  unfollowed,
  type Watch,
} from './watch.ts';

export interface LookDeps {
  readonly store: ApprovalStore;
  readonly groups: PollGroups;
  readonly readings: GateReadings;
  readonly tasks: Pick<Tasks, 'run'>;
  readonly budget: Pick<InstanceBudget, 'holdFor'>;
  readonly clock: Clock;
  readonly managerId: string;
}

/** So many readings of a group at once: a large group must not fill an instance's places before a small one. */
const mostReadings = 2;
/** Newcomers are told of by notices; one that was lost is made up for by looking. */
const newcomersMs = 1_000;
/** Who is due within this share of the shortest interval is read with those that are due now. */
const earlyShare = 0.2;

/** So many readings more than twice all gates are in one look, since no changes are asked for meanwhile. */
const moreReadings = 50;
/** After a failure the group is looked at again within this, however seldom it is polled: somebody may have joined it. */
const longestPauseMs = 60_000;

const unbounded: Bounds = { notBefore: 0, notAfter: Number.MAX_SAFE_INTEGER };

/**
 * One look of a manager at a poll group that it holds: asks for changes if the group is large, then reads those that are
 * due, until none is.
 */
export class GroupLook {
  readonly #groupId: string;
  readonly #deps: LookDeps;
  readonly #stopping = new AbortController();
  readonly #ask: AskPoll;
  readonly #reader: BatchReader;
  readonly #reading = new Set<Promise<void>>();
  readonly #beingRead = new Set<string>();
  readonly #haveBeenRead = new Set<string>();
  /** The tickets that the instance told of in this look. */
  #told: ReadonlySet<string> = new Set();
  /** Why nothing more is asked in this look. */
  #fault: Failure | undefined;
  /** Something failed last, so that one reading at a time must do: an outage must not cost more than a request. */
  #isDoubtful = false;
  /** What is in doubt may be the doing of one gate: a single one is read first, since the next may answer. */
  #isProbing = false;
  #hasRead = false;
  #lastSuspect: Failure | undefined;
  #readingsLeft = Number.POSITIVE_INFINITY;
  #onNewcomer = () => {};

  constructor(groupId: string, deps: LookDeps) {
    this.#groupId = groupId;
    this.#deps = deps;
    this.#ask = askWith(deps.tasks, this.#stopping.signal);
    const isOver = () => this.#fault !== undefined || this.#stopping.signal.aborted;
    const isDoubtful = () => this.#isDoubtful;
    this.#reader = new BatchReader({ ...deps, groupId, ask: this.#ask, isOver, isDoubtful });
  }

  /** Looks, and tells when the group is due again. Rejects when Redis cannot be asked: then the group's lease ends by itself. */
  async run(): Promise<Bounds> {
    return this.#look().catch((error: unknown) => {
      if (this.#stopping.signal.aborted) return { ...unbounded, notAfter: this.#deps.clock.now() };
      throw error;
    });
  }

  /** Approvals have joined the group. */
  poke(): void {
    this.#onNewcomer();
  }

  /** Asks nothing more. */
  stop(): void {
    this.#stopping.abort();
    this.#onNewcomer();
  }

  async #look(): Promise<Bounds> {
    const { groups, clock } = this.#deps;
    const size = await groups.sizeOf(this.#groupId);
    const origin = size && (await this.#findOrigin());
    if (!size || !origin) return unbounded;
    let watch = await groups.watchOf(this.#groupId);
    const held = this.#holdOf(origin.origin);
    if (held || watch.held) watch = await this.#keep({ ...watch, held });
    if (held) return { notBefore: held.untilMs, notAfter: held.untilMs };

    const plan = planLook(watch, size, clock.now());
    const isFollowedBy = (known: Watch) => isFollowed(known, size.intervalMs, clock.now());
    this.#readingsLeft = moreReadings + (2 * size.members) / mostPerRead;
    this.#isDoubtful = watch.lastFailure !== undefined;
    this.#isProbing = watch.lastFailure !== undefined && suspicionOf(watch.lastFailure) === 'perhaps-one';
    if (this.#isDoubtful) await this.#readDue(size, isFollowedBy(watch), () => this.#isDoubtful);
    if (plan === 'ask' && !this.#fault) watch = await this.#follow(origin, watch, size);
    if (plan === 'read-all' && watch.followedAt !== undefined) watch = await this.#unfollow(watch, size);
    await this.#readDue(size, isFollowedBy(watch));
    const inDoubt = this.#fault ?? (this.#hasRead ? undefined : this.#lastSuspect);
    const lastFailure = inDoubt ?? (watch.failuresInRow > 0 ? watch.lastFailure : undefined);
    if (lastFailure?.message !== watch.lastFailure?.message) await this.#keep({ ...watch, lastFailure });
    return {
      notBefore: inDoubt ? clock.now() + Math.min(size.intervalMs, longestPauseMs) : 0,
      notAfter: plan === 'read-all' ? unbounded.notAfter : watch.askedAt + size.intervalMs,
    };
  }

  /** The instance, user and table that all approvals of the group have in common. */
  async #findOrigin(): Promise<{ readonly origin: TaskOrigin; readonly table: string } | undefined> {
    for (;;) {
      const first = await this.#deps.groups.firstDue(this.#groupId, 1);
      if (first.length === 0) return undefined;
      const [found] = await this.#load(first);
      if (found) return found.record.spec;
    }
  }

  /** While the instance is not to be asked, a reading would only wait in a queue and expire there. */
  #holdOf({ target }: TaskOrigin): Watch['held'] {
    const hold = this.#deps.budget.holdFor({ baseUrl: target?.baseUrl, isBackground: true });
    if (hold?.kind !== 'rate-limit') return undefined;
    const because = `the instance is not asked before ${isoTime(hold.untilMs)}: ${hold.because}`;
    return { untilMs: hold.untilMs, because };
  }

  async #keep(watch: Watch): Promise<Watch> {
    await this.#deps.groups.saveWatch(this.#groupId, watch);
    return watch;
  }

  /** Asks which tickets have changed, and makes them due. */
  async #follow(of: { origin: TaskOrigin; table: string }, watch: Watch, size: GroupSize): Promise<Watch> {
    const { groups, clock } = this.#deps;
    const askedAt = clock.now();
    const { outcome } = await this.#ask('ticket.changes', of.origin, changesSince(of.table, watch));
    if (outcome.kind !== 'succeeded') {
      this.#isDoubtful = true;
      const failing = learnFailure(watch, failureOf(outcome), askedAt);
      if (watch.followedAt !== undefined && failing.followedAt === undefined)
        await groups.hastenAll(this.#groupId, clock.now(), size.intervalMs);
      return this.#keep(failing);
    }
    const learnt = learnChanges(watch, outcome.result as Result<'ticket.changes'>, askedAt);
    // Due first, then forgotten that they are to be: whoever dies in between asks again.
    if (learnt.changed === 'all') await groups.hastenAll(this.#groupId, clock.now(), size.intervalMs);
    else {
      await groups.hasten(this.#groupId, learnt.changed, askedAt);
      this.#told = new Set(learnt.changed);
    }
    return this.#keep(learnt.watch);
  }

  /** The group has become small, or its instance refuses to tell: every ticket is due within its interval again. */
  async #unfollow(watch: Watch, size: GroupSize): Promise<Watch> {
    await this.#deps.groups.hastenAll(this.#groupId, this.#deps.clock.now(), size.intervalMs);
    return this.#keep({ ...watch, ...unfollowed(watch.refusedUntil) });
  }

  /** Reads until none is due, or until it need not go on. */
  async #readDue({ intervalMs }: GroupSize, followed: boolean, goesOn = () => true): Promise<void> {
    try {
      while (!this.#stopping.signal.aborted) {
        const most = this.#isDoubtful ? 1 : mostReadings;
        while (this.#reading.size < most && this.#readingsLeft > 0 && !this.#fault && goesOn()) {
          const batch = await this.#nextBatch(intervalMs);
          if (!batch) break;
          this.#begin(batch, followed);
        }
        if (this.#reading.size === 0) return;
        await this.#somethingHappens();
      }
    } finally {
      await Promise.allSettled(this.#reading);
    }
  }

  async #nextBatch(intervalMs: number): Promise<ReadBatch | undefined> {
    for (;;) {
      const now = this.#deps.clock.now();
      // Nobody is read early twice in one look: a window that opens in a second would be read until then.
      const isDue = ({ approvalId, dueAt }: { approvalId: string; dueAt: number }) =>
        dueAt <= now + (this.#haveBeenRead.has(approvalId) ? 0 : earlyShare * intervalMs);
      const first = await this.#deps.groups.firstDue(this.#groupId, mostPerRead + this.#beingRead.size);
      const free = first.filter(({ approvalId }) => !this.#beingRead.has(approvalId));
      if (!free.some(isDue)) return undefined;
      const due = await this.#load(free.filter(isDue));
      // Numbers are read with other numbers only: nobody else can ride along.
      const together = due.filter(({ record }) => !record.progress.isReadAlone);
      const mayRide = together.every(({ record }) => keyOf(record).by === 'sysId');
      const riders = mayRide && together.length > 0 ? await this.#load(free.filter((each) => !isDue(each))) : [];
      const waiting = [
        ...due.map(({ record }) => ({ record, isDue: true })),
        ...riders.map(({ record }) => ({ record, isDue: false })),
      ];
      const batch = makeBatch(waiting, this.#isDoubtful && this.#isProbing ? 'probe' : 'full');
      if (batch) return batch;
    }
  }

  /** Drops those that are not there any more. */
  async #load(due: readonly { approvalId: string; dueAt: number }[]) {
    const { store, groups } = this.#deps;
    const records = await store.readMany(due.map(({ approvalId }) => approvalId));
    const loaded = due.map((each, index) => ({ ...each, record: records[index] }));
    for (const { approvalId, record } of loaded)
      if (!record || record.end) await groups.drop(this.#groupId, approvalId);
    return loaded.flatMap(({ record, ...each }) => (record && !record.end ? [{ ...each, record }] : []));
  }

  #begin(batch: ReadBatch, followed: boolean): void {
    this.#readingsLeft -= 1;
    const ids = batch.records.map(({ spec }) => spec.id);
    for (const id of ids) {
      this.#beingRead.add(id);
      this.#haveBeenRead.add(id);
    }
    const reading = this.#read(batch, followed).then(() => {
      for (const id of ids) this.#beingRead.delete(id);
      this.#reading.delete(reading);
    });
    // One that could not be carried out stays until it is awaited with the others: its gates are still due, and would be
    // begun again at once.
    reading.catch(() => {});
    this.#reading.add(reading);
  }

  async #read(batch: ReadBatch, followed: boolean): Promise<void> {
    if (this.#fault || this.#stopping.signal.aborted) return;
    const read = await this.#reader.read(batch, { isFollowed: followed, told: this.#told });
    switch (read.kind) {
      case 'read':
        this.#isDoubtful = false;
        this.#hasRead = true;
        return;
      case 'suspect':
        if (this.#isDoubtful) this.#fault = read.because;
        this.#lastSuspect = read.because;
        return;
      case 'stopped':
        this.#fault = read.because;
        return;
    }
  }

  async #somethingHappens(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#onNewcomer = resolve;
    const cancel = this.#deps.clock.setTimer(newcomersMs, resolve);
    await Promise.race([promise, ...this.#reading]).finally(cancel);
  }
}
