import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileCel } from '../../../manager/core/cel-expression.ts';
import { judge } from '../../../manager/core/criteria.ts';
import { parseCriteria } from '../../../manager/core/criteria-grammar.ts';

const ticket = {
  state: { value: '-2', displayValue: 'Scheduled' },
  approval: { value: 'approved', displayValue: 'Approved' },
  risk: { value: '3', displayValue: 'Moderate' },
  cost: { value: '1234.50', displayValue: '$1,234.50' },
  note: { value: '', displayValue: '' },
  start_date: { value: '2026-03-01 10:00:00', displayValue: '01.03.2026 19:00:00' },
  end_date: { value: '2026-03-01 12:00:00', displayValue: '01.03.2026 21:00:00' },
  due: { value: '2026-03-01', displayValue: '01.03.2026' },
  'assigned_to.user_name': { value: 'ada', displayValue: 'ada' },
};

function judgeCel(expression: string) {
  return judge({ expression }, ticket);
}

describe('an expression', () => {
  it.each([
    ["ticket.state.value == '-2' && ticket.approval.displayValue == 'Approved'", true],
    ["ticket.state.value == '-2' && ticket.approval.displayValue == 'approved'", false],
    ["ticket.state.value in ['-2', '-1']", true],
    ["!(ticket.state.value in ['0', '3'])", true],
    ["ticket['assigned_to.user_name'].value != 'ada'", false],
    ["ticket.approval.displayValue.lowerAscii() == 'approved'", true],
    ["ticket.state.displayValue.startsWith('Sch') && ticket.state.displayValue.endsWith('led')", true],
    ["ticket.state.displayValue.contains('edu')", true],
    ["(ticket.note.value.trim() == '') || size(ticket.note.value) > 3", true],
    ['ticket.note.value.size() == 0', true],
    ['number(ticket.risk.value) <= 3', true],
    ['number(ticket.risk.value) == 3', true],
    ['number(ticket.risk.value) + 1 > 4', false],
    ['number(ticket.risk.value) in [1, 3]', true],
    ['number(ticket.cost.value) - 0.5 == 1234', true],
    ['time(ticket.end_date.value) - time(ticket.start_date.value) <= 7200', true],
    ['time(ticket.end_date.value) - time(ticket.start_date.value) < 7200', false],
    ["time(ticket.start_date.value) >= time('2026-03-01')", true],
    ["time(ticket.due.value) == time('2026-03-01 00:00:00')", true],
    ["ticket.risk.value == '3' ? ticket.approval.value == 'approved' : true", true],
    ['ticket.state.value == ticket.state.value', true],
  ])('%s → %s', (text, expected) => {
    expect(judgeCel(text).kind).toBe(expected ? 'holds' : 'does-not-hold');
  });

  it.each([
    ['number(ticket.note.value) < 5', 'number(): "" is no number'],
    ['number(ticket.approval.value) < 5', 'number(): "approved" is no number'],
    ['time(ticket.note.value) < 5', 'time(): "" is no date'],
    ['time(ticket.start_date.displayValue) < 5', 'time(): "01.03.2026 19:00:00" is no date'],
    ["ticket.absent.value == 'x'", 'No such key: absent'],
    ["ticket.constructor.value == 'x'", 'No such key: constructor'],
    ["!(ticket.absent.value == 'x')", 'No such key: absent'],
    ["ticket.absent.value != 'x'", 'No such key: absent'],
    ["ticket.absent.value == 'x' ? true : true", 'No such key: absent'],
    ["ticket.absent.value == 'x' && ticket.risk.value == '3'", 'No such key: absent'],
    ['9223372036854775807 + size(ticket.risk.value) > 0', 'integer overflow: 9223372036854775808'],
  ])('that has no result cannot be judged: %s', (text, because) => {
    expect(judgeCel(text)).toEqual({ kind: 'cannot-be-judged', because });
  });

  it.each([
    ["ticket.absent.value == 'x' || ticket.risk.value == '3'", 'holds'],
    ["ticket.absent.value == 'x' && ticket.risk.value == '4'", 'does-not-hold'],
  ])('needs no part that does not decide: %s', (text, kind) => {
    expect(judgeCel(text).kind).toBe(kind);
  });

  it('that is stored and cannot be read any more cannot be judged', () => {
    expect(judgeCel('ticket.state.value ==')).toMatchObject({ kind: 'cannot-be-judged' });
  });
});

