import { describe, expect, it } from 'vitest';
import { readCriteria } from '../../../manager/core/criteria-input.ts';
import { decideGate, type GateDecision } from '../../../manager/core/gate-decision.ts';

interface Case {
  readonly name: string;
  readonly approve?: string;
  readonly reject?: string | null;
  readonly window?: 'window';
  /** What differs from an approved, scheduled change; undefined: it was not read. */
  readonly ticket?: Readonly<Record<string, string | readonly [value: string, displayValue: string] | undefined>>;
  readonly now?: string;
  readonly gate: GateDecision['kind'];
  readonly code?: string;
  readonly because?: string;
}

const approved = {
  state: ['-2', 'Scheduled'],
  approval: ['approved', 'Approved'],
  risk: ['3', 'Moderate'],
  start_date: ['2026-03-01 10:00:00', '01.03.2026 19:00:00'],
  end_date: ['2026-03-01 12:00:00', '01.03.2026 21:00:00'],
} as const;

const states: Case[] = [
  { name: 'approved', gate: 'approved' },
  { name: 'requested', ticket: { approval: ['requested', 'Requested'] }, gate: 'waiting' },
  { name: 'rejected', ticket: { approval: ['rejected', 'Rejected'] }, gate: 'rejected' },
  { name: 'canceled', ticket: { state: ['4', 'Canceled'] }, gate: 'rejected', because: 'state = Canceled' },
  { name: 'both approved and rejected', ticket: { state: ['4', 'Canceled'] }, reject: 'state = 4', gate: 'rejected' },
  {
    name: 'one rule for both',
    approve: 'approval = approved',
    reject: 'approval = approved',
    gate: 'rejected',
  },
  { name: 'neither', ticket: { state: ['-5', 'New'], approval: ['', ''] }, gate: 'waiting' },
  { name: 'approved but new (a standard change)', ticket: { state: ['-5', 'New'] }, gate: 'waiting' },
  { name: 'approved, no rejection asked for', reject: null, gate: 'approved' },
  { name: 'canceled, no rejection asked for', reject: null, ticket: { state: ['4', 'Canceled'] }, gate: 'waiting' },
];

const matching: Case[] = [
  { name: 'by the stored value', approve: 'state = -2', gate: 'approved' },
  { name: 'by the label', approve: 'state = Scheduled', gate: 'approved' },
  { name: 'by the label in another case', approve: 'state = sCHEDULED', gate: 'approved' },
  { name: 'by a stored value in another case', approve: 'approval = APPROVED', gate: 'approved' },
  {
    name: 'by a stored value in another case, labelled otherwise',
    approve: 'approval = APPROVED',
    ticket: { approval: ['approved', 'Genehmigt'] },
    gate: 'waiting',
  },
  { name: 'by a part of a value', approve: 'approval = approve', gate: 'waiting' },
  { name: 'by a part, with contains', approve: 'approval contains PROVE', gate: 'approved' },
  { name: 'not equal to what it is by value', approve: 'state != -2', gate: 'waiting' },
  { name: 'not equal to what it is by label', approve: 'state != scheduled', gate: 'waiting' },
  { name: 'not among others', approve: 'state not in (New, -4)', gate: 'approved' },
  { name: 'not among others and itself', approve: 'state not in (New, Scheduled)', gate: 'waiting' },
  { name: 'blank where nothing may be', approve: 'risk is empty', ticket: { risk: '' }, gate: 'approved' },
  { name: 'blank where something must be', approve: 'risk is not empty', ticket: { risk: '' }, gate: 'waiting' },
  { name: 'blank, which is not a value', approve: 'risk != 1', ticket: { risk: '' }, gate: 'approved' },
];

const comparing: Case[] = [
  { name: 'below a number', approve: 'risk < 4', gate: 'approved' },
  { name: 'at a number', approve: 'risk < 3', gate: 'waiting' },
  { name: 'at most a number', approve: 'risk <= 3', gate: 'approved' },
  { name: 'as a number and not as a text', approve: 'risk < 10', gate: 'approved' },
  { name: 'by a label that is a number', approve: 'risk < 4', ticket: { risk: ['9', '1'] }, gate: 'waiting' },
  { name: 'blank, below a number', approve: 'risk < 4', ticket: { risk: '' }, gate: 'waiting' },
  { name: 'blank, above a number', approve: 'risk > -4', ticket: { risk: '' }, gate: 'waiting' },
  {
    name: 'no number',
    approve: 'risk < 4',
    ticket: { risk: 'low' },
    gate: 'unreadable',
    code: 'criteria-unjudgeable',
    because: 'what approves cannot be judged by this ticket: risk is "low", which is no number',
  },
  {
    name: 'no number where it does not matter',
    approve: 'risk < 4 or state = -2',
    ticket: { risk: 'low' },
    gate: 'approved',
  },
  {
    name: 'no number, and no other way',
    approve: 'risk < 4 and state = New',
    ticket: { risk: 'low' },
    gate: 'waiting',
  },
  {
    name: 'no number in what rejects',
    reject: 'risk > 4',
    ticket: { risk: 'high' },
    gate: 'unreadable',
    code: 'criteria-unjudgeable',
    because: 'what rejects cannot be judged',
  },
  {
    name: 'no number in what rejects, and rejected anyhow',
    reject: 'risk > 4 or state = -2',
    ticket: { risk: 'x' },
    gate: 'rejected',
  },
  { name: 'after a date', approve: 'start_date > 2026-03-01', gate: 'approved' },
  { name: 'after a time, shown in another zone', approve: 'start_date > 2026-03-01 12:00:00', gate: 'waiting' },
  { name: 'a date against a number', approve: 'start_date > 7', gate: 'unreadable', code: 'criteria-unjudgeable' },
];

