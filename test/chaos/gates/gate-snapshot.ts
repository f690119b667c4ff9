import type { Redis } from 'ioredis';
import type { ApprovalView } from '#protocol/approval.ts';
import type { DeliveryView } from '#protocol/delivery.ts';
import { Keys } from '../../../manager/redis/keys.ts';
import type { RedisKey, ShownTask } from '../snapshot.ts';
import { waitUntil } from '../wait-until.ts';
import type { World } from '../world.ts';
import { type Gate, toldIdsOf } from './gate.ts';
import { showGate } from './gate-caller.ts';
import { endsWithinMs, type GateField } from './gate-field.ts';
import type { Delivery } from './webhook-receiver.ts';
import { toldWithinMs } from './webhooks.ts';

/** An approval as one manager shows it. */
export interface ShownGate {
  readonly manager: string;
  readonly view: ApprovalView;
}

/** Everything of gates that a run left. */
export interface GateSnapshot {
  readonly gates: readonly Gate[];
  /** The approvals of each gate, of which its caller was told or that Redis holds for it, by its marker. */
  readonly idsOf: ReadonlyMap<string, readonly string[]>;
  /** Each by each manager. */
  readonly shown: readonly ShownGate[];
  /** The task of each reading that ended one, by id. */
  readonly readings: ReadonlyMap<string, ShownTask>;
  /** How gates ended, as earlier runs saw it, as JSON by approval. */
  readonly earlier: ReadonlyMap<string, string>;
  readonly delegateNames: readonly string[];
  /** When every program was up and every link was whole, in milliseconds since the epoch. */
  readonly wholeAt: number;
  /** When the looks at the approvals began, and when they were over. */
  readonly lookedAt: number;
  readonly takenAt: number;
  /** What Redis holds of poll groups and deadlines, once every gate must have ended; undefined before. */
  readonly leftKeys: readonly RedisKey[] | undefined;
  /** Undefined: nobody is told of any. */
  readonly deliveries: readonly Delivery[];
  /** Whether nothing is to come any more. */
  readonly isLast: boolean;
}

const prefix = 'ticketgate';

/** Takes down what there is of the gates that were not seen ended by an earlier run; of all if it is the last time. */
export async function takeGateSnapshot(
  world: World,
  redis: Redis,
  field: GateField,
  options: { wholeAt: number; earlier: ReadonlyMap<string, string>; isLast: boolean },
): Promise<GateSnapshot> {
  const { wholeAt, earlier, isLast } = options;
  const { gates, receiver } = field;
  await waitUntilAnswering(world);
  const leftKeys = isLast ? await readLeftKeys(redis) : undefined;
  if (isLast) await waitUntilTold(world, redis);
  const stored = await readStoredIds(redis);
  const idsOf = new Map(
    gates.map((gate) => [gate.marker, [...new Set([...toldIdsOf(gate), ...(stored.get(gate.marker) ?? [])])]]),
  );
  const wanted = [...idsOf.values()].flat().filter((id) => isLast || !earlier.has(id));
  const lookedAt = Date.now();
  const shown = (
    await Promise.all(world.managers.flatMap((_, manager) => wanted.map((id) => showGate(world.client, manager, id))))
  ).filter((each) => each !== undefined);
  const taskIds = new Set(shown.flatMap(({ view }) => view.evidence?.reading?.taskId ?? []));
  const readings = await Promise.all([...taskIds].map(async (id) => [id, await readTask(world, id)] as const));
  return {
    gates,
    idsOf,
    shown,
    readings: new Map(readings.flatMap(([id, task]) => (task ? [[id, task] as const] : []))),
    earlier,
    delegateNames: world.delegates.map(({ name }) => name),
    wholeAt,
    lookedAt,
    takenAt: Date.now(),
    leftKeys,
    deliveries: [...receiver.deliveries],
    isLast,
  };
}

