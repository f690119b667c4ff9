import { describe, expect, it } from 'vitest';
import { ApiError } from '../../../manager/console/api/client.ts';
import { cutAtFault, sortFaults } from '../../../manager/console/pages/approvals/start-faults.ts';
import { readCriteria } from '../../../manager/core/criteria-input.ts';
import { Refusal } from '../../../manager/core/refusal.ts';

const refused = (faults: { path: string; message: string }[]) =>
  new ApiError({ status: 400, code: 'criteria-invalid', detail: 'no', faults });

function faultOf(input: unknown): string {
  try {
    readCriteria(input, '/approve');
  } catch (error) {
    if (error instanceof Refusal) return error.faults[0]?.message ?? '';
  }
  throw new Error('it was read');
}

describe('faults of a start', () => {
  it('stand at the row of which the manager tells them, or at the criteria as a whole', () => {
    const inRow = faultOf({
      all: [
        { field: 'state', operator: 'is-empty' },
        { field: 'risk', operator: 'at-most', value: 'high' },
      ],
    });
    const sorted = sortFaults(
      refused([
        { path: '/approve', message: inRow },
        { path: '/approve', message: 'can never hold: state = New' },
        { path: '/reject', message: '/any/0/operator must be one of equals' },
      ]),
    );
    expect([...sorted.criteriaAt('approve').rows.keys()]).toEqual([1]);
    expect(sorted.criteriaAt('approve').rows.get(1)).toMatch(/^"high": expected a number/);
    expect(sorted.criteriaAt('approve').whole).toEqual(['can never hold: state = New']);
    expect(sorted.criteriaAt('reject').rows.get(0)).toBe('must be one of equals');
  });

  it('tell all that is wrong with one place, and whether each has one', () => {
    const two = sortFaults(
      refused([
        { path: '/every', message: 'too short' },
        { path: '/every', message: 'too odd' },
      ]),
    );
    expect(two.of('every')).toBe('too short; too odd');
    expect(two.isAllPlaced).toBe(true);
    expect(sortFaults(refused([{ path: '/selectors', message: 'odd' }])).isAllPlaced).toBe(false);
    expect(sortFaults(new Error('network')).isAllPlaced).toBe(false);
  });
});

describe('the place in criteria at which reading stopped', () => {
  it.each([
    ['state in approved', 'state in ', 'approved'],
    ['state = Scheduled and', 'state = Scheduled and', ''],
    ['state == Scheduled', 'state =', '='],
    ["state = ''", 'state = ', "'"],
    ['risk < high', 'risk < ', 'high'],
    ['cel: ticket.state.value == -2', 'cel: ', 'ticket'],
    [
      "cel: ticket.state.value == 'a'\n&& ticket.state.label == 'b'",
      "cel: ticket.state.value == 'a'\n&& ticket.state.",
      'label',
    ],
  ])('is found in %j', (text, before, at) => {
    const cut = cutAtFault(text, faultOf(text));
    expect(cut).toMatchObject({ before, at });
    expect(`${cut?.before}${cut?.at}${cut?.after}`).toBe(text);
  });

  it('is not made up where none is told', () => {
    expect(cutAtFault('state = New', 'the table has no column state')).toBeUndefined();
    expect(cutAtFault('x', 'at "y", position 40: expected')).toBeUndefined();
  });
});
