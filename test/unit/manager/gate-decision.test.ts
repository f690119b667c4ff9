import { describe, expect, it } from 'vitest';
import { decideGate, type GateRules, readWindow, warnOfShortWindow } from '../../../manager/core/gate-decision.ts';

const at = (text: string) => Date.parse(text);
const value = (text: string) => ({ value: text, displayValue: text });
const rules: GateRules = {
  approve: { field: 'approval', operator: 'equals', value: 'approved' },
  reject: { field: 'state', operator: 'equals', value: '4' },
  window: undefined,
};
const withWindow: GateRules = { ...rules, window: { startField: 'start_date', endField: 'end_date' } };
const approved = { approval: value('approved'), state: value('-2') };
const planned = { ...approved, start_date: value('2026-03-01 10:00:00'), end_date: value('2026-03-01 12:00:00') };

describe('deciding a gate', () => {
  it('waits while the approval criteria do not hold', () => {
    expect(decideGate(rules, { approval: value('requested'), state: value('-4') }, 0)).toEqual({
      kind: 'waiting',
      because: 'not yet: approval = approved',
    });
  });

  it('approves when they hold', () => {
    expect(decideGate(rules, approved, 0)).toEqual({ kind: 'approved', rule: 'approval = approved' });
  });

  it('rejects a ticket that is both approved and rejected', () => {
    expect(decideGate(rules, { ...approved, state: value('4') }, 0)).toEqual({ kind: 'rejected', rule: 'state = 4' });
  });

  it.each([{}, { approval: value('approved') }, { state: value('-2') }])(
    'decides nothing by a reading that lacks a field of its rules: %j',
    (fields) => {
      expect(decideGate(rules, fields as typeof approved, 0)).toMatchObject({
        kind: 'unreadable',
        failure: { code: 'field-unknown' },
      });
    },
  );

  it.each([
    { when: 'before it opens', now: '2026-03-01T09:59:59Z', kind: 'waiting' },
    { when: 'at its start', now: '2026-03-01T10:00:00Z', kind: 'approved' },
    { when: 'just before its end', now: '2026-03-01T11:59:59Z', kind: 'approved' },
    { when: 'at its end', now: '2026-03-01T12:00:00Z', kind: 'expired' },
  ])('with a window is $kind $when, by UTC', ({ now, kind }) => {
    expect(decideGate(withWindow, planned, at(now)).kind).toBe(kind);
  });

  it('says until when the window is open', () => {
    expect(decideGate(withWindow, planned, at('2026-03-01T11:00:00Z'))).toEqual({
      kind: 'approved',
      rule: 'approval = approved, and the change window is open until 2026-03-01 12:00:00 UTC',
    });
  });

  it('says when the window opens, with the zone', () => {
    expect(decideGate(withWindow, planned, at('2026-03-01T09:00:00Z'))).toEqual({
      kind: 'waiting',
      because: 'approved; the change window opens at 2026-03-01 10:00:00 UTC',
      opensAt: at('2026-03-01T10:00:00Z'),
    });
  });

  it.each([
    { fault: 'a blank start', fields: { start_date: value('') } },
    { fault: 'a blank end', fields: { end_date: value('') } },
    { fault: 'a local date', fields: { start_date: value('01.03.2026 10:00:00') } },
    { fault: 'a day that does not exist', fields: { start_date: value('2026-13-01 10:00:00') } },
    { fault: 'an end before the start', fields: { end_date: value('2026-03-01 09:00:00') } },
    { fault: 'an end at the start', fields: { end_date: value('2026-03-01 10:00:00') } },
  ])('fails on a window with $fault', ({ fields }) => {
    const ticket = Object.fromEntries(
      Object.entries({ ...planned, ...fields }).filter(([, field]) => field),
    ) as typeof planned;
    expect(decideGate(withWindow, ticket, at('2026-03-01T11:00:00Z'))).toMatchObject({
      kind: 'failed',
      failure: { code: 'gate-window-invalid' },
    });
  });

  it('does not look at the window of a ticket that is not approved yet', () => {
    const unplanned = { start_date: value(''), end_date: value('') };
    const fields = { approval: value('requested'), state: value('-4'), ...unplanned };
    expect(decideGate(withWindow, fields, 0).kind).toBe('waiting');
  });
});

describe('a change window', () => {
  const fields = { startField: 'start_date', endField: 'end_date' };
  const [startsAt, endsAt] = [at('2026-03-01T10:00:00Z'), at('2026-03-01T12:00:00Z')];

  it('is read from the stored values', () => {
    const shown = { value: '2026-03-01 12:00:00', displayValue: '01.03.2026 21:00:00' };
    expect(readWindow(fields, { ...planned, end_date: shown })).toEqual({ startsAt, endsAt });
  });

  it.each([{ start_date: value('') }, { end_date: value('soon') }])('is not known with %j', (ends) => {
    expect(readWindow(fields, { ...planned, ...ends })).toBeUndefined();
  });

  it('is not known of fields that were not read', () => {
    expect(readWindow(fields, approved)).toBeUndefined();
  });

  it.each([
    ['09:00:00', 120, undefined],
    ['09:00:00', 121, 'the change window lasts only 2h, and 2h 1m are expected'],
    ['10:00:00', 120, undefined],
    ['11:48:00', 12, undefined],
    ['11:48:00', 30, 'only 12m are left of the change window, and 30m are expected'],
    ['11:59:20', 1, 'only 40s are left of the change window, and 1m are expected'],
    ['12:00:00', 30, undefined],
    ['13:00:00', 30, undefined],
  ])('at %s, with %i minutes expected: %s', (time, minutes, warning) => {
    expect(warnOfShortWindow({ startsAt, endsAt }, minutes * 60_000, at(`2026-03-01T${time}Z`))).toBe(warning);
  });
});