async function waitUntilTold(world: World, redis: Redis): Promise<void> {
  const due = new Keys(prefix).deliveriesDue();
  const waiting = await redis.zrangebyscore(due, Date.now() + longestClaimMs, '+inf');
  await Promise.all(waiting.map((id) => tryAgain(world, id)));
  await waitUntil('every end is told', async () => (await redis.zcard(due)) === 0, toldWithinMs).catch(() => {
    // Then the checker tells what was not.
  });
}

/** Who is due later than this is not claimed, but waits for its next try. */
const longestClaimMs = 31_000;

/**
 * What failed again and again, as when the receiver was away in several runs, is tried next in minutes: it is asked for
 * again, as a person would. What waits for so long without a try is left: then something is wrong.
 */
async function tryAgain({ client }: World, id: string): Promise<void> {
  const path = `/api/v1/approvals/${id}/deliveries`;
  const answer = await client.askOnce(0, { method: 'GET', path });
  if (answer.kind !== 'answer' || answer.status !== 200) return;
  const { items } = answer.body as { items: readonly DeliveryView[] };
  if (items.some(({ tries }) => tries.length > 0))
    await client.askOnce(0, { method: 'POST', path: `${path}/webhook/retry` });
}

/** A manager that is up may take Redis for away still: then it shows nothing. */
async function waitUntilAnswering({ client, managers }: World): Promise<void> {
  const isAnswering = async (_: unknown, manager: number) => {
    const answer = await client.askOnce(manager, { method: 'GET', path: '/api/v1/tasks?limit=1' });
    return answer.kind === 'answer' && answer.status === 200;
  };
  const isWhole = async () => (await Promise.all(managers.map(isAnswering))).every((answers) => answers);
  await waitUntil('every manager answers', isWhole, endsWithinMs).catch(() => {
    // Then the checker misses what they do not show.
  });
}

async function readTask({ client }: World, id: string): Promise<ShownTask | undefined> {
  const answer = await client.insist(0, { method: 'GET', path: `/api/v1/tasks/${id}` }, performance.now());
  if (answer.kind !== 'answer' || answer.status !== 200) return undefined;
  return { ...(answer.body as Omit<ShownTask, 'manager'>), manager: answer.manager };
}

/** The approvals in Redis by the marker in their criteria: also those of which no caller was told. */
async function readStoredIds(redis: Redis): Promise<ReadonlyMap<string, readonly string[]>> {
  const keys = new Keys(prefix);
  const ids = await redis.zrange(keys.approvalIndex(), '0', '-1');
  const specs = await Promise.all(ids.map(async (id) => ({ id, spec: await redis.hget(keys.approval(id), 'spec') })));
  const found = new Map<string, string[]>();
  for (const { id, spec } of specs) {
    const [marker = ''] = /\bgate-\d+-(crowd-)?\d+\b/.exec(spec?.slice(spec.indexOf('"approve"')) ?? '') ?? [];
    found.set(marker, [...(found.get(marker) ?? []), id]);
  }
  return found;
}

/** Looks until nothing is left that waiting gates need, as long as that may take. */
async function readLeftKeys(redis: Redis): Promise<readonly RedisKey[]> {
  const { pollGroups, pollHolders, approvalDeadlines, pollGroup } = new Keys(prefix);
  let left: RedisKey[] = [];
  const isGone = async () => {
    const names = [...(await redis.keys(`${pollGroup('')}*`)), ...[pollGroups(), pollHolders(), approvalDeadlines()]];
    const found = await Promise.all(names.map(async (name) => ({ name, type: await redis.type(name) })));
    left = found
      .filter(({ type }) => type !== 'none')
      .map(({ name, type }) => ({ name, type, ttlMs: undefined, content: [] }));
    return left.length === 0;
  };
  await waitUntil('nothing is left of poll groups', isGone, endsWithinMs).catch(() => {
    // Then the checker tells what stays.
  });
  return left;
}
