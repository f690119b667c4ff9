import { describe, expect, it } from 'vitest';
import { viewApproval } from '../../../manager/core/approval-record.ts';
import { unwatched } from '../../../manager/core/watch.ts';
import { endedApproval } from '../../support/ended-approval.ts';

const minute = 60_000;
const polledAt = Date.parse('2026-03-01T10:00:00Z');
const followedAt = polledAt + 5 * minute;
const time = (ms: number) => new Date(ms).toISOString();

/** A gate of a large group: its ticket was read, and nothing was heard of it since. */
function waiting(field: string) {
  const record = endedApproval({ spec: { approve: { field, operator: 'equals', value: 'x' }, intervalMs: minute } });
  const progress = { ...record.progress, lastPolledAt: polledAt, nextPollAt: polledAt + 10 * minute };
  return { ...record, progress, end: undefined };
}

describe('a waiting approval as it is shown', () => {
  it('was polled when its group was last asked for changes, and is next when that comes again', () => {
    expect(viewApproval(waiting('approval'), { ...unwatched, followedAt })).toMatchObject({
      lastPolledAt: time(followedAt),
      nextPollAt: time(followedAt + minute),
    });
  });

  it('was polled when it was read, where changes do not tell of a column that its rules look at', () => {
    expect(viewApproval(waiting('assigned_to.user_name'), { ...unwatched, followedAt })).toMatchObject({
      lastPolledAt: time(polledAt),
      nextPollAt: time(polledAt + 10 * minute),
    });
  });

  it('says why nothing is asked now, and that it is polled no sooner', () => {
    const untilMs = polledAt + 30 * minute;
    const held = { untilMs, because: 'the instance is given a pause' };
    const view = viewApproval(waiting('approval'), { ...unwatched, held });
    expect(view.waitingBecause).toContain('the instance is given a pause');
    expect(view.nextPollAt).toBe(time(untilMs));
  });
});
