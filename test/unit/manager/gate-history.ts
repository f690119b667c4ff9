import fc from 'fast-check';
import type { Criteria } from '#protocol/criteria.ts';
import { type Failure, type FailureCode, failure } from '#protocol/failure.ts';
import type { Params } from '#protocol/task-types.ts';
import type { FieldValue } from '#protocol/ticket.ts';
import type { Death, Instance, PollPlan } from './gate-world.ts';

/** When every history begins: no second of it is special. */
export const beginning = Date.UTC(2026, 2, 1, 9, 59, 30);

export type Fields = Readonly<Record<string, FieldValue>>;

/** Criteria, and what they mean, said a second time; `unknown`: it cannot be told. */
export interface Meant {
  readonly criteria: Criteria;
  /** Every column that they name. */
  readonly fields: readonly string[];
  means(fields: Fields): boolean | 'unknown';
}

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

const labels: Readonly<Record<string, string>> = {
  '-5': 'New',
  '-2': 'Scheduled',
  '3': 'Closed',
  '4': 'Canceled',
  approved: 'Approved',
  rejected: 'Rejected',
  requested: 'Requested',
};
const choices = { state: ['-5', '-2', '3', '4'], approval: ['approved', 'rejected', 'requested'] } as const;

/** A moment of the history as it is stored, or what is none. */
const moment = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.integer({ min: -60, max: 240 }).map((seconds) => storedTime(beginning + seconds * 1_000)),
  },
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

const values = fc.constantFrom(
  ...choices.state.map((value) => ['state', value] as const),
  ...choices.state.map((value) => ['state', labels[value] ?? ''] as const),
  ...choices.approval.map((value) => ['approval', value] as const),
  ['approval', 'APPROVED'] as const,
  ['risk', '2'] as const,
);

const condition: fc.Arbitrary<Meant> = fc.oneof(
  values.map(([field, value]) => say({ field, operator: 'equals', value }, field, (held) => isValue(held, value))),
  values.map(([field, value]) => say({ field, operator: 'not-equals', value }, field, (held) => !isValue(held, value))),
  fc
    .tuple(values, fc.boolean())
    .map(([[field, value], isIn]) =>
      say(
        { field, operator: isIn ? 'in' : 'not-in', values: ['none', value] },
        field,
        (held) => isValue(held, value) === isIn,
      ),
    ),
  fc
    .boolean()
    .map((isEmpty) =>
      say(
        { field: 'risk', operator: isEmpty ? 'is-empty' : 'is-not-empty' },
        'risk',
        ({ value }) => (value === '') === isEmpty,
      ),
    ),
  fc.constant(
    say({ field: 'risk', operator: 'less-than', value: '4' }, 'risk', ({ value }) =>
      value === '' ? false : value === 'high' ? 'unknown' : Number(value) < 4,
    ),
  ),
  fc.constant(
    say(
      { field: 'state', operator: 'contains', value: 'CLO' },
      'state',
      ({ displayValue }) => displayValue === 'Closed',
    ),
  ),
);

const joined: fc.Arbitrary<Meant> = fc
  .tuple(fc.constantFrom('all', 'any'), fc.array(condition, { minLength: 2, maxLength: 3 }))
  .map(([how, parts]) => {
    const criteria = parts.map((part) => part.criteria) as Extract<Criteria, { all: unknown }>['all'];
    return {
      criteria: how === 'all' ? { all: criteria } : { any: criteria },
      fields: parts.flatMap((part) => part.fields),
      means: (fields) => {
        const meant = parts.map((part) => part.means(fields));
        const deciding = how === 'any';
        return meant.includes(deciding) ? deciding : meant.includes('unknown') ? 'unknown' : !deciding;
      },
    };
  });

const expression: fc.Arbitrary<Meant> = fc.constantFrom(
  say({ expression: "ticket.state.value == '-2'" }, 'state', ({ value }) => value === '-2'),
  say(
    { expression: "!(ticket.approval.displayValue in ['Requested', 'Rejected'])" },
    'approval',
    ({ displayValue }) => displayValue !== 'Requested' && displayValue !== 'Rejected',
  ),
  say({ expression: '!(number(ticket.risk.value) > 4)' }, 'risk', ({ value }) =>
    value === '' || value === 'high' ? 'unknown' : !(Number(value) > 4),
  ),
);

const approved = say({ field: 'approval', operator: 'equals', value: 'approved' }, 'approval', (held) =>
  isValue(held, 'approved'),
);
const canceled = say({ field: 'state', operator: 'equals', value: 'Canceled' }, 'state', (held) =>
  isValue(held, 'Canceled'),
);
const anything = fc.oneof(condition, joined, expression);

function say(criteria: Criteria, field: string, means: (held: FieldValue) => boolean | 'unknown'): Meant {
  return {
    criteria,
    fields: [field],
    means: (fields) => {
      const held = fields[field];
      return held ? means(held) : 'unknown';
    },
  };
}

function isValue({ value, displayValue }: FieldValue, wanted: string): boolean {
  return value === wanted || displayValue.toLowerCase() === wanted.toLowerCase();
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
    { weight: 3, arbitrary: fc.constantFrom(...decisive).map((code) => broken('failed', code)) },
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
  steps: fc.array(step, { minLength: 1, maxLength: 8 }),
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

/** The instance of a history; `now` overrides what its tickets are. */
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

/** With its label, which is in another zone if it is a time. */
export function shown(stored: string): FieldValue {
  const label = labels[stored] ?? stored.replace(/ \d\d:/, ' 23:');
  return { value: stored, displayValue: label };
}

/** As a delegate reads: a column that no ticket shows is a failure, one that a ticket lacks is left out. */
function read(params: Params<'ticket.read'>, stateOf: (ticket: number) => TicketState): ReturnType<Instance> | Failure {
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
  const unknown = params.fields.filter((name) => !tickets.some(({ fields }) => name in fields));
  if (tickets.length > 0 && unknown.length > 0) return failure('field-unknown', `no ${unknown.join()}`, 'Look.');
  const hidden = asked.filter((ticket) => stateOf(ticket).presence === 'hidden');
  return { tickets, hidden: hidden.map('sysIds' in params ? sysIdOf : numberOf) };
}
