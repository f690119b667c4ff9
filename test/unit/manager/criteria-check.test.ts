import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Condition, Conditions } from '#protocol/criteria.ts';
import type { FieldInfo } from '#protocol/metadata.ts';
import { type FieldValues, holds, judge } from '../../../manager/core/criteria.ts';
import { checkRules, type KnownFields } from '../../../manager/core/criteria-check.ts';
import { readCriteria } from '../../../manager/core/criteria-input.ts';
import { existsTicket } from '../../../manager/core/criteria-samples.ts';

const column = (name: string, label: string, type: string, choices?: FieldInfo['choices']): FieldInfo => ({
  name,
  label,
  type,
  mandatory: false,
  readOnly: false,
  ...(choices && { choices }),
});
const states = [
  { value: '-5', label: 'New' },
  { value: '-2', label: 'Scheduled' },
  { value: '-1', label: 'Implement' },
  { value: '3', label: 'Closed' },
];
const fields = [
  column('state', 'State', 'integer', states),
  column('approval', 'Approval', 'string', [
    { value: 'requested', label: 'Requested' },
    { value: 'approved', label: 'Approved' },
    { value: 'rejected', label: 'Rejected' },
  ]),
  column('short_description', 'Short description', 'string'),
  column('cmdb_ci', 'Configuration item', 'reference'),
  column('assigned_to', 'Assigned to', 'reference'),
  column('start_date', 'Planned start date', 'glide_date_time'),
  column('end_date', 'Planned end date', 'glide_date_time'),
  column('due', 'Due', 'glide_date'),
  column('u_cost', 'Cost', 'decimal'),
  column('u_envs', 'Environments', 'glide_list', [{ value: 'prod', label: 'Production' }]),
];
const known: KnownFields = { fields, complete: true };

function check(
  given: { approve?: string; reject?: string; window?: [string, string] },
  metadata: KnownFields | undefined = known,
): string[] {
  const [startField, endField] = given.window ?? [];
  const faults = checkRules(
    {
      approve: readCriteria(given.approve ?? 'short_description contains x', ''),
      reject: given.reject === undefined ? undefined : readCriteria(given.reject, ''),
      window: startField && endField ? { startField, endField } : undefined,
    },
    metadata,
  );
  return faults.map(({ path, message }) => `${path} ${message}`);
}

describe('rules by what is known of the table', () => {
  it.each(
    [
      'state = Scheduled and approval in (approved, Requested)',
      'state = -2',
      'state != scheduled',
      'assigned_to.user_name = ada and sys_created_on > 2026-01-01',
      'u_envs = prod,test or short_description = anything',
      'start_date > 2026-01-01 and u_cost <= 5 and due < 2026-01-01',
      'approval contains prov',
      "cel: ticket.state.value == 'no choice'",
      'state > -3 and state < 0',
    ].map((approve) => approve.replace('prod,test', "'prod,test'")),
  )('pass: %s', (approve) => {
    expect(check({ approve, window: ['start_date', 'end_date'] })).toEqual([]);
  });

  it.each([
    [
      { approve: 'approvel = approved' },
      "/approve the table has no column approvel that the connector's user is shown; the nearest are approval (Approval)",
    ],
    [{ approve: 'zzzzzz = approved' }, "/approve the table has no column zzzzzz that the connector's user is shown"],
    [
      { reject: 'stat = 3' },
      "/reject the table has no column stat that the connector's user is shown; the nearest are state (State)",
    ],
    [
      { approve: 'configuration_item = web' },
      '/approve configuration_item is the label of a column, whose name is cmdb_ci (Configuration item)',
    ],
    [
      { approve: 'asigned_to.name = ada' },
      "/approve the table has no column asigned_to that the connector's user is shown; the nearest are assigned_to (Assigned to)",
    ],
    [
      { approve: "cel: ticket.stat.value == '3'" },
      "/approve the table has no column stat that the connector's user is shown; the nearest are state (State)",
    ],
    [
      { approve: 'approval = Aproved' },
      '/approve "Aproved" is no choice of approval, which are requested (Requested), approved (Approved), rejected (Rejected)',
    ],
    [
      { approve: 'approval != Aproved' },
      '/approve "Aproved" is no choice of approval, which are requested (Requested), approved (Approved), rejected (Rejected)',
    ],
    [
      { reject: 'state not in (New, Done)' },
      '/reject "Done" is no choice of state, which are -5 (New), -2 (Scheduled), -1 (Implement), 3 (Closed)',
    ],
    [
      { approve: 'assigned_to > 5' },
      '/approve assigned_to is of the type reference: it cannot be compared with the number 5',
    ],
    [
      { approve: 'u_cost > 2026-01-01' },
      '/approve u_cost is of the type decimal: it cannot be compared with the date 2026-01-01',
    ],
    [
      { approve: 'start_date > 5' },
      '/approve start_date is of the type glide_date_time: it cannot be compared with the number 5',
    ],
    [
      { approve: 'state = New and state = Closed' },
      '/approve can never hold: state = New and state = Closed, with the choices of state',
    ],
    [{ approve: 'state > 3' }, '/approve can never hold: state > 3, with the choices of state'],
    [
      { approve: 'approval = approved or (state = -2 and state = New)' },
      '/approve can never hold: state = -2 and state = New, with the choices of state',
    ],
    [
      { reject: 'state = -2 and state = New' },
      '/reject can never hold: state = -2 and state = New, with the choices of state',
    ],
    [
      { approve: 'state != New or state != Closed' },
      '/approve holds whatever the ticket says: is an "or" meant to be an "and"?',
    ],
    [
      { reject: 'state in (New, Scheduled, Implement, Closed) or state is empty' },
      '/reject holds whatever the ticket says: is an "or" meant to be an "and"?',
    ],
    [
      { approve: 'approval = approved', reject: 'approval in (approved, rejected)' },
      '/approve can never approve: whenever it holds, what rejects holds too, and that is looked at first',
    ],
    [
      { approve: 'state in (Scheduled, Implement)', reject: 'state < 0' },
      '/approve can never approve: whenever it holds, what rejects holds too, and that is looked at first',
    ],
    [
      { window: ['planned_start_date', 'end_date'] as [string, string] },
      '/window planned_start_date is the label of a column, whose name is start_date (Planned start date)',
    ],
    [{ window: ['start_date', 'due'] as [string, string] }, '/window due is no date-time, but of the type glide_date'],
    [
      { window: ['start_date', 'start_date'] as [string, string] },
      '/window it starts and ends with the same column, start_date',
    ],
  ])('refuse %j', (given, fault) => {
    expect(check(given)).toEqual([fault]);
  });

  it('tell all faults at once', () => {
    expect(check({ approve: 'stat = 1 and aproval = x', reject: 'state = Done', window: ['a1', 'b1'] })).toHaveLength(
      5,
    );
  });

  it('claim nothing of columns and choices that may not all be known', () => {
    const incomplete = { fields, complete: false };
    expect(
      check({ approve: 'u_hidden = 1 and state = Done', reject: 'state = New and state = 7' }, incomplete),
    ).toEqual([]);
    expect(check({ window: ['state', 'u_hidden'] }, incomplete)).toEqual([
      '/window state is no date-time, but of the type integer',
    ]);
  });
});

