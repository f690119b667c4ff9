import { describe, expect, it } from 'vitest';
import { emptyValues, type StartValues, toBody } from '../../../manager/console/pages/approvals/start-body.ts';
import { newStartKey } from '../../../manager/console/pages/approvals/start-key.ts';

const filled: StartValues = {
  ...emptyValues,
  connector: 'con_1',
  table: 'change_request',
  ticket: ' CHG1 ',
  approve: { ...emptyValues.approve, by: 'text', text: 'state = -2' },
};
const minimal = { connector: 'con_1', table: 'change_request', number: 'CHG1', approve: 'state = -2' };
const sysId = '0123456789abcdef0123456789abcdef';

describe('the body that starts an approval', () => {
  it.each<[string, Partial<StartValues>, unknown]>([
    ['leaves out what was not given', {}, minimal],
    ['has a sys_id where one was typed', { ticket: sysId }, { ...minimal, number: undefined, sysId }],
    [
      'has all that was given',
      {
        startField: 'start_date',
        endField: 'end_date',
        every: '30s',
        timeout: '2d',
        expectedDuration: '45m',
        webhookUrl: 'https://ci/',
        webhookSecret: 'gate',
        workNotes: true,
      },
      {
        ...minimal,
        window: { startField: 'start_date', endField: 'end_date' },
        every: '30s',
        timeout: '2d',
        expectedDuration: '45m',
        webhook: { url: 'https://ci/', secret: 'gate' },
        workNotes: true,
      },
    ],
  ])('%s', (_name, change, body) => {
    expect(toBody({ ...filled, ...change })).toEqual({ body });
  });

  it.each<[keyof StartValues, Partial<StartValues>]>([
    ['connector', { connector: '' }],
    ['table', { table: ' ' }],
    ['ticket', { ticket: '' }],
    ['approve', { approve: { ...emptyValues.approve, rows: [] } }],
    ['startField', { endField: 'end_date' }],
    ['endField', { startField: 'start_date' }],
    ['webhookSecret', { webhookUrl: 'https://ci/' }],
    ['webhookUrl', { webhookSecret: 'gate' }],
  ])('is not made while %s is missing', (field, change) => {
    const read = toBody({ ...filled, ...change });
    expect(read).toMatchObject({ unfinished: { fields: { [field]: expect.any(String) } } });
  });

  it('is sent again with the same key, and another body with another', () => {
    const keyOf = newStartKey();
    const first = keyOf(minimal);
    expect(keyOf({ ...minimal })).toBe(first);
    expect(keyOf({ ...minimal, every: '30s' })).not.toBe(first);
  });
});
