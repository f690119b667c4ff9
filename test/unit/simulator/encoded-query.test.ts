import { describe, expect, it } from 'vitest';
import { parseEncodedQuery } from '../../../simulator/encoded-query.ts';
import { compileQuery, idsNamedBy, type QueryFields } from '../../../simulator/query-evaluation.ts';

type Row = Readonly<Record<string, string>>;

const rows: readonly Row[] = [
  {
    id: 'a',
    state: '-5',
    title: 'Deploy web',
    risk: '3',
    opened: '2026-01-02 03:04:05',
    note: '',
    'group.name': 'Net',
  },
  { id: 'b', state: '-1', title: 'Deploy api', risk: '20', opened: '2026-01-03 00:00:00', note: 'x', 'group.name': '' },
  { id: 'c', state: '3', title: 'Rollback, web', risk: '', opened: '', note: 'y', 'group.name': 'CAB' },
];

const fields: QueryFields<Row> = {
  knows: (path) => path in (rows[0] ?? {}),
  read: (row, path) => row[path] ?? '',
  runScript: (source) => (source === 'allowed()' ? 'a' : undefined),
};

function select(query: string): string {
  const compiled = compileQuery(parseEncodedQuery(query), fields);
  return compiled
    .sort(
      rows.filter((row) => compiled.matches(row)),
      ({ id = '' }) => id,
    )
    .map(({ id }) => id)
    .join('');
}

describe('an encoded query', () => {
  it.each([
    ['', 'abc'],
    ['state=-5', 'a'],
    ['state!=-5', 'bc'],
    ['stateIN-5,3', 'ac'],
    ['stateIN-5, 3', 'ac'],
    ['stateNOT IN-5,3', 'b'],
    ['titleLIKEdeploy', 'ab'],
    ['titleNOT LIKEdeploy', 'c'],
    ['titleSTARTSWITHDep', 'ab'],
    ['titleENDSWITHweb', 'ac'],
    ['noteISEMPTY', 'a'],
    ['noteISEMPTYwhatever', 'a'],
    ['noteISNOTEMPTY', 'bc'],
    ['note=NULL', 'a'],
    ['noteANYTHING', 'abc'],
    ['risk>3', 'b'],
    ['risk>=3', 'ab'],
    ['risk<20', 'a'],
    ['risk<=20', 'ab'],
    ['opened>=2026-01-02 03:04:05', 'ab'],
    ['opened>2026-01-02 03:04:05', 'b'],
    ['riskBETWEEN3@10', 'a'],
    ['openedBETWEEN2026-01-03 00:00:00@2026-01-04 00:00:00', 'b'],
    ['group.name=cab', 'c'],
    ['id=javascript:allowed()', 'a'],
  ])('with the condition %s selects %s', (query, expected) => {
    expect(select(query)).toBe(expected);
  });

  it.each([
    ['state=-5^ORstate=3', 'ac'],
    ['titleLIKEweb^state=-5^ORstate=-1', 'a'],
    ['state=-1^ORstate=3^titleLIKEweb', 'c'],
    ['state=-1^titleLIKEweb^NQstate=3', 'c'],
    ['ORstate=3', 'c'],
    ['state=-5^EQ', 'a'],
  ])('joins the conditions of %s as ServiceNow does', (query, expected) => {
    expect(select(query)).toBe(expected);
  });

  it.each([
    ['ORDERBYstate', 'abc'],
    ['ORDERBYDESCstate', 'cba'],
    ['ORDERBYDESCrisk', 'bac'],
    ['noteISNOTEMPTY^ORDERBYDESCtitle', 'cb'],
    ['ORDERBYgroup.name', 'bca'],
  ])('sorts by %s', (query, expected) => {
    expect(select(query)).toBe(expected);
  });

  it.each([
    ['no_such_field=1', 'abc'],
    ['no_such_field=1^state=-5', 'a'],
    ['state=-5^ORno_such_field=1', 'a'],
    ['^^^', 'abc'],
    ['just words', 'abc'],
    ['CallerISNOTEMPTY', 'abc'],
    ['id=javascript:gs.getUserName()', 'abc'],
    ['ORDERBYno_such_field', 'abc'],
  ])('fails open on %s: the term it cannot use is dropped and the rest decides', (query, expected) => {
    const compiled = compileQuery(parseEncodedQuery(query), fields);
    expect(select(query)).toBe(expected);
    if (query !== '^^^') expect(compiled.dropped).toHaveLength(1);
  });

  it('takes text that was pasted into it as more query: an injected ^NQ widens it to other rows', () => {
    const branch = 'main^NQstate=3';
    expect(select(`title=${branch}`)).toBe('c');
    expect(select('title=main^NQ')).toBe('abc');
  });

  it('reads == as an equality with a value that begins with =, which nothing has', () => {
    expect(select('state==-5')).toBe('');
  });

  it.each([
    ['sys_idINa,b^state=1', ['a', 'b']],
    ['state=1^sys_id=a', ['a']],
    ['sys_id=a^ORstate=1', undefined],
    ['sys_id=a^NQstate=1', undefined],
    ['sys_id!=a', undefined],
    ['', undefined],
  ])('is known to name only certain records: %s', (query, expected) => {
    expect(idsNamedBy(parseEncodedQuery(query))).toEqual(expected);
  });
});
