import fc from 'fast-check';
import { allCells, type Cell, cellsOf, type PlannedCell } from './cells.ts';
import {
  type PlannedTicket,
  receiverAwayMs,
  reserveTicket,
  type TicketStory,
  ticketsOfRun,
} from './gates/plan-gates.ts';

/** One fault at one instant. What its numbers mean is the fault's own affair; each is from 0 up to 1. */
export interface PlannedFault extends Cell {
  /** Which of the ways to meet the instant, and how many sightings of it pass first (a whole number). */
  readonly way: number;
  readonly skip: number;
  /** Which of several victims, which side of a link, how long, and how it ends. */
  readonly victim: number;
  readonly side: number;
  readonly length: number;
  readonly end: number;
}

export type OperationKind = 'create' | 'update' | 'update-many' | 'import' | 'read' | 'test' | 'unservable';

export interface PlannedOperation {
  readonly kind: OperationKind;
  readonly caller: number;
  /** The manager that is asked first. */
  readonly manager: number;
  readonly hasKey: boolean;
  /** Submitted so many times more, with the same key. */
  readonly repeats: number;
  readonly isCancelled: boolean;
}

export interface Plan {
  readonly seed: number;
  readonly faults: readonly PlannedFault[];
  readonly operations: readonly PlannedOperation[];
  /** Submitted one by one, while an instant was not met yet. */
  readonly reserve: readonly PlannedOperation[];
  /** Tickets that gates wait for. */
  readonly tickets: readonly PlannedTicket[];
  /** The same, one by one, while an instant was not met yet. */
  readonly reserveTickets: readonly PlannedTicket[];
  /** Nobody takes what webhooks tell for so long; 0: somebody does all the time. */
  readonly receiverAwayMs: number;
}

export const callerCount = 3;

/** Everything that is decided of a run, by its seed alone; `only` takes the place of the cells that it stands for. */
export function planRun(seed: number, only?: readonly PlannedCell[]): Plan {
  const [drawn] = fc.sample(fc.noBias(draws), { seed, numRuns: 1 });
  if (!drawn) throw new Error('nothing was drawn');
  const { first, second, random, isTogether, ...work } = drawn;
  const [main, other] = only ? chooseOf(only, seed) : cellsOf(seed);
  const faults: PlannedFault[] = [];
  if (main) faults.push({ ...main, ...first });
  if (main && other) faults.push({ ...other, ...second });
  // Two at the same instant: what springs the first springs the second.
  else if (main && random && isTogether)
    faults.push({ ...second, instant: main.instant, fault: random.fault, way: first.way, skip: first.skip });
  else if (main && random) faults.push({ ...random, ...second });
  return { seed, faults, ...work };
}

/** The same plan, with these stories for its tickets, one after the other. */
export function withStories(plan: Plan, stories: readonly TicketStory[]): Plan {
  const tickets = plan.tickets.map((ticket, index) => ({
    ...ticket,
    story: stories[index % stories.length] ?? ticket.story,
  }));
  return { ...plan, tickets };
}

function chooseOf(only: readonly PlannedCell[], seed: number): readonly Cell[] {
  const cell = only[seed % only.length];
  return cell === undefined || cell === 'quiet' ? [] : [cell];
}

/** Not fc.double, which spreads over the representations of numbers: most of them are tiny. */
const share = fc.nat(999_999).map((drawn) => drawn / 1_000_000);
const chance = (percent: number) => fc.nat(99).map((drawn) => drawn < percent);

const numbers = {
  way: share,
  skip: fc.nat(2),
  victim: share,
  side: share,
  length: share,
  end: share,
};

const operation: fc.Arbitrary<PlannedOperation> = fc.record({
  kind: fc.oneof(
    { weight: 40, arbitrary: fc.constant('create' as const) },
    { weight: 14, arbitrary: fc.constant('update' as const) },
    { weight: 12, arbitrary: fc.constant('update-many' as const) },
    { weight: 16, arbitrary: fc.constant('import' as const) },
    { weight: 8, arbitrary: fc.constant('read' as const) },
    { weight: 6, arbitrary: fc.constant('test' as const) },
    { weight: 4, arbitrary: fc.constant('unservable' as const) },
  ),
  caller: fc.nat(callerCount - 1),
  manager: fc.nat(1),
  hasKey: chance(55),
  repeats: fc.oneof({ weight: 2, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.integer({ min: 1, max: 2 }) }),
  isCancelled: chance(8),
});

/** A task that meets every instant. */
const plain: fc.Arbitrary<PlannedOperation> = fc.record({
  kind: fc.oneof(
    { weight: 5, arbitrary: fc.constant('create' as const) },
    { weight: 2, arbitrary: fc.constant('update' as const) },
    { weight: 2, arbitrary: fc.constant('update-many' as const) },
    { weight: 3, arbitrary: fc.constant('import' as const) },
  ),
  caller: fc.nat(callerCount - 1),
  manager: fc.nat(1),
  hasKey: fc.boolean(),
  repeats: fc.constant(0),
  isCancelled: fc.constant(false),
});

const draws = fc.record({
  first: fc.record(numbers),
  second: fc.record(numbers),
  random: fc.option(fc.constantFrom(...allCells), { freq: 2, nil: undefined }),
  isTogether: chance(40),
  operations: fc
    .tuple(fc.array(operation, { minLength: 3, maxLength: 8 }), fc.array(plain, { minLength: 3, maxLength: 5 }))
    .map(([mixed, certain]) => [...mixed.slice(0, 2), ...certain, ...mixed.slice(2)]),
  reserve: fc.array(plain, { minLength: 18, maxLength: 18 }),
  tickets: ticketsOfRun,
  reserveTickets: fc.array(reserveTicket, { minLength: 3, maxLength: 3 }),
  receiverAwayMs,
});
