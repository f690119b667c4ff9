import { describe, expect, it } from 'vitest';
import { type Change, changeIn, merge, mostIds } from '../../../manager/core/changes.ts';
import { routeOf } from '../../../manager/core/task-record.ts';
import type { Notice } from '../../../manager/core/waiters.ts';

const route = routeOf({ type: 'ticket.read', selectors: [], target: undefined });
const ids = (count: number) => Array.from({ length: count }, (_, n) => `tsk_${n}`);

describe('a notice, to somebody who looks', () => {
  it.each<[Notice, Change | undefined]>([
    [
      { kind: 'tasks-changed', taskIds: ['tsk_1'] },
      { topics: ['tasks'], ids: ['tsk_1'] },
    ],
    [{ kind: 'tasks-changed' }, { topics: ['tasks'] }],
    [
      { kind: 'task-cancel-requested', taskId: 'tsk_1', reason: 'r' },
      { topics: ['tasks'], ids: ['tsk_1'] },
    ],
    [
      { kind: 'approval-started', approvalId: 'apr_1' },
      { topics: ['approvals'], ids: ['apr_1'] },
    ],
    [
      { kind: 'approval-changed', approvalId: 'apr_1' },
      { topics: ['approvals'], ids: ['apr_1'] },
    ],
    [
      { kind: 'approval-ended', approvalId: 'apr_1' },
      { topics: ['approvals'], ids: ['apr_1'] },
    ],
    [{ kind: 'fleet-changed' }, { topics: ['delegates', 'system'] }],
    [{ kind: 'instance-load-changed', baseUrl: 'u' }, { topics: ['system'] }],
    [{ kind: 'documents-changed', of: 'connectors' }, { topics: ['connectors'] }],
    [{ kind: 'documents-changed', of: 'secrets' }, { topics: ['secrets'] }],
    [{ kind: 'documents-changed', of: 'api-tokens' }, { topics: ['tokens'] }],
    [{ kind: 'documents-changed', of: 'delegate-tokens' }, { topics: ['tokens'] }],
    [{ kind: 'documents-changed', of: 'what a later version has' }, undefined],
    [{ kind: 'task-ended', taskId: 'tsk_1' }, undefined],
    [{ kind: 'route-has-work', route }, undefined],
    [{ kind: 'poll-group-due', groupId: 'g' }, undefined],
    [{ kind: 'what a later version says' } as unknown as Notice, undefined],
  ])('%j says %j', (notice, change) => expect(changeIn(notice)).toEqual(change));
});

describe('two changes as one', () => {
  it.each<[string, Change | undefined, Change, Change]>([
    [
      'that say no more than the first',
      { topics: ['tasks'] },
      { topics: ['tasks'], ids: ['a'] },
      { topics: ['tasks'] },
    ],
    ['the first', undefined, { topics: ['tasks'] }, { topics: ['tasks'] }],
    [
      'of one topic',
      { topics: ['tasks'], ids: ['a'] },
      { topics: ['tasks'], ids: ['b', 'a'] },
      { topics: ['tasks'], ids: ['a', 'b'] },
    ],
    [
      'of topics with and without ids',
      { topics: ['connectors'] },
      { topics: ['tasks'], ids: ['a'] },
      { topics: ['tasks', 'connectors'], ids: ['a'] },
    ],
    [
      'of which one names no ids',
      { topics: ['tasks'] },
      { topics: ['approvals'], ids: ['a'] },
      { topics: ['tasks', 'approvals'] },
    ],
    [
      'of too many',
      { topics: ['tasks'], ids: ids(mostIds) },
      { topics: ['tasks'], ids: ['one more'] },
      { topics: ['tasks'] },
    ],
  ])('%s', (_which, before, next, merged) => expect(merge(before, next)).toEqual(merged));
});