const expressions: Case[] = [
  { name: 'by value', approve: "cel: ticket.state.value == '-2'", gate: 'approved' },
  { name: 'by label', approve: "cel: ticket.state.displayValue == 'Scheduled'", gate: 'approved' },
  { name: 'by label in another case', approve: "cel: ticket.state.displayValue == 'scheduled'", gate: 'waiting' },
  { name: 'by the label for the value', approve: "cel: ticket.state.value == 'Scheduled'", gate: 'waiting' },
  { name: 'rejected', reject: "cel: ticket.state.value == '-2'", gate: 'rejected' },
  { name: 'of numbers', approve: 'cel: number(ticket.risk.value) < 4', gate: 'approved' },
  {
    name: 'of what is no number',
    approve: 'cel: number(ticket.state.displayValue) < 4',
    gate: 'unreadable',
    code: 'criteria-unjudgeable',
    because: 'number(): "Scheduled" is no number',
  },
  {
    name: 'of a blank for a number',
    approve: 'cel: number(ticket.risk.value) < 4',
    ticket: { risk: '' },
    gate: 'unreadable',
    code: 'criteria-unjudgeable',
  },
  {
    name: 'of a field that was not read',
    approve: "cel: ticket.u_gate.value != 'x'",
    gate: 'unreadable',
    code: 'field-unknown',
  },
  {
    name: 'that rejects, without a result',
    reject: 'cel: number(ticket.state.displayValue) < 4',
    gate: 'unreadable',
    code: 'criteria-unjudgeable',
  },
];

const missing: Case[] = [
  {
    name: 'what approves',
    ticket: { approval: undefined },
    reject: null,
    approve: 'approval = approved',
    gate: 'unreadable',
    code: 'field-unknown',
  },
  {
    name: 'what rejects',
    ticket: { risk: undefined },
    reject: 'risk = 1',
    gate: 'unreadable',
    code: 'field-unknown',
    because: 'risk',
  },
  {
    name: 'what rejects, as not equal',
    ticket: { risk: undefined },
    reject: 'risk != 1',
    gate: 'unreadable',
    code: 'field-unknown',
  },
  {
    name: 'a part of what approves that decides nothing',
    ticket: { risk: undefined },
    approve: 'state = -2 or risk = 1',
    gate: 'unreadable',
    code: 'field-unknown',
  },
  {
    name: 'what approves, of a rejected ticket',
    ticket: { state: ['4', 'Canceled'], approval: undefined },
    reject: 'state = 4',
    gate: 'rejected',
  },
  {
    name: 'the start of the window',
    window: 'window',
    ticket: { start_date: undefined },
    gate: 'unreadable',
    code: 'field-unknown',
  },
  {
    name: 'the end of the window, while it waits',
    window: 'window',
    ticket: { end_date: undefined, approval: 'requested' },
    gate: 'unreadable',
    code: 'field-unknown',
  },
  {
    name: 'a field that every object has',
    approve: 'constructor is not empty',
    gate: 'unreadable',
    code: 'field-unknown',
  },
];

