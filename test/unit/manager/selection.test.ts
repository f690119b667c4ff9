import { describe, expect, it } from 'vitest';
import {
  type Contender,
  choose,
  headStartFor,
  judge,
  type Tier,
  type Verdict,
} from '../../../manager/core/selection.ts';
import { candidate, demand } from './candidates.ts';

const setAside = { kind: 'set-aside', untilMs: 9, because: 'no route' } as const;
const notLive = { kind: 'not-live', at: 0, because: 'it hibernates' } as const;
const unchecked = { kind: 'unchecked' } as const;

describe('judging a delegate', () => {
  it.each([
    { because: 'it succeeded there', change: {}, kind: 'eligible', tier: 'proven' },
    { because: 'nothing live answered it', change: { standing: notLive }, kind: 'eligible', tier: 'unproven' },
    {
      because: 'its way failed, which is last, not never',
      change: { standing: setAside },
      kind: 'eligible',
      tier: 'set-aside',
    },
    { because: 'nothing is known of its way yet', change: { standing: unchecked }, kind: 'checking' },
    { because: 'it lacks a selector', change: { tags: ['prod'] }, kind: 'lacks-selectors' },
    { because: 'it does not know the task type', change: { taskTypes: [] }, kind: 'task-unsupported' },
    { because: 'its policy allows other types', change: { policy: { taskTypes: ['ticket.read'] } }, kind: 'policy' },
    { because: 'its policy allows other hosts', change: { policy: { hosts: ['*.example.org'] } }, kind: 'policy' },
    { because: 'its policy allows the host', change: { policy: { hosts: ['*.service-now.com'] } }, kind: 'eligible' },
    { because: 'it is offline', change: { state: 'offline' as const }, kind: 'offline' },
    { because: 'it drains', change: { state: 'draining' as const }, kind: 'draining' },
    { because: 'it is stuck', change: { state: 'stuck' as const }, kind: 'stuck' },
    { because: 'nobody has approved it', change: { state: 'pending' as const }, kind: 'pending' },
    { because: 'it has just joined', change: { state: 'joining' as const }, kind: 'joining' },
    { because: 'it has no slot', change: { freeSlots: 0 }, kind: 'full' },
    {
      because: 'tags do not match, though it is also offline',
      change: { tags: [], state: 'offline' as const },
      kind: 'lacks-selectors',
    },
  ])('answers $kind because $because', ({ change, kind, tier }) => {
    expect(judge(demand(), candidate('a', change))).toMatchObject({ kind, ...(tier === undefined ? {} : { tier }) });
  });

  it('demands nothing when there are no selectors', () => {
    expect(judge(demand({ selectors: [] }), candidate('a', { tags: [] })).kind).toBe('eligible');
  });

  it.each(['joining', 'pending', 'stuck', 'online'] as const)(
    'gives a canary to a delegate that is %s, however full',
    (state) => {
      const canary = demand({ type: 'canary', selectors: [], baseUrl: undefined, managerId: 'mgr_1' });
      const full = { state, freeSlots: 0, standing: unchecked, policy: { taskTypes: [], hosts: [] } };
      expect(judge(canary, candidate('a', full)).kind).toBe('eligible');
    },
  );
});

function contender(id: string, change: { tier?: Tier; freeSlots?: number; turns?: number; lastTurn?: number } = {}) {
  const { tier = 'proven', freeSlots = 1, turns = 0, lastTurn = 0 } = change;
  return { id, tier, member: { freeSlots }, share: { turns, lastTurn } } satisfies Contender;
}

describe('choosing among delegates', () => {
  it.each([
    { name: 'history before none', of: [contender('a', { tier: 'unproven' }), contender('b')], is: 'b' },
    {
      name: 'set aside last',
      of: [contender('a', { tier: 'set-aside' }), contender('b', { tier: 'unproven' })],
      is: 'b',
    },
    { name: 'set aside rather than nobody', of: [contender('a', { tier: 'set-aside' })], is: 'a' },
    { name: 'fewer turns first', of: [contender('a', { turns: 2 }), contender('b', { turns: 1 })], is: 'b' },
    {
      name: 'of as many turns, the longest ago',
      of: [contender('a', { lastTurn: 5 }), contender('b', { lastTurn: 4 })],
      is: 'b',
    },
    { name: 'a free slot', of: [contender('a', { freeSlots: 0 }), contender('b', { tier: 'set-aside' })], is: 'b' },
    { name: 'nobody without one', of: [contender('a', { freeSlots: 0 })], is: undefined },
  ])('prefers $name', ({ of, is }) => {
    expect(choose(of, new Set())?.id).toBe(is);
    expect(choose([...of].reverse(), new Set())?.id).toBe(is);
  });

  it.each([
    { name: 'another that is proven', of: [contender('a'), contender('b', { turns: 9 })], is: 'b' },
    { name: 'another without history', of: [contender('a'), contender('b', { tier: 'unproven' })], is: 'b' },
    {
      name: 'itself rather than one that is set aside',
      of: [contender('a'), contender('b', { tier: 'set-aside' })],
      is: 'a',
    },
    { name: 'itself when there is no other', of: [contender('a')], is: 'a' },
  ] as const)('tries, after a failed attempt of a, $name', ({ of, is }) => {
    expect(choose(of, new Set(['a']))?.id).toBe(is);
  });
});

describe('letting others go first', () => {
  const eligible = (tier: Tier): Verdict => ({ kind: 'eligible', tier, standing: unchecked });
  const full = (tier: Tier): Verdict => ({ kind: 'full', tier });
  it.each([
    { own: 'proven', others: [eligible('proven')], is: 'none' },
    { own: 'unproven', others: [eligible('proven')], is: 'stagger' },
    { own: 'unproven', others: [full('proven'), eligible('unproven')], is: 'none' },
    { own: 'set-aside', others: [eligible('proven')], is: 'patience' },
    { own: 'set-aside', others: [full('unproven')], is: 'patience' },
    { own: 'set-aside', others: [{ kind: 'checking' }], is: 'patience' },
    { own: 'set-aside', others: [{ kind: 'joining', standing: unchecked }], is: 'patience' },
    { own: 'set-aside', others: [{ kind: 'joining', standing: setAside }], is: 'none' },
    { own: 'set-aside', others: [eligible('set-aside'), { kind: 'stuck' }, { kind: 'draining' }], is: 'none' },
  ] as const)('gives $is when the own best is $own', ({ own, others, is }) => {
    expect(headStartFor(own, [eligible(own), ...others])).toBe(is);
  });
});
