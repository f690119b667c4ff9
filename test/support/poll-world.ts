import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ApprovalView } from '#protocol/approval.ts';
import { type FailureCode, failure } from '#protocol/failure.ts';
import type { Outcome } from '#protocol/task.ts';
import type { Changes, Params, Result } from '#protocol/task-types.ts';
import type { PendingApprover } from '#protocol/ticket.ts';
import { type ApprovalRequest, Approvals } from '../../manager/core/approvals.ts';
import type { Clock } from '../../manager/core/clock.ts';
import { GatePoller } from '../../manager/core/gate-poller.ts';
import { GateReadings } from '../../manager/core/gate-readings.ts';
import type { Hold } from '../../manager/core/instance-load.ts';
import type { TaskRecord } from '../../manager/core/task-record.ts';
import type { Submission } from '../../manager/core/tasks.ts';
import { defaultTiming } from '../../manager/core/timing.ts';
import { type Notice, Waiters } from '../../manager/core/waiters.ts';
import { newId, sha256 } from '../../manager/crypto/ids.ts';
import { RedisApprovalStore } from '../../manager/redis/approval-store.ts';
import { connectRedis, type Redis } from '../../manager/redis/connection.ts';
import { Keys } from '../../manager/redis/keys.ts';
import { RedisPollGroups } from '../../manager/redis/poll-group-store.ts';
import { ManualClock } from '../unit/delegate/manual-clock.ts';
import { capturingLogger } from './log.ts';
import { startTestRedis, type TestRedis } from './manager.ts';

/** A poll as it was asked for. */
export type Asked = { readonly at: number } & (
  | { readonly type: 'ticket.read'; readonly params: Params<'ticket.read'> }
  | { readonly type: 'ticket.changes'; readonly params: Params<'ticket.changes'> }
);

export type Answer = Outcome | Promise<Outcome> | undefined;

/** The instance behind the polls: tickets with their fields, stamped when they change. */
export class PolledInstance {
  readonly #clock: Clock;
  readonly #tickets = new Map<string, { number: string; fields: Record<string, string>; stamp: string }>();
  readonly #approvals = new Map<string, { approvers: PendingApprover[]; stamp: string }>();
  readonly hidden = new Set<string>();
  /** What the answers of the instance to a question of changes are made of instead. */
  tellsTickets: Changes | undefined;
  tellsApprovals: Changes | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Makes a ticket, or changes one. */
  set(sysId: string, fields: Readonly<Record<string, string>>): void {
    const present = this.#tickets.get(sysId);
    const number = present?.number ?? `CHG${Number.parseInt(sysId, 16)}`;
    this.#tickets.set(sysId, { number, fields: { ...present?.fields, ...fields }, stamp: this.#now() });
  }

  /** Changes whom a ticket waits for, which does not stamp the ticket. */
  setApprovers(sysId: string, names: readonly string[]): void {
    const approvers = names.map((approver) => ({ approver, group: '', state: 'requested', since: '' }));
    this.#approvals.set(sysId, { approvers, stamp: this.#now() });
  }

  delete(sysId: string): void {
    this.#tickets.delete(sysId);
  }

  answer(asked: Asked): Outcome {
    return {
      kind: 'succeeded',
      result: asked.type === 'ticket.read' ? this.#read(asked.params) : this.#changes(asked.params),
    };
  }

