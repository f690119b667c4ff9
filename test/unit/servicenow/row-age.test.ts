import { describe, expect, it } from 'vitest';
import { readAges } from '../../../delegate/servicenow/row-age.ts';

const date = 'Wed, 25 Nov 2026 03:00:00 GMT';
const answeredAt = Date.UTC(2026, 10, 25, 3);
const row = { sys_created_on: { value: '2026-11-25 02:59:30', display_value: '2026-11-24 18:59:30' } };

function agesOf(headers: Record<string, string>, ...value: Record<string, unknown>[]) {
  return readAges({ kind: 'ok', value, headers }, 60_000);
}

describe('the age of rows', () => {
  it('is told by the clock of ServiceNow, in UTC whatever the user sees (trap 31)', () => {
    expect(agesOf({ date }, row)).toEqual({
      created: [{ row, atMs: answeredAt - 30_000 }],
      sinceMs: answeredAt - 60_000 - 5_000,
    });
  });

  it('is told of an answer without rows', () => {
    expect(agesOf({ date })?.created).toEqual([]);
  });

  it.each([
    ['the answer has no Date', {}, row],
    ['the Date cannot be read', { date: 'soon' }, row],
    ['a row does not show when it was created', { date }, { sys_id: 'a' }],
    ['a row shows nothing for it', { date }, { sys_created_on: { value: '', display_value: '' } }],
    ['a row shows something else for it', { date }, { sys_created_on: 'yesterday' }],
  ])('is not known when %s', (_what, headers: Record<string, string>, unfit) => {
    expect(agesOf(headers, row, unfit)).toBeUndefined();
  });
});
