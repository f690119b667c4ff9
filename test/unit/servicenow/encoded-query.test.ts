import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { buildQuery, type QueryTerm } from '../../../delegate/servicenow/encoded-query.ts';

describe('encoded queries', () => {
  it('join conditions with a caret and are percent-encoded whole', () => {
    const query = buildQuery([
      { field: 'number', operator: '=', value: 'CHG 1&x' },
      { field: 'sys_id', operator: 'IN', values: ['a', 'b'] },
    ]);
    expect(query).toEqual({
      kind: 'built',
      text: 'number=CHG 1&x^sys_idINa,b',
      encoded: 'number%3DCHG%201%26x%5Esys_idINa%2Cb',
    });
  });

  it('sort newest first when asked', () => {
    expect(
      buildQuery([{ field: 'a', operator: '=', value: '1' }], { by: 'sys_created_on', descending: true }),
    ).toMatchObject({
      text: 'a=1^ORDERBYDESCsys_created_on',
    });
  });

  it('read on from a key, in the order of the keys (trap 11)', () => {
    const terms: QueryTerm[] = [
      { field: 'name', operator: 'IN', values: ['a'] },
      { field: 'sys_id', operator: '>', value: 'abc' },
    ];
    expect(buildQuery(terms, { by: 'sys_id', descending: false })).toMatchObject({
      text: 'nameINa^sys_id>abc^ORDERBYsys_id',
    });
  });

  const refused: readonly [string, readonly QueryTerm[]][] = [
    ['trap 36: a caret', [{ field: 'number', operator: '=', value: 'x^ORactive=true' }]],
    ['trap 36: a caret in a list', [{ field: 'number', operator: 'IN', values: ['a', 'b^NQactive=true'] }]],
    ['trap 36: a comma in a list', [{ field: 'number', operator: 'IN', values: ['a,b'] }]],
    ['trap 2: a script', [{ field: 'user_name', operator: '=', value: 'javascript:gs.getUserName()' }]],
    ['trap 2: a script in disguise', [{ field: 'user_name', operator: 'IN', values: [' JavaScript:x'] }]],
    ['a line feed', [{ field: 'number', operator: '=', value: 'a\nb' }]],
    ['half a character', [{ field: 'number', operator: '=', value: '\ud800' }]],
    ['trap 36: a caret in a key', [{ field: 'sys_id', operator: '>', value: 'a^ORactive=true' }]],
    ['an empty key', [{ field: 'sys_id', operator: '>', value: '' }]],
    ['an empty value, which would match empty fields', [{ field: 'number', operator: '=', value: '' }]],
    ['an empty list', [{ field: 'number', operator: 'IN', values: [] }]],
    ['a field name with an operator', [{ field: 'active=true^number', operator: '=', value: '1' }]],
    ['no condition at all', []],
  ];
  it.each(refused)('refuse %s', (_name, terms) => {
    expect(buildQuery(terms)).toMatchObject({ kind: 'refused' });
  });

  it('never hold more conditions than were given, whatever the values', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary' }), { minLength: 1, maxLength: 3 }), (values) => {
        const query = buildQuery(values.map((value) => ({ field: 'a', operator: '=', value })));
        if (query.kind === 'refused') return;
        expect(query.text.split('^')).toHaveLength(values.length);
        expect(decodeURIComponent(query.encoded)).toBe(query.text);
        expect(query.encoded).toMatch(/^[A-Za-z0-9\-_.!~*'()%]*$/);
      }),
    );
  });
});
