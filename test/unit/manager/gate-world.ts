import type { Failure } from '#protocol/failure.ts';
import type { Outcome } from '#protocol/task.ts';
import type { Params } from '#protocol/task-types.ts';
import type { Ticket } from '#protocol/ticket.ts';
import type { ApprovalEnd, ApprovalProgress, ApprovalRecord } from '../../../manager/core/approval-record.ts';
import type { ApprovalStore } from '../../../manager/core/approval-store.ts';
import { type ApprovalRequest, Approvals } from '../../../manager/core/approvals.ts';
import { GateReadings } from '../../../manager/core/gate-readings.ts';
import { GroupLook } from '../../../manager/core/group-look.ts';
import type { InstanceBudget } from '../../../manager/core/instance-budget.ts';
import type { PollGroups } from '../../../manager/core/poll-groups.ts';
import { Refusal } from '../../../manager/core/refusal.ts';
import { isoTime } from '../../../manager/core/task-record.ts';
import type { Tasks } from '../../../manager/core/tasks.ts';
import { type Notice, type Notices, Waiters } from '../../../manager/core/waiters.ts';
import { unwatched, type Watch } from '../../../manager/core/watch.ts';
import { SimulatedClock } from './simulated-clock.ts';
import { taskRecord } from './task-records.ts';

/** What one poll found, when and by whom: the truth that gates are judged by. */
export interface Poll {
  readonly taskId: string;
  readonly attempt: number;
  readonly delegateId: string;
  /** The attempt that read began; the ticket was read later. */
  readonly begunAt: number;
  readonly endedAt: number;
  readonly found:
    | { readonly tickets: readonly Ticket[]; readonly hidden: readonly string[] }
    | { readonly code: string };
}

/** What was written of a gate after a poll. */
export interface Settlement {
  readonly approvalId: string;
  readonly at: number;
  readonly progress: ApprovalProgress;
  /** Undefined: it waits on. */
  readonly end: ApprovalEnd | undefined;
}

/** How one task goes: its times, and what it finds. */
export interface PollPlan {
  readonly pickUpMs: number;
  /** A delegate had it for so long, and was lost. */
  readonly lostMs: number | undefined;
  readonly readMs: number;
  readonly reportMs: number;
  readonly ends: 'well' | 'cancelled' | 'unheard' | { readonly kind: 'failed' | 'expired'; readonly failure: Failure };
}

/** What an instance answers at this instant. */
export type Instance = (params: Params<'ticket.read'>, at: number) => Found;

interface Found {
  readonly tickets: readonly Ticket[];
  /** What the missing ones were asked for by that are there. */
  readonly hidden: readonly string[];
}

/** A manager that dies after so many calls of its ports, the last of which was done or not. */
export interface Death {
  readonly calls: number;
  readonly lastIsDone: boolean;
}

/** Polling with all of its own code, over ports in memory, one instance, and any number of managers. */
export class GateWorld {
  readonly clock: SimulatedClock;
  readonly polls: Poll[] = [];
  readonly settlements: Settlement[] = [];
  readonly notices: Notice[] = [];
  /** Errors that ended a look, but for those of a manager that cannot ask for tasks. */
  readonly faults: unknown[] = [];
  readonly #records = new Map<string, ApprovalRecord>();
  readonly #due = new Map<string, number>();
  #watch: Watch = unwatched;
  #tasks = 0;
  #plans: readonly PollPlan[];
  readonly #instance: Instance;
  readonly approvals: Approvals;

  constructor(now: number, plans: readonly PollPlan[], instance: Instance) {
    this.clock = new SimulatedClock(now);
    this.#plans = plans;
    this.#instance = instance;
    this.approvals = this.#createApprovals(this.#store, this.#notices);
  }

  /** How many tasks were asked for. */
  get asked(): number {
    return this.#tasks;
  }

  record(approvalId: string): ApprovalRecord {
    const record = this.#records.get(approvalId);
    if (!record) throw new Error(`no approval ${approvalId}`);
    return record;
  }

