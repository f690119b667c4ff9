import type { Redis } from 'ioredis';
import { readObservation } from './caller.ts';
import { checkLeftOvers } from './check-left-overs.ts';
import { hasEnded, taskIdsOf } from './outcome-of.ts';
import { keyFamilies, readRedis } from './redis-snapshot.ts';
import type { RedisKey, Remains, ShownDelegate, ShownTask, Snapshot } from './snapshot.ts';
import { waitUntil } from './wait-until.ts';
import type { World } from './world.ts';

type Seen = Pick<Snapshot, 'operations' | 'earlier' | 'unclaimed' | 'faults' | 'unasked' | 'complaints'>;

const quietWithinMs = 10_000;

/** Looks until nothing stays that should go, as long as that may take, and takes down what there is then. */
export async function takeSnapshot(world: World, redis: Redis, seen: Seen, overdue: string[]): Promise<Snapshot> {
  const families = keyFamilies();
  const remains: Remains[] = [];
  let last: { keys: RedisKey[]; tasks: ShownTask[] } = { keys: [], tasks: [] };
  const isQuiet = async () => {
    const keys = await readRedis(redis);
    const ids = new Set(seen.operations.flatMap((operation) => taskIdsOf(operation, { redis: keys, families })));
    const [tasks, delegates] = await Promise.all([
      readTasks(world, [...ids, ...seen.earlier.keys(), ...seen.unclaimed.keys()]),
      readDelegates(world),
    ]);
    last = { keys, tasks };
    const ended = new Set([...seen.earlier.keys(), ...tasks.filter(hasEnded).map(({ id }) => id)]);
    remains.push({ ended, redis: keys, families, delegates, delegateCount: world.delegates.length });
    // What a manager was asked for before it was suspended, it may do long after its caller has gone.
    const isAtWork = tasks.some((task) => !hasEnded(task) && (task.state !== 'queued' || task.attempts.length > 0));
    return !isAtWork && checkLeftOvers({ remains }).length === 0;
  };
  await waitUntil('nothing stays of what ended', isQuiet, quietWithinMs).catch(() => {
    // Then the checker tells what stays.
  });
  const [tickets, notes, importRows] = await Promise.all([
    world.simulator.rows('change_request'),
    world.simulator.rows('sys_journal_field'),
    world.simulator.rows('sys_import_set_row'),
  ]);
  const { keys, tasks } = last;
  const stored = { tickets, notes, importRows, changeTasks: world.changeWithTasks.taskIds };
  return { takenAt: Date.now(), ...seen, ...stored, tasks, redis: keys, families, remains, overdue };
}

async function readTasks(world: World, ids: readonly string[]): Promise<ShownTask[]> {
  const byManager = await Promise.all(
    world.managers.map(async (_, index) => Promise.all(ids.map((id) => readTask(world, index, id)))),
  );
  return byManager.flat().flatMap((task) => task ?? []);
}

async function readTask({ client }: World, manager: number, id: string): Promise<ShownTask | undefined> {
  const answer = await client.askOnce(manager, { method: 'GET', path: `/api/v1/tasks/${id}` });
  if (answer.kind !== 'answer' || answer.status !== 200) return undefined;
  const seen = readObservation(answer, id);
  const task = answer.body as Omit<ShownTask, 'manager'>;
  return seen && { ...task, manager: seen.manager };
}

async function readDelegates({ client, managers }: World): Promise<ShownDelegate[]> {
  const lists = await Promise.all(
    managers.map(async (_, index) => {
      const answer = await client.askOnce(index, { method: 'GET', path: '/api/v1/delegates' });
      if (answer.kind !== 'answer' || answer.status !== 200) return [];
      const { items } = answer.body as { items: readonly Omit<ShownDelegate, 'manager'>[] };
      return items.map((item) => ({ ...item, manager: answer.manager }));
    }),
  );
  return lists.flat();
}