  #read(params: Params<'ticket.read'>): Result<'ticket.read'> {
    const asked = 'sysIds' in params ? params.sysIds : params.numbers;
    const found = asked.flatMap((key) => {
      const sysId = 'sysIds' in params ? key : this.#sysIdOf(key);
      const ticket = this.#tickets.get(sysId);
      return ticket && !this.hidden.has(sysId) ? [{ key, sysId, ...ticket }] : [];
    });
    const missing = asked.filter((key) => !found.some((each) => each.key === key));
    return {
      tickets: found.map(({ sysId, number, fields }) => ({
        table: params.table,
        number,
        sysId,
        link: '',
        fields: Object.fromEntries(
          params.fields.flatMap((name) => {
            const value = fields[name];
            return value === undefined ? [] : [[name, { value, displayValue: value }]];
          }),
        ),
      })),
      missing,
      hidden: missing.filter((key) => this.hidden.has('sysIds' in params ? key : this.#sysIdOf(key))),
      approvers: Object.fromEntries(found.map(({ sysId }) => [sysId, this.#approvals.get(sysId)?.approvers ?? []])),
    };
  }

  #changes({ ticketsSince, approvalsSince }: Params<'ticket.changes'>): Result<'ticket.changes'> {
    return {
      tickets: this.tellsTickets ?? changesIn(this.#tickets, ticketsSince),
      approvals: this.tellsApprovals ?? changesIn(this.#approvals, approvalsSince),
    };
  }

  #sysIdOf(number: string): string {
    return [...this.#tickets].find(([, ticket]) => ticket.number.toLowerCase() === number.toLowerCase())?.[0] ?? '';
  }

  #now(): string {
    return new Date(this.#clock.now()).toISOString().slice(0, 19).replace('T', ' ');
  }
}

export interface PollingManager {
  readonly approvals: Approvals;
  readonly asked: Asked[];
  /** How many looks it has begun. */
  looks(): number;
  /** From now on, it answers polls with this; what is undefined, the instance answers. */
  answerWith(answer: (asked: Asked) => Answer): void;
  /** Why the instance is not asked. */
  hold: Hold | undefined;
  /** From now on it does nothing more and hears nothing, as a killed process. */
  kill(): void;
  close(): Promise<void>;
}

/** The poll engine on a real Redis, with scripted polls and a clock that the test moves. */
export interface PollWorld extends AsyncDisposable {
  readonly clock: Clock;
  readonly redis: Redis;
  readonly keys: Keys;
  readonly server: TestRedis;
  readonly instance: PolledInstance;
  readonly manager: PollingManager;
  startManager(): PollingManager;
  /** Starts a gate of a ticket, "approval = approved" every minute unless it is told otherwise; answers with its id. */
  start(sysId: string, change?: Partial<ApprovalRequest>): Promise<string>;
  /** Starts so many gates of as many new tickets; answers with their sys_ids. */
  startMany(count: number, change?: Partial<ApprovalRequest>): Promise<{ id: string; sysId: string }[]>;
  view(id: string): Promise<ApprovalView>;
  /** Lets time pass, and everything happen that happens in it. */
  pass(ms: number): Promise<void>;
  /** Until nothing happens any more unless time passes. */
  settle(): Promise<void>;
  /** The keys of poll groups that are left in Redis. */
  groupKeys(): Promise<string[]>;
}

/** Any moment with whole seconds. */
const startedAt = Date.parse('2026-03-01T10:00:00Z');
const stepMs = 250;

export async function startPollWorld(): Promise<PollWorld> {
  const owned = new AsyncDisposableStack();
  const server = owned.use(await startTestRedis());
  const redis = await connectRedis(server.url, 'test', () => {});
  owned.defer(() => redis.disconnect());
  const commands = countCommands(redis);
  const manual = new ManualClock();
  const clock: Clock = {
    now: () => startedAt - 1_000 + manual.monotonicMs(),
    setTimer: (ms, callback) => manual.setTimer(ms, callback),
  };
  const keys = new Keys('ticketgate');
  const instance = new PolledInstance(clock);
  const listeners = new Set<(notice: Notice) => void>();
  const settle = async () => {
    for (let quiet = 0; quiet < 3; ) {
      const before = commands();
      await redis.ping();
      await nextTurn();
      quiet = commands() === before + 1 ? quiet + 1 : 0;
    }
  };
  const startManager = () => {
    const manager = startPollingManager({ redis, keys, clock, instance, listeners });
    owned.defer(() => manager.close());
    return manager;
  };
  const manager = startManager();
  let tickets = 0;
  const start: PollWorld['start'] = async (sysId, change = {}) =>
    (await manager.approvals.start({ ...requestOf(sysId), ...change })).spec.id;
  return {
    clock,
    redis,
    keys,
    server,
    instance,
    manager,
    startManager,
    start,
    startMany: async (count, change = {}) => {
      const sysIds = Array.from({ length: count }, () => {
        tickets += 1;
        return tickets.toString(16).padStart(32, '0');
      });
      for (const sysId of sysIds) instance.set(sysId, { approval: 'requested' });
      return Promise.all(sysIds.map(async (sysId) => ({ sysId, id: await start(sysId, change) })));
    },
    view: async (id) => {
      const [view] = await manager.approvals.view([await manager.approvals.read(id)]);
      if (!view) throw new Error(`there is no ${id}`);
      return view;
    },
    pass: async (ms) => {
      await settle();
      for (let left = ms; left > 0; left -= stepMs) {
        manual.advance(Math.min(stepMs, left));
        await settle();
      }
    },
    settle,
    groupKeys: async () => (await redis.keys('*')).filter((key) => key.includes(':poll-')),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

export function failedWith(code: FailureCode): Outcome {
  const told = failure(code, `it failed: ${code}`, 'Do something.');
  return code === 'no-eligible-delegate' ? { kind: 'expired', failure: told } : { kind: 'failed', failure: told };
}

function requestOf(sysId: string): ApprovalRequest {
  const target = {
    baseUrl: 'https://example.service-now.com/',
    authentication: { kind: 'basic', username: 'u', password: { secret: 's' } },
  } as const;
  return {
    origin: { connectorId: 'con_1', target, selectors: [] },
    selectors: [],
    table: 'change_request',
    ticket: { sysId },
    approve: { field: 'approval', operator: 'equals', value: 'approved' },
    reject: undefined,
    window: undefined,
    intervalMs: 60_000,
    timeoutMs: 7 * 86_400_000,
    expectedDurationMs: undefined,
    webhook: undefined,
    workNotes: false,
    warnings: [],
    idempotencyKey: undefined,
  };
}

function startPollingManager(deps: {
  redis: Redis;
  keys: Keys;
  clock: Clock;
  instance: PolledInstance;
  listeners: Set<(notice: Notice) => void>;
}): PollingManager {
  const { redis, keys, clock: shared, instance, listeners } = deps;
  const managerId = newId('mgr');
  const log = capturingLogger().logger;
  const asked: Asked[] = [];
  let answer: (asked: Asked) => Answer = () => undefined;
  let isDead = false;
  let looks = 0;
  const clock: Clock = {
    now: () => shared.now(),
    setTimer: (ms, callback) => shared.setTimer(ms, () => isDead || callback()),
  };
  const notices = {
    publish: (notice: Notice) => {
      for (const listener of listeners) listener(notice);
    },
    subscribe: (listener: (notice: Notice) => void) => {
      const heard = (notice: Notice) => isDead || listener(notice);
      listeners.add(heard);
      return () => listeners.delete(heard);
    },
  };
  const store = new RedisApprovalStore(redis, keys, 3_600_000);
  const groups = new RedisPollGroups(redis, keys);
  const take = groups.take.bind(groups);
  groups.take = async (...args) => {
    const taken = await take(...args);
    looks += taken.length;
    return taken;
  };
  const waiters = new Waiters(notices, clock);
  const approvals = new Approvals({ store, groups, notices, waiters, clock, newId, hash: sha256 });
  const manager: PollingManager = {
    approvals,
    asked,
    looks: () => looks,
    answerWith: (next) => {
      answer = next;
    },
    hold: undefined,
    kill: () => {
      isDead = true;
    },
    close: async () => {
      waiters.close();
      if (!isDead) await poller.close();
    },
  };
  const run = async ({ type, params }: Submission, gone: AbortSignal): Promise<TaskRecord & { outcome: Outcome }> => {
    const begunAt = clock.now();
    const poll = { type, params, at: begunAt } as Asked;
    asked.push(poll);
    const aborted = Promise.withResolvers<never>();
    gone.addEventListener('abort', () => aborted.reject(new Error('the wait was given up')));
    if (gone.aborted) aborted.reject(new Error('the wait was given up'));
    const outcome = await Promise.race([answer(poll) ?? instance.answer(poll), aborted.promise]);
    if (isDead) await new Promise(() => {});
    return taskOf(asked.length, poll, outcome, begunAt, clock.now());
  };
  const poller = new GatePoller({
    store,
    groups,
    readings: new GateReadings({ store, approvals, notices, clock, log }),
    tasks: { run },
    budget: { holdFor: () => manager.hold },
    notices,
    clock,
    log,
    managerId,
    timing: defaultTiming,
    isDue: () => true,
  });
  poller.start();
  return manager;
}

function taskOf(
  index: number,
  { type, params }: Asked,
  outcome: Outcome,
  begunAt: number,
  endedAt: number,
): TaskRecord & { outcome: Outcome } {
  const attempt = { attempt: 1, delegateId: 'd.1', delegateName: 'd', assignedAt: new Date(begunAt).toISOString() };
  return {
    spec: {
      id: `tsk_${index}`,
      type,
      params,
      connectorId: 'con_1',
      target: undefined,
      selectors: [],
      createdAt: begunAt,
      pickUpBy: begunAt,
      deadlineAt: begunAt,
      runMs: 60_000,
      correlationId: '',
      lookFirst: false,
    },
    state: outcome.kind,
    attempt: 1,
    assignment: undefined,
    attempts: [attempt],
    notBefore: 0,
    cancelReason: undefined,
    outcome,
    endedAt,
  };
}

function changesIn(rows: ReadonlyMap<string, { readonly stamp: string }>, since: string | undefined): Changes {
  const newest = [...rows.values()]
    .map(({ stamp }) => stamp)
    .sort()
    .at(-1);
  const changed = [...rows].filter(([, { stamp }]) => since !== undefined && stamp >= since);
  return {
    kind: 'read',
    sysIds: changed.map(([sysId]) => sysId),
    ...(newest === undefined ? {} : { newest }),
    complete: changed.length <= 1_000,
  };
}

function countCommands(redis: Redis): () => number {
  let count = 0;
  const send = redis.sendCommand.bind(redis);
  redis.sendCommand = (...args: Parameters<typeof send>) => {
    count += 1;
    return send(...args);
  };
  return () => count;
}
