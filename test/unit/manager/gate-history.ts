import fc from 'fast-check';
import { type FailureCode, failure } from '#protocol/failure.ts';
import type { Params } from '#protocol/task-types.ts';
import type { Death, Instance, PollPlan } from './gate-world.ts';
import { anything, approved, canceled, choices, type Meant, shown } from './meant-criteria.ts';

/** When every history begins: no second of it is special. */
export const beginning = Date.UTC(2026, 2, 1, 9, 59, 30);

export interface Gate {
  readonly ticket: number;
  readonly bySysId: boolean;
  readonly approve: Meant;
  readonly reject: Meant | undefined;
  readonly hasWindow: boolean;
  readonly intervalMs: number;
  readonly timeoutMs: number;
}

export interface TicketState {
  readonly presence: 'there' | 'hidden' | 'deleted';
  /** Stored values; undefined: the column is not shown. */
  readonly stored: Readonly<Record<string, string | undefined>>;
}

interface Change {
  readonly ticket: number;
  readonly afterMs: number;
  readonly presence?: TicketState['presence'];
  readonly stored?: TicketState['stored'];
}

export interface Step {
  readonly afterMs: number;
  /** How many managers look at once. */
  readonly looks: number;
  readonly death: Death | undefined;
  readonly stopsAfterMs: number | undefined;
  /** Time-outs are looked at. */
  readonly sweeps: boolean;
}

export interface History {
  readonly gates: readonly Gate[];
  readonly changes: readonly Change[];
  readonly plans: readonly PollPlan[];
  readonly steps: readonly Step[];
}

/** A moment of the history as it is stored, or what is none. */
const moment = fc.oneof(
  { weight: 8, arbitrary: fc.integer({ min: -6, max: 18 }).map((tens) => storedTime(beginning + tens * 10_000)) },
  { weight: 4, arbitrary: fc.integer({ min: -60, max: 180 }).map((each) => storedTime(beginning + each * 1_000)) },
  { weight: 1, arbitrary: fc.constantFrom('', 'tomorrow', '2026-02-30 10:00:00', '01.03.2026 10:00:00') },
);

export function storedTime(at: number): string {
  return new Date(at).toISOString().replace('T', ' ').replace(/\..*/, '');
}

const storedChange: fc.Arbitrary<TicketState['stored']> = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...choices.approval).map((approval) => ({ approval })) },
  { weight: 3, arbitrary: fc.constantFrom(...choices.state).map((state) => ({ state })) },
  { weight: 2, arbitrary: fc.constant({ approval: 'approved', state: '4' }) },
  { weight: 2, arbitrary: fc.constantFrom('2', '5', '', 'high').map((risk) => ({ risk })) },
  { weight: 2, arbitrary: fc.record({ start_date: moment, end_date: moment }) },
  { weight: 1, arbitrary: fc.record({ start_date: moment }) },
  { weight: 1, arbitrary: fc.record({ end_date: moment }) },
  {
    weight: 1,
    arbitrary: fc.constantFrom('state', 'approval', 'risk', 'end_date').map((name) => ({ [name]: undefined })),
  },
);

const change: fc.Arbitrary<Change> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ ticket: fc.nat(1), afterMs: seconds(150), stored: storedChange }) },
  {
    weight: 1,
    arbitrary: fc.record({
      ticket: fc.nat(1),
      afterMs: seconds(150),
      presence: fc.constantFrom('there', 'there', 'hidden', 'deleted'),
    }),
  },
);

/** Whole seconds, so that readings meet the edges of windows. */
function seconds(most: number): fc.Arbitrary<number> {
  return fc.nat(most).map((count) => count * 1_000);
}

const gate: fc.Arbitrary<Gate> = fc.record({
  ticket: fc.nat(1),
  bySysId: fc.boolean(),
  approve: fc.oneof(fc.constant(approved), anything),
  reject: fc.oneof(fc.constant(canceled), fc.constant(undefined), anything),
  hasWindow: fc.boolean(),
  intervalMs: fc.constantFrom(10_000, 20_000),
  timeoutMs: fc.constantFrom(60_000, 3_600_000),
});

const noise: readonly FailureCode[] = [
  'servicenow-timeout',
  'servicenow-login-page',
  'servicenow-rate-limited',
  'delegate-lost',
  'result-too-large',
];
export const decisive: readonly FailureCode[] = [
  'servicenow-forbidden',
  'servicenow-unauthenticated',
  'servicenow-bad-request',
  'ticket-ambiguous',
  'connector-gone',
  'field-unknown',
];
const wait = fc.oneof(
  { weight: 3, arbitrary: fc.constant(0) },
  { weight: 2, arbitrary: seconds(3) },
  { weight: 1, arbitrary: seconds(25) },
);