describe('reading an expression', () => {
  it.each([
    ['cel:', 'at the end: expected an expression'],
    ["cel: ticket.state.value == 'a' &&", 'at the end: Unexpected token'],
    ["cel: ticket.state.value == 'a", 'at position 28: Unterminated string'],
    ['cel: ticket.state.value = 1', 'at position 25: Unexpected character'],
    ["cel: ticket.state.value == 'a'\n  && ¤", 'at line 2, column 6: Unexpected character'],
    ['cel: ticket.state.value == -2', 'at position 6: no such overload: string == int; columns are texts: quote'],
    ['cel: ticket.state.value', 'at position 6: is neither true nor false, but of the type string'],
    ["cel: ticket.state == 'a'", 'at position 6: write ticket.state.value, ticket.state.displayValue or'],
    ["cel: ticket.state.label == 'a'", 'at position 19: a column has .value and .displayValue, and no .label'],
    ["cel: ticket.assigned_to.user_name.value == 'a'", 'at position 6: write ticket.state.value'],
    ["cel: ticket[ticket.state.value].value == 'a'", 'the column in ticket[…] must be a quoted name'],
    ["cel: ticket['sta' + 'te'].value == 'a'", 'the column in ticket[…] must be a quoted name'],
    [
      "cel: ticket.state.value + 'a' == 'b'",
      'at position 6: + takes numbers: write number(…) or time(…) around a text',
    ],
    [`cel: ${"ticket.a.value.trim() == 'b' && ".repeat(41)}true`, 'more than 40 calls of functions'],
    ["cel: state == 'a'", 'at position 6: "state" is unknown; write ticket.state.value'],
    ['cel: true', 'at position 6: reads no column of the ticket'],
    ["cel: ticket.state.value.matches('a+')", 'at position 6: .matches(…) is not allowed; allowed are number(…), '],
    ["cel: ticket.state.value.split(',') == []", '.split(…) is not allowed'],
    ["cel: ticket.all(x, x == 'a')", '.all(…) is not allowed'],
    ["cel: ['a'].exists(x, x == ticket.state.value)", '.exists(…) is not allowed'],
    ['cel: cel.bind(x, ticket.state.value, x == x)', '.bind(…) is not allowed'],
    ['cel: has(ticket.state)', 'has(…) is not allowed'],
    ['cel: int(ticket.state.value) == 1', 'int(…) is not allowed; allowed are number(…), time(…)'],
    ["cel: duration(ticket.state.value) == duration('1s')", 'duration(…) is not allowed'],
    ["cel: timestamp(ticket.state.value) > timestamp('x')", '> compares numbers'],
    ["cel: ticket.risk.value < '3'", 'at position 6: < compares numbers: write number(…) or time(…) around a text'],
    ['cel: number(ticket.risk.value) * 2 > 3', '> compares numbers'],
    ['cel: number(ticket.risk.value) / 2 == 1', '/ is not allowed; allowed are == != < <= > >= in && || ! + - ?:'],
    ["cel: ticket.state.value in 'abc'", "at position 28: in needs a list, such as ['a', 'b']"],
    ["cel: ['a'] == [ticket.state.value]", 'a list is allowed only after in'],
    ["cel: {'a': 'b'} == {'a': ticket.state.value}", '{…} is not allowed'],
    ['cel: ticket.state.value == null', 'at position 28: allowed are texts, numbers, true and false'],
    ["cel: ticket.state.value == b'a'", 'allowed are texts, numbers, true and false'],
    [`cel: ${'('.repeat(40)}true${')'.repeat(40)}`, 'Exceeded maxDepth (32)'],
    [`cel: ${'!'.repeat(600)}(ticket.state.value == 'a')`, 'Exceeded maxAstNodes (500)'],
    [`cel: ticket.state.value == '${'x'.repeat(4_000)}'`, 'longer than 4000 characters'],
  ])('says what is wrong with %j', (text, fault) => {
    expect(parseCriteria(text)).toEqual({ fault: expect.stringContaining(fault) });
  });

  it('ends for every text, and never throws', () => {
    const piece = fc.constantFrom(
      ...['ticket', '.', 'state', 'value', '[', ']', '(', ')', '{', '}', '==', '&&', '?', ':', '!', '-', '+', ',', '<'],
      ...[
        "'a'",
        '"',
        "'''",
        '\\u12',
        'in',
        'true',
        '1',
        '1u',
        '0x',
        '1e999',
        'has',
        'number',
        'map',
        'cel',
        'bind',
        'b"',
      ],
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(piece, fc.string({ maxLength: 3 })), { maxLength: 30 }), (pieces) => {
        const compiled = compileCel(pieces.join(''));
        if ('fault' in compiled) expect(compiled.fault).not.toBe('');
        else expect(['holds', 'does-not-hold', 'cannot-be-judged']).toContain(judgeCel(pieces.join('')).kind);
      }),
    );
  });
});
