import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chunkForUrls } from '../../../delegate/servicenow/chunks.ts';
import { buildQuery, type QueryTerm } from '../../../delegate/servicenow/encoded-query.ts';
import { type RowsWanted, rowsPath } from '../../../delegate/servicenow/table-api.ts';

/** The operators of encoded queries as ServiceNow lists them; among those that fit, the longest is the one that is meant. */
const operators = [
  ...['=', '!=', '>', '>=', '<', '<=', 'IN', 'NOT IN', 'SAMEAS', 'NSAMEAS', 'ANYTHING', 'EMPTYSTRING', 'ISEMPTY'],
  ...['ISNOTEMPTY', 'LIKE', '*', 'NOT LIKE', '!*', 'STARTSWITH', 'ENDSWITH', '%', 'BETWEEN', 'GT_FIELD', 'LT_FIELD'],
  ...['GT_OR_EQUALS_FIELD', 'LT_OR_EQUALS_FIELD', 'ON', 'NOTON', 'RELATIVEGT', 'RELATIVELT', 'DATEPART', 'MORETHAN'],
  ...['LESSTHAN', 'DYNAMIC', 'IN_HIERARCHY', 'INSTANCEOF', 'VALCHANGES', 'CHANGESFROM', 'CHANGESTO'],
].toSorted((one, other) => other.length - one.length);

/** Reads a query as ServiceNow does: conditions between carets, each a column, an operator and a value. */
function parseQuery(query: string): { terms: QueryTerm[]; sort: string[] } {
  const terms: QueryTerm[] = [];
  const sort: string[] = [];
  for (const part of query.split('^')) {
    if (/^(OR(?!DERBY)|NQ|EQ|GROUPBY|RLQUERY|ENDRLQUERY)/.test(part))
      throw new Error(`a condition of its own: ${part}`);
    if (part.startsWith('ORDERBY')) {
      sort.push(part.slice('ORDERBY'.length));
      continue;
    }
    const field = /^[a-z0-9_.]*/.exec(part)?.[0] ?? '';
    const rest = part.slice(field.length);
    const operator = operators.find((each) => rest.startsWith(each)) ?? '';
    const value = rest.slice(operator.length);
    const values = operator === 'IN' ? value.split(',') : [value];
    if (values.some((each) => each.trim().toLowerCase().startsWith('javascript:')))
      throw new Error(`a script: ${part}`);
    if (operator === '=' || operator === '>') terms.push({ field, operator, value });
    else if (operator === 'IN') terms.push({ field, operator, values });
    else throw new Error(`another operator: ${part}`);
  }
  return { terms, sort };
}

const spice = [
  '^',
  '^OR',
  '^NQ',
  ',',
  '=',
  'IN',
  '_HIERARCHY',
  'STANCEOF',
  'javascript:',
  'JAVASCRIPT:',
  ' ',
  '\n',
  '&',
  '#',
];
const value = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc.string({ unit: 'grapheme', maxLength: 12 }),
  fc
    .array(fc.constantFrom(...spice, '%', '+', '\ud800', 'active=true', 'ORDERBYx', 'CHG1', '@', '🎫'), {
      maxLength: 5,
    })
    .map((parts) => parts.join('')),
);
const field = fc.oneof(
  { weight: 9, arbitrary: fc.constantFrom('number', 'sys_id', 'state', 'assigned_to.user_name', 'in', 'u_1') },
  { weight: 1, arbitrary: value },
);
const term: fc.Arbitrary<QueryTerm> = fc.oneof(
  fc.record({ field, operator: fc.constantFrom('=' as const, '>' as const), value }),
  fc.record({ field, operator: fc.constant('IN' as const), values: fc.array(value, { maxLength: 4 }) }),
);

