import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  arityOf,
  type CriteriaDraft,
  describeDraft,
  isComparison,
  type Operator,
  operators,
  type Row,
  readDraft,
} from '../../../manager/console/pages/approvals/criteria-draft.ts';
import { describeCriteria } from '../../../manager/core/criteria.ts';
import { readCriteria } from '../../../manager/core/criteria-input.ts';

const row = (field: string, operator: Operator, ...values: string[]): Row => ({ key: 0, field, operator, values });
const draft = (...rows: Row[]): CriteriaDraft => ({ by: 'rows', join: 'all', rows, text: '' });

const text = fc.string({ minLength: 1, maxLength: 12 }).filter((value) => value.trim() !== '');

const anyRow = fc.constantFrom(...(Object.keys(operators) as Operator[])).chain((operator) =>
  fc.record({
    key: fc.nat(),
    field: fc.constantFrom('state', 'approval', 'assigned_to.user_name'),
    operator: fc.constant(operator),
    values: isComparison(operator)
      ? fc.constantFrom(['3'], ['2026-03-01 10:00:00'])
      : fc.array(text, { minLength: 1, maxLength: arityOf(operator) === 'several' ? 4 : 1 }),
  }),
);

describe('criteria that are put together', () => {
  it('are what the manager reads, and read as the manager shows them', () => {
    fc.assert(
      fc.property(fc.array(anyRow, { minLength: 1, maxLength: 4 }), fc.constantFrom('all', 'any'), (rows, join) => {
        const written: CriteriaDraft = { ...draft(...rows), join };
        const read = readDraft(written);
        if (read.kind !== 'criteria') throw new Error('unfinished');
        const sent: unknown = JSON.parse(JSON.stringify(read.criteria));
        expect(describeCriteria(readCriteria(sent, '/approve'))).toBe(describeDraft(written));
      }),
    );
  });

  it.each([
    ['no field', row('', 'equals', 'x'), 'Choose a field, or remove this condition.'],
    ['no value', row('state', 'equals'), 'Give a value, or choose "is empty".'],
    ['a blank value', row('state', 'equals', ' '), 'Give a value, or choose "is empty".'],
    ['no values', row('state', 'in'), 'Give a value, or choose "is empty".'],
  ])('are not sent with a row that has %s', (_name, unfinished, fault) => {
    expect(readDraft(draft(row('state', 'is-empty'), unfinished))).toEqual({
      kind: 'unfinished',
      faults: new Map([[1, fault]]),
    });
  });

  it('are none without a row or a text, and the text where it is typed', () => {
    expect(readDraft(draft())).toEqual({ kind: 'none' });
    expect(readDraft({ ...draft(), by: 'text', text: ' \n' })).toEqual({ kind: 'none' });
    expect(readDraft({ ...draft(), by: 'text', text: 'cel: true' })).toEqual({
      kind: 'criteria',
      criteria: 'cel: true',
    });
  });
});
