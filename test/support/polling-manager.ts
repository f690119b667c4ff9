import type { Outcome } from '#protocol/task.ts';
import { Approvals } from '../../manager/core/approvals.ts';
import type { Clock } from '../../manager/core/clock.ts';
import { DeadEnds } from '../../manager/core/dead-ends.ts';
import { GatePoller } from '../../manager/core/gate-poller.ts';
import { GateReadings } from '../../manager/core/gate-readings.ts';
import type { Hold } from '../../manager/core/instance-load.ts';
import type { TaskRecord } from '../../manager/core/task-record.ts';
import type { Submission } from '../../manager/core/tasks.ts';
import { defaultTiming } from '../../manager/core/timing.ts';
import { type Notice, Waiters } from '../../manager/core/waiters.ts';
import { newId, sha256 } from '../../manager/crypto/ids.ts';
import { RedisApprovalStore } from '../../manager/redis/approval-store.ts';
import type { Redis } from '../../manager/redis/connection.ts';
import type { Keys } from '../../manager/redis/keys.ts';
import { RedisPollGroups } from '../../manager/redis/poll-group-store.ts';
import { capturingLogger } from './log.ts';
import type { Asked, PolledInstance } from './polled-instance.ts';

type Answer = Outcome | Promise<Outcome> | undefined;

export interface PollingManager {
  readonly approvals: Approvals;
  readonly asked: Asked[];
  /** How many looks it has begun. */
  looks(): number;
  /** From now on, it answers polls with this; what is undefined, the instance answers. */
  answerWith(answer: (asked: Asked) => Answer): void;
  /** Happens once, between when a group is given back and when the manager hears that it is. */
  onceGivenBack: (() => Promise<void>) | undefined;
  /** Why the instance is not asked. */
  hold: Hold | undefined;
  /** From now on it does nothing more and hears nothing, as a killed process. */
  kill(): void;
  close(): Promise<void>;
}

/** A manager of polls alone: the rest of it is the test's. */
export function startPollingManager(deps: {
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
  const giveBack = groups.giveBack.bind(groups);
  groups.giveBack = async (...args) => {
    await giveBack(...args);
    const once = manager.onceGivenBack;
    manager.onceGivenBack = undefined;
    await once?.();
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
    onceGivenBack: undefined,
    hold: undefined,
    kill: () => {
      isDead = true;
    },
    close: async () => {
      waiters.close();
      if (isDead) return;
      await poller.close();
      await deadEnds.close();
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
  const deadEnds = new DeadEnds({ tasks: { run }, clock, log });
  const poller = new GatePoller({
    store,
    groups,
    readings: new GateReadings({ store, approvals, deadEnds, notices, clock, log }),
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
