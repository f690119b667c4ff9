import { describe, expect, it } from 'vitest';
import type { Row } from '../../../delegate/servicenow/answer.ts';
import { type Accounted, type SentRow, sightRow } from '../../../delegate/servicenow/staging-match.ts';
import type { StagingTable } from '../../../delegate/servicenow/staging-table.ts';

const column = (name: string) => ({
  name,
  label: name,
  type: 'string',
  mandatory: false,
  readOnly: false,
  maxLength: 10,
});
const told: StagingTable = {
  name: 'u_stage',
  columns: new Map([
    ['u_key', column('u_key')],
    ['u_title', column('u_title')],
  ]),
};
const untold: StagingTable = { name: 'u_stage', columns: undefined };
const values = { u_key: 'r1', u_title: 'Release one' };
const plain: SentRow = { values, mark: undefined };
const marked: SentRow = { values, mark: { column: 'u_correlation_id', text: 'tg.1' } };
const none: Accounted = { sysIds: new Set(), surely: 0, atMost: 0 };

const row = (sysId: string, change: Row = {}): Row => ({ sys_id: sysId, ...values, ...change });

describe('looking for a row among those that were loaded', () => {
  it.each<{
    what: string;
    sent?: SentRow;
    rows: Row[];
    table?: StagingTable;
    accounted?: Partial<Accounted>;
    kind: string;
  }>([
    { what: 'all values are there', rows: [row('a')], kind: 'found' },
    { what: 'a value was cut at the length of its column', rows: [row('a', { u_title: 'Release on' })], kind: 'found' },
    {
      what: 'a column that does not exist was dropped',
      sent: { ...plain, values: { ...values, u_no: '1' } },
      rows: [row('a')],
      kind: 'found',
    },
    { what: 'there is none', rows: [], kind: 'absent' },
    { what: 'a value is another', rows: [row('a', { u_key: 'r2' })], kind: 'absent' },
    { what: 'a value was cut shorter than the column', rows: [row('a', { u_title: 'Release' })], kind: 'absent' },
    {
      what: 'a value is missing, which the instance may have dropped',
      rows: [row('a', { u_title: '' })],
      kind: 'unsure',
    },
    {
      what: 'a value was cut, and the length is not known',
      rows: [row('a', { u_title: 'Release' })],
      table: untold,
      kind: 'unsure',
    },
    { what: 'the only one is accounted for', rows: [row('a')], accounted: { sysIds: new Set(['a']) }, kind: 'absent' },
    {
      what: 'the only one is that of a row before',
      rows: [row('a')],
      accounted: { surely: 1, atMost: 1 },
      kind: 'absent',
    },
    {
      what: 'there is one more than the rows before',
      rows: [row('a'), row('b')],
      accounted: { surely: 1, atMost: 1 },
      kind: 'found',
    },
    {
      what: 'the only one may be that of a row before',
      rows: [row('a')],
      accounted: { surely: 0, atMost: 1 },
      kind: 'unsure',
    },
    {
      what: 'its mark is there, whatever the values',
      sent: marked,
      rows: [{ sys_id: 'a', u_correlation_id: 'tg.1' }],
      kind: 'found',
    },
    {
      what: 'the mark is that of another row',
      sent: marked,
      rows: [row('a', { u_correlation_id: 'tg.2' })],
      kind: 'absent',
    },
    { what: 'the mark was not kept', sent: marked, rows: [row('a', { u_correlation_id: '' })], kind: 'found' },
    {
      what: 'an unmarked one may be that of a row before',
      sent: marked,
      rows: [row('a')],
      accounted: { surely: 1, atMost: 1 },
      kind: 'unsure',
    },
  ])('$kind when $what', ({ sent = plain, rows, table = told, accounted = {}, kind }) => {
    expect(sightRow(sent, rows, table, { ...none, ...accounted }).kind).toBe(kind);
  });

  it('takes the oldest that is not accounted for', () => {
    const rows = [row('a'), row('b'), row('c')];
    expect(sightRow(plain, rows, told, { ...none, sysIds: new Set(['a']) })).toMatchObject({ row: { sys_id: 'b' } });
  });
});