describe('a query of any terms', () => {
  it('that is built is read back as exactly those terms (traps 1, 2 and 36)', () => {
    let built = 0;
    fc.assert(
      fc.property(fc.array(term, { maxLength: 4 }), fc.option(field, { nil: undefined }), (terms, newestFirstBy) => {
        const path = rowsPath({ table: 'incident', terms, limit: 1, ...(newestFirstBy && { newestFirstBy }) });
        if (typeof path !== 'string') {
          expect(path.failure.code).toBe('servicenow-bad-request');
          return;
        }
        built += 1;
        const url = new URL(`https://x.example.com/${path}`);
        expect(parseQuery(url.searchParams.get('sysparm_query') ?? '')).toEqual({
          terms,
          sort: newestFirstBy ? [`DESC${newestFirstBy}`] : [],
        });
        expect(url.searchParams.getAll('sysparm_limit')).toEqual(['1']);
        expect(url.hash).toBe('');
      }),
      { numRuns: 5_000 },
    );
    expect(built).toBeGreaterThan(500);
  });

  it.each(['_HIERARCHYa', 'STANCEOFa'])('never makes another operator of IN by the value %s (trap 36)', (text) => {
    expect(buildQuery([{ field: 'number', operator: 'IN', values: [text] }]).kind).toBe('refused');
    expect(buildQuery([{ field: 'number', operator: '=', value: text }]).kind).toBe('built');
  });

  it('never makes another operator of = by a value that begins with it (trap 36)', () => {
    expect(buildQuery([{ field: 'number', operator: '=', value: '=x' }]).kind).toBe('refused');
  });
});

describe('a list of any length', () => {
  const fine = fc.oneof(
    fc.stringMatching(/^[0-9a-f]{32}$/),
    fc.stringMatching(/^[A-Za-z0-9-]{1,80}$/),
    fc.string({ unit: 'grapheme', minLength: 1, maxLength: 80 }),
    value,
  );

  it('is split over addresses below 8192 bytes, each value in one of them, in order (trap 37)', () => {
    const baseUrl = fc.constantFrom('https://x.example.com/', `https://x.example.com/${'snow/'.repeat(100)}`);
    const fields = fc.array(fc.stringMatching(/^[a-z]{1,60}$/), { maxLength: 100, size: '+1' });
    let requests = 0;
    fc.assert(
      fc.property(fc.array(fine, { maxLength: 400, size: 'max' }), baseUrl, fields, (values, base, names) => {
        const usable = values.filter(
          (each) => buildQuery([{ field: 'a', operator: 'IN', values: [`x${each}`] }]).kind === 'built',
        );
        const prefixed = usable.map((each) => `x${each}`);
        const ask = (chunk: readonly string[]): RowsWanted => ({
          table: 'incident',
          terms: [{ field: 'number', operator: 'IN', values: chunk }],
          fields: names,
          limit: chunk.length * 2,
        });
        const chunks = chunkForUrls(base, prefixed, ask);
        if (chunks.kind === 'failed') {
          expect(prefixed.some((each) => `${base}${rowsPath(ask([each]))}`.length > 7_000)).toBe(true);
          return;
        }
        const asked = chunks.requests.flatMap(({ terms }) =>
          terms.flatMap((each) => (each.operator === 'IN' ? each.values : [])),
        );
        expect(asked).toEqual(prefixed);
        for (const request of chunks.requests) {
          requests += 1;
          const url = new URL(`${base}${rowsPath(request)}`).href;
          expect(Buffer.byteLength(url)).toBeLessThan(8_192);
        }
      }),
      { numRuns: 150 },
    );
    expect(requests).toBeGreaterThan(150);
  });

  it('with a value that cannot be asked for is refused whole', () => {
    const chunks = chunkForUrls('https://x.example.com/', ['CHG1', 'CHG2^NQactive=true'], (values) => ({
      table: 'incident',
      terms: [{ field: 'number', operator: 'IN', values }],
      limit: 2,
    }));
    expect(chunks).toMatchObject({ kind: 'failed', failure: { code: 'servicenow-bad-request' }, landed: 'no' });
  });
});