describe('rules of which nothing is known', () => {
  const none = (given: Parameters<typeof check>[0]) =>
    checkRules(
      {
        approve: readCriteria(given.approve ?? 'a = b', ''),
        reject: given.reject === undefined ? undefined : readCriteria(given.reject, ''),
        window: given.window && { startField: given.window[0], endField: given.window[1] },
      },
      undefined,
    ).map(({ path }) => path);

  it.each([
    'a = 1 and a = 2',
    'a != 1 or a != 2',
    'a >= 5 and a <= 5 and a != 5',
    'a > 5 and a < 5.000000000001',
    'a > 5 and a < 6 and a not in (5.5, 5.50)',
    'a >= 2026-01-01 and a < 2026-01-02 and a != 2026-01-01',
    'a contains x and a contains y and a != xy and a != yx',
    'a contains lease and a in (Release, Hotfix)',
    'a <= 5 or a > 5',
    'a > 5 or a is not empty',
  ])('pass: %s', (approve) => {
    expect(none({ approve })).toEqual([]);
  });

  it.each([
    'a = 1 and a = 2 and a = 3',
    'a = x and a != x',
    'a is empty and a is not empty',
    'a is empty and a > 5',
    'a > 5 and a < 5',
    'a > 5 and a <= 5.0',
    'a > 2026-01-01 and a < 2026-01-01 00:00:01',
    'a > 5 and a > 2026-01-01',
    'a contains q and a in (Release, Hotfix) and a = y',
    'b = 1 and (a = 1 and a not in (1, 2))',
    'b = 1 or a in (1, 2) and a not in (1, 2)',
    'a is empty or a is not empty',
    'a = x or a != x',
    'a contains x or a != x',
  ])('refuse what never or always holds: %s', (criteria) => {
    expect(none({ approve: criteria })).toEqual(['/approve']);
    expect(none({ reject: criteria })).toEqual(['/reject']);
  });

  it.each([
    ['a = 1', 'a = 1 or b = 2', false],
    ['a = 1', 'a = 2', true],
    ['a contains x', 'a contains y', true],
    ['a contains xyz', 'a contains Y', false],
    ['a contains x and a contains y', "a contains 'x y'", true],
    ['(a contains x and a contains z) or a contains y', 'a contains y', true],
    ['a > 5', 'a >= 5', false],
    ['a >= 5', 'a > 5', true],
    ['a = 7', 'a > 5', true],
    ['a != 1', 'a is not empty', true],
  ])('that approve by %s and reject by %s can approve: %s', (approve, reject, can) => {
    expect(none({ approve, reject })).toEqual(can ? [] : ['/approve']);
  });

  it('refuse a window of one column', () => {
    expect(none({ window: ['a', 'a'] })).toEqual(['/window']);
  });

  it('are given up in time when there is too much to try', () => {
    const values = Array.from({ length: 100 }, (_, index) => `v${index}`);
    const condition: Condition = { field: 'a', operator: 'in', values };
    const many: Conditions = {
      all: Array.from({ length: 100 }, () => ({ any: Array.from({ length: 100 }, () => condition) })),
    };
    const began = performance.now();
    expect(checkRules({ approve: many, reject: many, window: undefined }, undefined)).toEqual([]);
    // It takes a tenth of a second on a machine that has nothing else to do.
    expect(performance.now() - began).toBeLessThan(5_000);
  });
});

