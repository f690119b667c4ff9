import { describe, expect, it } from 'vitest';
import type { Candidate } from '../../../manager/core/delegates.ts';
import { judge, rank } from '../../../manager/core/selection.ts';

function candidate(change: Partial<Candidate> = {}): Candidate {
  return {
    id: 'a.1',
    name: 'a',
    state: 'online',
    tags: ['dc1', 'prod'],
    taskTypes: ['ticket.create'],
    freeSlots: 1,
    lastSeenAt: 0,
    ...change,
  };
}

const demand = { type: 'ticket.create', selectors: ['dc1'] } as const;

describe('judging a delegate', () => {
  it.each([
    { because: 'it holds every selector', change: {}, kind: 'eligible' },
    { because: 'it lacks one', change: { tags: ['prod'] }, kind: 'lacks-selectors' },
    { because: 'it does not know the task type', change: { taskTypes: [] }, kind: 'task-unsupported' },
    { because: 'it is offline', change: { state: 'offline' as const }, kind: 'offline' },
    { because: 'it drains', change: { state: 'draining' as const }, kind: 'draining' },
    { because: 'it has no slot', change: { freeSlots: 0 }, kind: 'full' },
    {
      because: 'tags do not match, though it is also offline',
      change: { tags: [], state: 'offline' as const },
      kind: 'lacks-selectors',
    },
  ])('answers $kind because $because', ({ change, kind }) => {
    expect(judge(demand, candidate(change)).kind).toBe(kind);
  });

  it('demands nothing when there are no selectors', () => {
    expect(judge({ type: 'ticket.create', selectors: [] }, candidate({ tags: [] })).kind).toBe('eligible');
  });
});

describe('ranking delegates', () => {
  const three = ['a', 'b', 'c'].map((name) => candidate({ id: name, name }));

  it('takes turns among equals', () => {
    const lastChosen = new Map<string, number>();
    const chosen = Array.from({ length: 6 }, (_, turn) => {
      const id = rank(demand, three, { avoid: new Set(), lastChosen })[0]?.id ?? '';
      lastChosen.set(id, turn + 1);
      return id;
    });
    expect(chosen).toEqual(['a', 'b', 'c', 'a', 'b', 'c']);
  });

  it('puts a delegate to be avoided last, and never leaves it out', () => {
    const ranked = rank(demand, three, {
      avoid: new Set(['a']),
      lastChosen: new Map([
        ['b', 1],
        ['c', 2],
      ]),
    });
    expect(ranked.map(({ id }) => id)).toEqual(['b', 'c', 'a']);
  });

  it('leaves out whoever is not eligible', () => {
    expect(rank(demand, [candidate({ freeSlots: 0 })], { avoid: new Set(), lastChosen: new Map() })).toEqual([]);
  });
});
