import type { Notice } from './waiters.ts';

/** What a person looks at in the console. */
export const topics = ['tasks', 'delegates', 'approvals', 'connectors', 'secrets', 'tokens', 'system'] as const;
export type Topic = (typeof topics)[number];

/** What has changed, and not how it is now. */
export interface Change {
  readonly topics: readonly Topic[];
  /** The tasks and approvals that changed; undefined: not known, or too many. */
  readonly ids?: readonly string[];
}

/** So many are named; who shows a list reads it anew anyway. */
export const mostIds = 50;

const topicOf: ReadonlyMap<string, Topic> = new Map([
  ['connectors', 'connectors'],
  ['secrets', 'secrets'],
  ['api-tokens', 'tokens'],
  ['delegate-tokens', 'tokens'],
]);

/** What a notice says to somebody who looks; undefined: nothing. */
export function changeIn(notice: Notice): Change | undefined {
  switch (notice.kind) {
    case 'tasks-changed':
      return { topics: ['tasks'], ...(notice.taskIds ? { ids: notice.taskIds } : {}) };
    // A finding of its test became known.
    case 'task-changed':
    case 'task-cancel-requested':
      return { topics: ['tasks'], ids: [notice.taskId] };
    case 'approval-ended':
    case 'approval-changed':
      return { topics: ['approvals'], ids: [notice.approvalId] };
    case 'approval-started':
      return { topics: ['approvals'], ids: [notice.approvalId] };
    case 'fleet-changed':
      return { topics: ['delegates', 'system'] };
    case 'instance-load-changed':
      return { topics: ['system'] };
    case 'documents-changed': {
      const topic = topicOf.get(notice.of);
      return topic && { topics: [topic] };
    }
    // Of every task, polls of gates and canaries included; what a person sees of it is in tasks-changed.
    case 'task-ended':
    case 'route-has-work':
    case 'reach-changed':
    case 'poll-group-due':
    case 'delegate-token-revoked':
    case 'delegate-decided':
      return undefined;
  }
}

/** Two changes as one. */
export function merge(before: Change | undefined, next: Change): Change {
  if (!before) return next;
  // Thousands of gates may be read for the first time at once: then nothing is left to say.
  const isAllSaid = !before.ids && before.topics.some(isOfMany);
  if (isAllSaid && next.topics.every((topic) => before.topics.includes(topic))) return before;
  const all = topics.filter((topic) => before.topics.includes(topic) || next.topics.includes(topic));
  const isUnknown = [before, next].some(({ topics, ids }) => ids === undefined && topics.some(isOfMany));
  const ids = new Set([...(before.ids ?? []), ...(next.ids ?? [])]);
  return isUnknown || ids.size === 0 || ids.size > mostIds ? { topics: all } : { topics: all, ids: [...ids] };
}

function isOfMany(topic: Topic): boolean {
  return topic === 'tasks' || topic === 'approvals';
}
