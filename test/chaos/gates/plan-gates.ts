import fc from 'fast-check';

/** What happens to a ticket while gates wait for it. */
const ticketStories = [
  'approve',
  'reject',
  'both-at-once',
  'approve-then-reject',
  'flicker',
  'open-window',
  'move-window',
  'close-window',
  'blank-window',
  'delete',
  'wrong-number',
  'leave',
] as const;
export type TicketStory = (typeof ticketStories)[number];

export interface PlannedGate {
  /** Since the beginning of the run. */
  readonly afterMs: number;
  /** The manager that is asked first. */
  readonly manager: number;
  readonly isOfOtherGroup: boolean;
  readonly hasKey: boolean;
  /** Started so many times more, with the same key. */
  readonly repeats: number;
  readonly isCancelled: boolean;
  readonly isByNumber: boolean;
  readonly hasRejection: boolean;
  /** Demands the state, too. */
  readonly isStrict: boolean;
  readonly everyMs: number;
  readonly webhook: PlannedWebhook | undefined;
}

/** How the receiver meets the first deliveries; all further ones it takes. */
export type PlannedAnswer = 'taken' | 'error-500' | 'reset' | 'hang';

export interface PlannedWebhook {
  readonly answers: readonly PlannedAnswer[];
}

export interface PlannedTicket {
  readonly story: TicketStory;
  /** When it is changed, since the beginning of the run, and again so long after, where a story has two changes. */
  readonly atMs: number;
  readonly gapMs: number;
  readonly gates: readonly PlannedGate[];
}

const chance = (percent: number) => fc.nat(99).map((drawn) => drawn < percent);

const answer: fc.Arbitrary<PlannedAnswer> = fc.constantFrom('taken', 'error-500', 'reset', 'hang');

const gate: fc.Arbitrary<PlannedGate> = fc.record({
  afterMs: fc.oneof({ weight: 3, arbitrary: fc.nat(120) }, { weight: 1, arbitrary: fc.nat(1_500) }),
  manager: fc.nat(1),
  isOfOtherGroup: chance(25),
  hasKey: chance(70),
  repeats: fc.nat(2),
  isCancelled: chance(8),
  isByNumber: fc.boolean(),
  hasRejection: chance(75),
  isStrict: fc.boolean(),
  everyMs: fc.constantFrom(200, 300, 300, 500),
  webhook: fc.option(fc.record({ answers: fc.array(answer, { maxLength: 1 }) }), { freq: 3, nil: undefined }),
});

/** How long the receiver of webhooks is away, from when the first ticket is changed. */
export const receiverAwayMs: fc.Arbitrary<number> = fc.oneof(
  { weight: 3, arbitrary: fc.constant(0) },
  { weight: 1, arbitrary: fc.integer({ min: 200, max: 1_500 }) },
);

const weights: Record<TicketStory, number> = {
  approve: 3,
  reject: 2,
  'both-at-once': 3,
  'approve-then-reject': 1,
  flicker: 1,
  'open-window': 3,
  'move-window': 1,
  'close-window': 2,
  'blank-window': 1,
  delete: 2,
  'wrong-number': 1,
  leave: 1,
};

const ticket: fc.Arbitrary<PlannedTicket> = fc.record({
  story: fc.oneof(...ticketStories.map((story) => ({ weight: weights[story], arbitrary: fc.constant(story) }))),
  atMs: fc.integer({ min: 100, max: 1_200 }),
  gapMs: fc.integer({ min: 0, max: 500 }),
  gates: fc.array(gate, { minLength: 1, maxLength: 2 }),
});

export const ticketsOfRun: fc.Arbitrary<readonly PlannedTicket[]> = fc.array(ticket, { minLength: 4, maxLength: 6 });

/** Gates that meet every instant, for when one was not met yet. */
export const reserveTicket: fc.Arbitrary<PlannedTicket> = fc.record({
  story: fc.constantFrom('approve' as const, 'both-at-once' as const),
  atMs: fc.constant(100),
  gapMs: fc.constant(0),
  gates: fc.array(
    gate.map((drawn) => ({ ...drawn, afterMs: 0, hasRejection: true, isCancelled: false })),
    { minLength: 1, maxLength: 1 },
  ),
});