export const prompt: PollPlan = { pickUpMs: 0, lostMs: undefined, readMs: 0, reportMs: 0, ends: 'well' };
const plan: fc.Arbitrary<PollPlan> = fc.record({
  pickUpMs: wait,
  lostMs: fc.option(wait, { nil: undefined, freq: 6 }),
  readMs: wait,
  reportMs: wait,
  ends: fc.oneof(
    { weight: 9, arbitrary: fc.constant('well' as const) },
    { weight: 1, arbitrary: fc.constantFrom('cancelled' as const, 'unheard' as const) },
    { weight: 2, arbitrary: fc.constantFrom(...noise).map((code) => broken('failed', code)) },
    { weight: 1, arbitrary: fc.constant(broken('expired', 'no-eligible-delegate')) },
    { weight: 4, arbitrary: fc.constantFrom(...decisive).map((code) => broken('failed', code)) },
  ),
});

function broken(kind: 'failed' | 'expired', code: FailureCode) {
  return { kind, failure: failure(code, `it failed: ${code}`, 'Look.') };
}

const step: fc.Arbitrary<Step> = fc.record({
  afterMs: fc.oneof(fc.constantFrom(10_000, 20_000), seconds(25)),
  looks: fc.oneof({ weight: 4, arbitrary: fc.constant(1) }, { weight: 1, arbitrary: fc.constant(2) }),
  death: fc.option(fc.record({ calls: fc.integer({ min: 1, max: 25 }), lastIsDone: fc.boolean() }), {
    nil: undefined,
    freq: 5,
  }),
  stopsAfterMs: fc.option(seconds(10), { nil: undefined, freq: 8 }),
  sweeps: fc.boolean(),
});

export const history: fc.Arbitrary<History> = fc.record({
  gates: fc.array(gate, { minLength: 1, maxLength: 3 }),
  changes: fc.array(change, { maxLength: 8 }),
  plans: fc.array(plan, { minLength: 1, maxLength: 8 }),
  steps: fc.array(step, { minLength: 1, maxLength: 12 }),
});

const atFirst: TicketState = {
  presence: 'there',
  stored: {
    state: '-2',
    approval: 'requested',
    risk: '2',
    start_date: storedTime(beginning + 30_000),
    end_date: storedTime(beginning + 90_000),
  },
};

export const sysIdOf = (ticket: number): string => `${ticket + 1}`.repeat(32);
export const numberOf = (ticket: number): string => `CHG${ticket + 1}`;

/** The instance of a history; `override`: what its tickets are all the same. */
export function instanceOf({ changes }: History, override: Map<number, TicketState>): Instance {
  const ordered = changes.toSorted((a, b) => a.afterMs - b.afterMs);
  const stateAt = (ticket: number, at: number): TicketState =>
    override.get(ticket) ??
    ordered
      .filter((each) => each.ticket === ticket && beginning + each.afterMs <= at)
      .reduce(
        ({ presence, stored }, each) => ({
          presence: each.presence ?? presence,
          stored: { ...stored, ...each.stored },
        }),
        atFirst,
      );
  return (params, at) => read(params, (ticket) => stateAt(ticket, at));
}

/** As a delegate reads, but for one thing: that no ticket shows a column, it does not notice. */
function read(params: Params<'ticket.read'>, stateOf: (ticket: number) => TicketState): ReturnType<Instance> {
  const asked = [0, 1].filter((ticket) =>
    'sysIds' in params ? params.sysIds.includes(sysIdOf(ticket)) : params.numbers.includes(numberOf(ticket)),
  );
  const there = asked.filter((ticket) => stateOf(ticket).presence === 'there');
  const tickets = there.map((ticket) => {
    const { stored } = stateOf(ticket);
    const fields = params.fields.flatMap((name) => {
      const value = stored[name];
      return value === undefined ? [] : [[name, shown(value)] as const];
    });
    const ids = { table: params.table, number: numberOf(ticket), sysId: sysIdOf(ticket), link: '' };
    return { ...ids, fields: Object.fromEntries(fields) };
  });
  const hidden = asked.filter((ticket) => stateOf(ticket).presence === 'hidden');
  return { tickets, hidden: hidden.map('sysIds' in params ? sysIdOf : numberOf) };
}
