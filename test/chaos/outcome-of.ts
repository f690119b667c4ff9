import type { Operation } from './caller.ts';
import type { RedisKey, ShownTask, Snapshot } from './snapshot.ts';

const ended: ReadonlySet<string> = new Set(['succeeded', 'failed', 'cancelled', 'expired']);

export function hasEnded({ state }: { readonly state: string }): boolean {
  return ended.has(state);
}

/** Every task that a caller was told of for one operation, or that Redis holds for it. */
export function taskIdsOf(operation: Operation, snapshot: Pick<Snapshot, 'redis' | 'families'>): string[] {
  const told = operation.submissions.flatMap(({ taskId }) => taskId ?? []);
  return [...new Set([...told, ...storedTasksOf(operation.marker, snapshot)])];
}

/** The tasks in Redis whose parameters hold a marker: also those of which no caller was told. */
function storedTasksOf(marker: string, { redis, families }: Pick<Snapshot, 'redis' | 'families'>): string[] {
  return redis
    .filter(({ name, content }) => families.task.test(name) && content.some((text) => text.includes(`"${marker}"`)))
    .map(({ name }) => taskIdIn(name));
}

export function taskIdIn(name: string): string {
  return name.slice(name.lastIndexOf(':') + 1);
}

/** A task as the first manager shows it that does. */
export function shown(taskId: string, { tasks }: Pick<Snapshot, 'tasks'>): ShownTask | undefined {
  return tasks.find(({ id }) => id === taskId);
}

/**
 * Whether a task was written and never came further, and its caller was not told of it: its manager died in between. It
 * will expire.
 */
export function isUnclaimed({ state, attempts }: ShownTask, { submissions }: Operation): boolean {
  return state === 'queued' && attempts.length === 0 && submissions.every(({ result }) => result !== 'accepted');
}

export function isUnknown({ outcome }: ShownTask): boolean {
  return (outcome?.kind === 'failed' || outcome?.kind === 'expired') && outcome.failure.code === 'outcome-unknown';
}

export function fieldOf({ content }: RedisKey, field: string): string | undefined {
  const at = content.findIndex((text, index) => index % 2 === 0 && text === field);
  return at < 0 ? undefined : content[at + 1];
}

/** What a person wants to see of a task, in little room. */
export function brief({ id, type, state, outcome, attempts }: ShownTask): unknown {
  const ends = attempts.map(({ attempt, delegateName, assignedAt, endedAt, outcome: end }) =>
    [attempt, delegateName, assignedAt, endedAt, end?.kind === 'failed' ? end.failure.code : end?.kind].join(' '),
  );
  const how = outcome?.kind === 'failed' || outcome?.kind === 'expired' ? outcome.failure : outcome?.kind;
  return { id, type, state, how, attempts: ends };
}
