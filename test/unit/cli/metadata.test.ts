import { describe, expect, it } from 'vitest';
import { runCommand } from './command-world.ts';

const run = (args: string[], items: object[], warnings: string[] = []) =>
  runCommand(['metadata', ...args, '--connector', 'my sn'], { answer: () => ({ items, warnings }) });

describe('metadata', () => {
  it('lists tables, and tells on standard error what could not be read', async () => {
    const tables = [
      { name: 'change_request', label: 'Change Request', kind: 'ticket' },
      { name: 'u_import', label: 'Import\u001b[2J', kind: 'staging' },
    ];
    const { code, stdout, stderr, sent } = await run(['tables'], tables, ['sys_db_object may not be read']);
    expect(code).toBe(0);
    expect(sent).toEqual([{ method: 'GET', path: '/connectors/my%20sn/metadata/tables', query: {} }]);
    expect(stdout).toBe(
      'TABLE           LABEL            KIND\n' +
        'change_request  Change Request   ticket\n' +
        'u_import        Import\\u001b[2J  staging\n',
    );
    expect(stderr).toBe('! sys_db_object may not be read\n');
  });

  it('lists the fields of a table, each with its choices as value and label', async () => {
    const fields = [
      {
        name: 'state',
        label: 'State',
        type: 'choice',
        mandatory: true,
        readOnly: false,
        choices: [
          { value: '-5', label: 'New' },
          { value: '3', label: 'Closed' },
        ],
      },
      {
        name: 'assigned_to',
        label: 'Assigned to',
        type: 'reference',
        mandatory: false,
        readOnly: true,
        maxLength: 32,
        reference: 'sys_user',
      },
    ];
    const { stdout, sent } = await run(['fields', 'change_request', '--refresh'], fields);
    expect(sent[0]).toMatchObject({
      path: '/connectors/my%20sn/metadata/tables/change_request/fields',
      query: { refresh: true },
    });
    expect(stdout).toBe(
      'COLUMN       LABEL        TYPE\n' +
        'state        State        choice     mandatory\n' +
        '    -5  New\n' +
        '    3   Closed\n' +
        'assigned_to  Assigned to  reference  read-only, at most 32 characters, of sys_user\n',
    );
  });

  it('lists templates, and says when there are none', async () => {
    const sysId = 'a'.repeat(32);
    const { stdout } = await run(
      ['templates'],
      [{ name: 'Patch', sysId, kind: 'standard-change', table: 'change_request' }],
    );
    expect(stdout).toContain(`Patch  standard-change  change_request  ${sysId}`);
    expect((await run(['templates'], [])).stdout).toBe('no templates\n');
  });
});
