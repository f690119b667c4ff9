import { describe, expect, it } from 'vitest';
import type { Candidate } from '../../../manager/core/delegates.ts';
import { explain } from '../../../manager/core/why.ts';

const now = 100_000;

function candidate(name: string, change: Partial<Candidate> = {}): Candidate {
  return {
    id: `${name}.1`,
    name,
    state: 'online',
    tags: [name, 'dc1'],
    taskTypes: ['connection.test'],
    freeSlots: 1,
    lastSeenAt: now - 30_000,
    ...change,
  };
}

function why(selectors: string[], candidates: Candidate[]): string {
  return explain({ type: 'connection.test', selectors }, candidates, now).summary;
}

describe('why a task waits', () => {
  it('says that no delegate has ever connected', () => {
    expect(why([], [])).toBe('no delegate has ever connected');
  });

  it('names the missing selector, the nearest one, and who was considered', () => {
    expect(why(['dc2'], [candidate('a'), candidate('b')])).toBe(
      'no delegate holds the selector "dc2" (the nearest is "dc1"); considered: a (lacks "dc2"), b (lacks "dc2")',
    );
  });

  it('offers no nearest selector when none is similar', () => {
    expect(why(['mainframe-west'], [candidate('a')])).not.toContain('nearest');
  });

  it('tells a delegate that is down from a selector that never existed', () => {
    const down = candidate('b', { tags: ['dc2'], state: 'offline' });
    expect(why(['dc2'], [candidate('a'), down])).toContain(
      'no delegate with the selector "dc2" is online now, though one has been',
    );
  });

  it('tells that no single delegate holds all selectors', () => {
    const others = [candidate('a'), candidate('b', { tags: ['prod'] })];
    expect(why(['dc1', 'prod'], others)).toContain('no single delegate holds all of dc1, prod');
  });

  it('tells that those who could take it are full', () => {
    expect(why(['dc1'], [candidate('a', { freeSlots: 0 })])).toBe(
      'every delegate that could take it is full; considered: a (full: no free slot)',
    );
  });

  it('tells since when a delegate is gone', () => {
    expect(why([], [candidate('a', { state: 'offline' })])).toContain('a (offline, last seen 30 s ago)');
  });

  it('tells that it is being taken', () => {
    expect(why(['dc1'], [candidate('a')])).toContain('a delegate can take it');
  });
});
