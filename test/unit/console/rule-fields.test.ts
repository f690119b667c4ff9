import { describe, expect, it } from 'vitest';
import { fieldsIn, fieldsInRules } from '../../../manager/console/pages/approvals/rule-fields.ts';
import { describeCriteria, fieldsOf } from '../../../manager/core/criteria.ts';
import { readCriteria } from '../../../manager/core/criteria-input.ts';

describe('the fields that criteria name', () => {
  it.each([
    'state = Scheduled',
    'state = approval',
    'state = Work in progress and approval in (approved, not_required)',
    "short_description contains 'risk = 3 and state is empty'",
    '(state = -2 or state = -1) and assigned_to.user_name is not empty',
    'risk <= 3 and u_cost < 1500.50 and close_code is empty',
    "u_gate = 'it\\'s state = open'",
    "state not in (Canceled, 'in = x')",
    "cel: ticket.state.value == '-2' && ticket.approval.displayValue == 'ticket.risk.value'",
    'cel: ticket["assigned_to.user_name"].value != ticket[\'requested_by.user_name\'].value',
  ])('are those that the manager knows: %s', (text) => {
    const criteria = readCriteria(text, '/approve');
    expect([...fieldsIn(describeCriteria(criteria))].sort()).toEqual([...new Set(fieldsOf(criteria))].sort());
  });

  it('are told with the rule that names them', () => {
    const rules = {
      criteria: { approve: 'state = -2', reject: 'approval = rejected and state = 4' },
      window: { startField: 'start_date', endField: 'end_date' },
    };
    expect([...fieldsInRules(rules, ['state', 'approval', 'end_date', 'number'])]).toEqual([
      ['state', ['approves', 'rejects']],
      ['approval', ['rejects']],
      ['end_date', ['window']],
      ['number', []],
    ]);
  });
});
