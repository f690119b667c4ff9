import { describe, expect, it } from 'vitest';
import { linkTo, readField, toTicket } from '../../../delegate/servicenow/row.ts';

describe('reading fields of rows', () => {
  const cells: readonly [string, unknown, { value: string; displayValue: string }][] = [
    ['both values', { value: '-5', display_value: 'New' }, { value: '-5', displayValue: 'New' }],
    ['trap 15: an empty reference', '', { value: '', displayValue: '' }],
    [
      'trap 15: a reference with all values',
      { value: 'abc', display_value: 'Fred', link: 'https://x/abc' },
      { value: 'abc', displayValue: 'Fred' },
    ],
    [
      'trap 16: a reference without its value',
      { display_value: 'Fred', link: `https://x/api/now/table/sys_user/${'a'.repeat(32)}` },
      { value: 'a'.repeat(32), displayValue: 'Fred' },
    ],
    [
      'trap 16: neither value nor id',
      { display_value: 'global', link: 'https://x/sys_user_group/global' },
      { value: 'global', displayValue: 'global' },
    ],
    ['trap 17: an empty date', { value: '', display_value: 'UNKNOWN' }, { value: '', displayValue: '' }],
    ['trap 17: an empty choice', { value: '', display_value: null }, { value: '', displayValue: '' }],
    ['a value without a label', { value: '7', display_value: null }, { value: '7', displayValue: '7' }],
    ['trap 20: a float', { value: -5.0, display_value: 'New' }, { value: '-5', displayValue: 'New' }],
    ['trap 21: a real boolean', { value: true, display_value: true }, { value: 'true', displayValue: 'true' }],
    ['null', null, { value: '', displayValue: '' }],
    ['a plain text', 'text', { value: 'text', displayValue: 'text' }],
    ['a list', ['a'], { value: '["a"]', displayValue: '["a"]' }],
  ];
  it.each(cells)('takes %s', (_name, cell, expected) => {
    expect(readField({ field: cell }, 'field')).toEqual(expected);
  });

  it('reads a field that is not there as empty', () => {
    expect(readField({}, 'toString')).toEqual({ value: '', displayValue: '' });
  });

  it('survives nesting that cannot be written again', () => {
    const nested: unknown = JSON.parse(`${'['.repeat(100_000)}${']'.repeat(100_000)}`);
    expect(readField({ field: nested }, 'field').value).toBe('');
  });

  it('makes a ticket with flat dot-walked fields', () => {
    const row = { sys_id: 'f'.repeat(32), number: { value: 'CHG1', display_value: 'CHG1' }, 'cmdb_ci.name': 'web' };
    expect(toTicket(row, 'change_request', 'https://x.example.com/')).toEqual({
      table: 'change_request',
      number: 'CHG1',
      sysId: 'f'.repeat(32),
      link: `https://x.example.com/nav_to.do?uri=change_request.do%3Fsys_id%3D${'f'.repeat(32)}`,
      fields: {
        sys_id: { value: 'f'.repeat(32), displayValue: 'f'.repeat(32) },
        number: { value: 'CHG1', displayValue: 'CHG1' },
        'cmdb_ci.name': { value: 'web', displayValue: 'web' },
      },
    });
  });

  it('links under the path of the base URL', () => {
    expect(linkTo('https://x.example.com/snow/', 'incident', 'a')).toBe(
      'https://x.example.com/snow/nav_to.do?uri=incident.do%3Fsys_id%3Da',
    );
  });
});