describe('what is refused', () => {
  const text = fc.constantFrom(
    'a',
    'A',
    'b',
    'ab',
    'a b',
    '1',
    '2',
    '1.0',
    '2026-01-01',
    '2026-01-01 00:00:01',
    'σ',
    'ΑΣ',
  );
  const bound = fc.constantFrom('1', '1.5', '2', '-1', '0', '2026-01-01', '2026-01-01 00:00:02', '2025-12-31');
  const field = fc.constantFrom('f', 'g');
  const condition: fc.Arbitrary<Condition> = fc.oneof(
    fc.record({ field, operator: fc.constantFrom('equals', 'not-equals', 'contains'), value: text }),
    fc.record({ field, operator: fc.constantFrom('less-than', 'at-most', 'greater-than', 'at-least'), value: bound }),
    fc.record({
      field,
      operator: fc.constantFrom('in', 'not-in'),
      values: fc.array(text, { minLength: 1, maxLength: 3 }),
    }),
    fc.record({ field, operator: fc.constantFrom('is-empty', 'is-not-empty') }),
  );
  const tree = (depth: number): fc.Arbitrary<Conditions> => {
    if (depth === 0) return condition;
    const parts = fc.array(tree(depth - 1), { minLength: 1, maxLength: 3 });
    return fc.oneof(condition, fc.record({ all: parts }), fc.record({ any: parts }));
  };
  const held = fc.oneof(
    text,
    bound,
    fc.constantFrom(
      '',
      ' ',
      '1.00',
      '1.25',
      '3',
      '-2',
      'abc',
      'xay',
      'a b b',
      'ασ',
      '2026-01-01 00:00:00',
      '2027-01-01',
    ),
    fc.string({ maxLength: 3 }),
    fc.double({ min: -3, max: 3, noNaN: true }).map((size) => size.toFixed(3)),
    fc
      .integer({ min: -5, max: 5 })
      .map((second) => new Date(Date.UTC(2026, 0, 1) + second * 1_000).toISOString().slice(0, 19).replace('T', ' ')),
  );
  const value = fc.record({ value: held, displayValue: held });
  const ticket = fc.record({ f: value, g: value });
  const tickets = fc.array(ticket, { minLength: 30, maxLength: 30 });

  it('as never holding holds for no ticket, and as always holding for every one', () => {
    let [never, always] = [0, 0];
    const exists = (criteria: Conditions, isSuch: (ticket: FieldValues) => boolean) =>
      existsTicket([criteria], () => undefined, { left: 200_000 }, isSuch);
    fc.assert(
      fc.property(tree(2), tickets, (criteria, some) => {
        const canHold = exists(criteria, (one) => holds(criteria, one));
        const canFail = exists(criteria, (one) => !holds(criteria, one));
        if (canHold === false) for (const one of some) expect(holds(criteria, one)).toBe(false);
        if (canFail === false) for (const one of some) expect(holds(criteria, one)).toBe(true);
        never += canHold === false ? 1 : 0;
        always += canFail === false ? 1 : 0;
      }),
      { numRuns: 1_500 },
    );
    expect(never).toBeGreaterThan(0);
    expect(always).toBeGreaterThan(0);
  });

  it('as never approving is rejected, or cannot be judged, whenever it would approve', () => {
    let refused = 0;
    fc.assert(
      fc.property(tree(1), tree(1), tickets, (approve, reject, some) => {
        const faults = checkRules({ approve, reject, window: undefined }, undefined);
        if (!faults.some(({ message }) => message.startsWith('can never approve'))) return;
        refused += 1;
        for (const one of some) if (holds(approve, one)) expect(judge(reject, one).kind).not.toBe('does-not-hold');
      }),
      { numRuns: 1_500 },
    );
    expect(refused).toBeGreaterThan(0);
  });
});