  start(request: ApprovalRequest): Promise<ApprovalRecord> {
    return this.approvals.start(request, []);
  }

  plan(plans: readonly PollPlan[]): void {
    this.#plans = plans;
  }

  /** Lets a manager of its own look at the group. */
  look(death?: Death): GroupLook {
    const life = { calls: 0, death };
    const [store, notices] = [mortal(this.#store, life), mortal(this.#notices, life)];
    const { clock } = this;
    const approvals = this.#createApprovals(store, notices);
    const look = new GroupLook(groupId, {
      store,
      clock,
      managerId: 'm',
      groups: mortal(this.#groups, life),
      readings: new GateReadings({
        store,
        approvals,
        deadEnds: { describe: () => undefined },
        notices,
        clock,
        log: silent,
      }),
      tasks: mortal({ run: this.#run }, life) as Pick<Tasks, 'run'> as Tasks,
      budget: { holdFor: () => undefined } as Partial<InstanceBudget> as InstanceBudget,
    });
    look.run().catch((error: unknown) => {
      if (!(error instanceof Refusal)) this.faults.push(error);
    });
    return look;
  }

  #createApprovals(store: ApprovalStore, notices: Notices): Approvals {
    let ids = 0;
    const newId = (prefix: string) => `${prefix}_${++ids}`;
    const waiters = new Waiters(notices, this.clock);
    return new Approvals({
      store,
      groups: this.#groups,
      notices,
      waiters,
      clock: this.clock,
      newId,
      hash: () => 'group',
    });
  }

  readonly #notices: Notices = {
    publish: (notice) => void this.notices.push(notice),
    subscribe: () => () => {},
  };

  readonly #store: ApprovalStore = {
    create: async (spec, progress) => {
      const record = { spec, progress, end: undefined };
      this.#records.set(spec.id, record);
      this.#due.set(spec.id, spec.createdAt);
      return record;
    },
    recall: async () => undefined,
    read: async (id) => this.#records.get(id),
    readMany: async (ids) => ids.map((id) => this.#records.get(id)),
    list: async () => ({ approvalIds: [...this.#records.keys()], cursor: undefined }),
    saveProgress: async (approvalId, progress) => {
      const record = this.#records.get(approvalId);
      if (!record || record.end || isOlder(progress, record)) return false;
      this.#records.set(approvalId, { ...record, progress });
      this.settlements.push({ approvalId, at: this.clock.now(), progress, end: undefined });
      return true;
    },
    end: async ({ id }, progress, end, by) => {
      const record = this.#records.get(id);
      if (record && by === 'reading' && isOlder(progress, record)) return false;
      this.#due.delete(id);
      if (!record || record.end) return false;
      this.#records.set(id, { ...record, progress, end });
      this.settlements.push({ approvalId: id, at: this.clock.now(), progress, end });
      return true;
    },
    forget: async () => {},
    due: async (now) =>
      [...this.#records.values()].filter(({ spec, end }) => !end && spec.deadlineAt <= now).map(({ spec }) => spec.id),
  };

  readonly #groups: PollGroups = {
    take: async () => [],
    keep: async () => true,
    giveBack: async () => {},
    sizeOf: async () => {
      const intervals = [...this.#due.keys()].map((id) => this.record(id).spec.intervalMs);
      return intervals.length === 0 ? undefined : { members: intervals.length, intervalMs: Math.min(...intervals) };
    },
    firstDue: async (_group, most) =>
      [...this.#due]
        .map(([approvalId, dueAt]) => ({ approvalId, dueAt }))
        .sort((a, b) => a.dueAt - b.dueAt)
        .slice(0, most),
    drop: async (_group, id) => void this.#due.delete(id),
    hasten: async () => {},
    hastenAll: async () => {},
    reschedule: async (_group, _manager, rereads) => {
      for (const { approvalId, dueAt } of rereads) if (this.#due.has(approvalId)) this.#due.set(approvalId, dueAt);
    },
    watchOf: async () => this.#watch,
    saveWatch: async (_group, watch) => {
      this.#watch = watch;
    },
  };

  readonly #run: Tasks['run'] = ({ params }, gone) => {
    const ended = this.#carryOut(params as Params<'ticket.read'>);
    const stopped = new Promise<never>((_resolve, reject) =>
      gone.addEventListener('abort', () => reject(new Refusal('manager-closing', 'stopped', '')), { once: true }),
    );
    return Promise.race([ended, stopped]);
  };

  async #carryOut(params: Params<'ticket.read'>) {
    const { clock } = this;
    const index = this.#tasks++;
    if (index >= mostTasks) {
      this.faults.push('tasks are asked for without end');
      return new Promise<never>(() => {});
    }
    const plan = this.#plans[index % this.#plans.length];
    if (!plan) throw new Error('no plan');
    const taskId = `tsk_${index}`;
    const createdAt = clock.now();
    await clock.wait(plan.pickUpMs);
    if (plan.ends === 'unheard') throw new Refusal('manager-closing', 'nobody heard of its end', '');
    const attempts = [{ attempt: 1, delegateId: 'del_1', delegateName: 'd1', assignedAt: isoTime(clock.now()) }];
    if (plan.lostMs !== undefined) {
      await clock.wait(plan.lostMs);
      attempts.push({ attempt: 2, delegateId: 'del_2', delegateName: 'd2', assignedAt: isoTime(clock.now()) });
    }
    const begunAt = clock.now();
    await clock.wait(plan.readMs);
    const answer = this.#instance(params, clock.now());
    await clock.wait(plan.reportMs);
    const endedAt = clock.now();
    const outcome = outcomeOf(plan, answer, params);
    const found = outcome.kind === 'succeeded' ? answer : { code: codeOf(outcome) };
    const { attempt, delegateId } = attempts.at(-1) ?? { attempt: 0, delegateId: '' };
    this.polls.push({ taskId, attempt, delegateId, begunAt, endedAt, found });
    const base = taskRecord({ type: 'ticket.read', attempt, attempts, endedAt });
    return { ...base, spec: { ...base.spec, id: taskId, createdAt }, outcome };
  }
}

const groupId = 'change_request-group';
const mostTasks = 1_000;
const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

function isOlder({ begunAt = 0 }: ApprovalProgress, { progress }: ApprovalRecord): boolean {
  return begunAt < (progress.begunAt ?? 0);
}

function outcomeOf({ ends }: PollPlan, answer: ReturnType<Instance>, params: Params<'ticket.read'>): Outcome {
  if (typeof ends === 'object') return ends;
  if (ends === 'cancelled') return { kind: 'cancelled', reason: 'somebody wanted it so' };
  const keys = 'sysIds' in params ? params.sysIds : params.numbers;
  const there = new Set(answer.tickets.flatMap(({ sysId, number }) => [sysId, number]));
  const missing = keys.filter((key) => !there.has(key));
  return { kind: 'succeeded', result: { ...answer, missing } };
}

function codeOf(outcome: Outcome): string {
  return 'failure' in outcome ? outcome.failure.code : 'task-timeout';
}

/** The same port in the hands of somebody who may die: then nothing more is done, and nothing comes back. */
function mortal<T extends object>(port: T, life: { calls: number; readonly death: Death | undefined }): T {
  return new Proxy(port, {
    get: (target, name) => {
      const method: unknown = Reflect.get(target, name);
      if (typeof method !== 'function') return method;
      return (...given: unknown[]) => {
        const { death } = life;
        life.calls += 1;
        if (!death || life.calls < death.calls) return method.apply(target, given);
        // What comes of it, nobody hears.
        if (life.calls === death.calls && death.lastIsDone)
          Promise.resolve(method.apply(target, given)).catch(() => {});
        return new Promise(() => {});
      };
    },
  });
}