const windows: Case[] = [
  {
    name: 'a second before its start',
    now: '2026-03-01T09:59:59Z',
    gate: 'waiting',
    because: 'opens at 2026-03-01 10:00:00 UTC',
  },
  { name: 'at its start', now: '2026-03-01T10:00:00Z', gate: 'approved' },
  {
    name: 'a second after its start',
    now: '2026-03-01T10:00:01Z',
    gate: 'approved',
    because: 'open until 2026-03-01 12:00:00 UTC',
  },
  { name: 'a second before its end', now: '2026-03-01T11:59:59Z', gate: 'approved' },
  { name: 'at its end', now: '2026-03-01T12:00:00Z', gate: 'expired', code: 'gate-window-over' },
  { name: 'a second after its end', now: '2026-03-01T12:00:01Z', gate: 'expired', code: 'gate-window-over' },
  {
    name: 'at the hour that is shown in another zone',
    now: '2026-03-01T19:30:00Z',
    gate: 'expired',
    code: 'gate-window-over',
  },
  { name: 'given with another zone at its start', now: '2026-03-01T19:00:00+09:00', gate: 'approved' },
  { name: 'labels that are no times', ticket: { start_date: ['2026-03-01 10:00:00', 'heute'] }, gate: 'approved' },
  { name: 'open, and not approved', ticket: { approval: 'requested' }, gate: 'waiting' },
  {
    name: 'over, and not approved',
    ticket: { approval: 'requested' },
    now: '2026-03-02T00:00:00Z',
    gate: 'waiting',
    because: 'the change window was over at 2026-03-01 12:00:00 UTC (end_date)',
  },
  { name: 'open, and rejected', ticket: { state: ['4', 'Canceled'] }, gate: 'rejected' },
  { name: 'over, and rejected', ticket: { state: ['4', 'Canceled'] }, now: '2026-03-02T00:00:00Z', gate: 'rejected' },
  { name: 'blank, and not approved', ticket: { approval: 'requested', start_date: '', end_date: '' }, gate: 'waiting' },
  {
    name: 'with a blank start',
    ticket: { start_date: '' },
    gate: 'failed',
    code: 'gate-window-invalid',
    because: 'start_date is blank',
  },
  {
    name: 'with a blank end',
    ticket: { end_date: '' },
    gate: 'failed',
    code: 'gate-window-invalid',
    because: 'end_date is blank',
  },
  {
    name: 'with a blank value that is shown as a time',
    ticket: { end_date: ['', '2026-03-01 12:00:00'] },
    gate: 'failed',
    code: 'gate-window-invalid',
  },
  {
    name: 'with a date alone',
    ticket: { start_date: '2026-03-01' },
    gate: 'failed',
    code: 'gate-window-invalid',
    because: 'no date-time',
  },
  {
    name: 'with a local date',
    ticket: { start_date: '01.03.2026 10:00:00' },
    gate: 'failed',
    code: 'gate-window-invalid',
  },
  {
    name: 'with an ISO date',
    ticket: { start_date: '2026-03-01T10:00:00Z' },
    gate: 'failed',
    code: 'gate-window-invalid',
  },
  {
    name: 'with a month that is none',
    ticket: { start_date: '2026-13-01 10:00:00' },
    gate: 'failed',
    code: 'gate-window-invalid',
  },
  {
    name: 'with a day that is none',
    ticket: { start_date: '2026-02-30 10:00:00' },
    gate: 'failed',
    code: 'gate-window-invalid',
  },
  {
    name: 'with an hour that is none',
    ticket: { end_date: '2026-03-01 24:00:00' },
    gate: 'failed',
    code: 'gate-window-invalid',
  },
  { name: 'with words', ticket: { end_date: 'tomorrow' }, gate: 'failed', code: 'gate-window-invalid' },
  {
    name: 'that ends before it starts',
    ticket: { end_date: '2026-03-01 09:00:00' },
    gate: 'failed',
    code: 'gate-window-invalid',
    because: 'before it starts',
  },
  {
    name: 'that ends when it starts',
    ticket: { end_date: '2026-03-01 10:00:00' },
    gate: 'failed',
    code: 'gate-window-invalid',
    because: 'ends when it starts',
  },
  {
    name: 'that is turned round, and over',
    ticket: { end_date: '2026-03-01 09:00:00' },
    now: '2026-03-02T00:00:00Z',
    gate: 'failed',
    code: 'gate-window-invalid',
  },
];

function decide({ approve, reject, window, ticket, now }: Case): GateDecision {
  const merged: Case['ticket'] = { ...approved, ...ticket };
  const fields = Object.fromEntries(
    Object.entries(merged).flatMap(([name, held]) => {
      if (held === undefined) return [];
      const [value, displayValue] = typeof held === 'string' ? [held, held] : held;
      return [[name, { value, displayValue }]];
    }),
  );
  const rules = {
    approve: readCriteria(approve ?? 'approval = approved and state in (Scheduled, Implement)', ''),
    reject: reject === null ? undefined : readCriteria(reject ?? 'approval = rejected or state = Canceled', ''),
    window: window && { startField: 'start_date', endField: 'end_date' },
  };
  return decideGate(rules, fields, Date.parse(now ?? '2026-03-01T11:00:00Z'));
}

function textOf(decision: GateDecision): string {
  if ('failure' in decision) return decision.failure.message;
  return decision.kind === 'waiting' ? decision.because : decision.rule;
}

describe.each([
  ['a ticket that is', states],
  ['a value that matches', matching],
  ['a value that is compared', comparing],
  ['an expression', expressions],
  ['a reading that lacks', missing],
  ['a window', windows.map((row): Case => ({ window: 'window', ...row }))],
])('the gate of %s', (_subject, rows) => {
  it.each(rows)('$name → $gate', (row) => {
    const decision = decide(row);
    expect(decision.kind).toBe(row.gate);
    expect('failure' in decision ? decision.failure.code : undefined).toBe(row.code);
    expect(textOf(decision)).toContain(row.because ?? '');
  });
});
