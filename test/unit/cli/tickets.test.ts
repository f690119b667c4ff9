import { describe, expect, it } from 'vitest';
import { ApiError } from '../../../cli/api-errors.ts';
import { makeTask, makeTicket, runCommand } from './command-world.ts';

const onChange = ['--connector', 'sn', '--table', 'change_request'];
const succeeded = (result: unknown) => makeTask({ state: 'succeeded', outcome: { kind: 'succeeded', result } });
const created = succeeded({ ticket: makeTicket(), created: true, warnings: [] });
const failure = { code: 'field-ignored', message: 'not written', remedy: 'ask', retry: 'never' };

describe('ticket create', () => {
  it('sends labels, templates, change types and change requests as they are given', async () => {
    const args = ['ticket', 'create', ...onChange, '--field', 'Short description=Deploy', '--template', 'Patch'];
    const { sent, stdout } = await runCommand([...args, '--change-type', 'standard'], { answer: () => created });
    expect(sent[0]?.body).toMatchObject({
      params: {
        table: 'change_request',
        fields: { 'Short description': 'Deploy' },
        template: 'Patch',
        changeType: 'standard',
      },
    });
    expect(stdout).toContain('state  New (-5)');
    const task = ['ticket', 'create', '--connector', 'sn', '--table', 'change_task', '--change-request', 'CHG1'];
    const linked = await runCommand([...task, '--field', 'a=b'], { answer: () => created });
    expect(linked.sent[0]?.body).toMatchObject({ params: { changeRequest: 'CHG1' } });
  });

  it('needs fields unless a template gives them, and a template for a standard change', async () => {
    const answer = () => created;
    const bare = ['ticket', 'create', ...onChange];
    expect((await runCommand(bare, { answer })).stderr).toContain('--field is missing');
    expect((await runCommand([...bare, '--template', 'Patch'], { answer })).code).toBe(0);
    const standard = await runCommand([...bare, '--field', 'a=b', '--change-type', 'standard'], { answer });
    expect([standard.code, standard.sent]).toEqual([2, []]);
    expect(standard.stderr).toContain('--template is missing');
    expect((await runCommand([...bare, '--field', 'a=b', '--change-type', 'odd'], { answer })).code).toBe(2);
  });

  it('shows a field that was named by its label', async () => {
    const fields = { short_description: { value: 'Deploy', displayValue: 'Deploy' } };
    const answer = () => succeeded({ ticket: makeTicket({ fields }), created: true, warnings: [] });
    const { stdout } = await runCommand(['ticket', 'create', ...onChange, '--field', 'Short Description=Deploy'], {
      answer,
    });
    expect(stdout).toContain('short_description  Deploy\n');
  });

  it('shows each field that was written under its column, whatever its label, and says of notes that they were', async () => {
    const fields = { type: { value: 'normal', displayValue: 'Normal' } };
    const columns = { 'Change type': 'type', 'Work notes': 'work_notes' };
    const answer = () => succeeded({ ticket: makeTicket({ fields }), created: true, columns, warnings: [] });
    const given = ['--field', 'Change type=normal', '--field', 'Work notes=secret text', '--field', 'comments='];
    const { stdout } = await runCommand(['ticket', 'create', ...onChange, ...given], { answer });
    expect(stdout).toContain('  type        Normal (normal)\n  work_notes  written\n');
    expect(stdout).not.toContain('comments');
  });

  it('names flags where the API names parts of the body', async () => {
    const answer = () => {
      throw new ApiError({
        status: 400,
        code: 'invalid-request',
        detail: 'wrong: /params/fields/a~1b must be string; /params/fields must be object; /params/template is odd',
        remedy: 'Correct it.',
        faults: ['/params/fields/a~1b', '/params/fields', '/params/template', '/else'].map((path) => ({
          path,
          message: 'is not as it must be',
        })),
      });
    };
    const { code, stderr } = await runCommand(['ticket', 'create', ...onChange, '--field', 'a/b=c'], { answer });
    expect(code).toBe(2);
    expect(stderr).toBe(
      '✗ wrong: --field "a/b" must be string; --field must be object; --template is odd\n' +
        '  --field "a/b": is not as it must be\n' +
        '  --field: is not as it must be\n' +
        '  --template: is not as it must be\n' +
        '  /else: is not as it must be\n' +
        '  remedy: Correct it.\n' +
        '  code: invalid-request\n',
    );
  });
});

describe('--format env', () => {
  const args = ['ticket', 'create', ...onChange, '--field', 'a=b', '--format', 'env'];

  it('prints variables alone on standard output, and the ticket on standard error', async () => {
    const { code, stdout, stderr } = await runCommand(args, { answer: () => created });
    expect(code).toBe(0);
    expect(stdout).toBe(
      `TICKET_NUMBER=CHG0030001\nTICKET_SYS_ID=${'a'.repeat(32)}\n` +
        'TICKET_TABLE=change_request\nTICKET_LINK=https://sn.example/x\n',
    );
    expect(stderr).toContain('✓ CHG0030001');
  });

  it('lets nothing through that a shell or a CI system would take for more than a value', async () => {
    const link = 'https://sn.example/nav_to.do?uri=x.do%3Fsys_id%3D1&y=$(id)\nEVIL=1 "ä\u{1F600}';
    const ticket = makeTicket({ number: "CHG1';x`~", link });
    const { stdout } = await runCommand(args, {
      answer: () => succeeded({ ticket, created: true, warnings: [] }),
    });
    const [number, , , shown, ...rest] = stdout.split('\n');
    expect(number).toBe('TICKET_NUMBER=CHG1%27%3Bx%60%7E');
    expect(shown).toBe(
      'TICKET_LINK=https://sn.example/nav_to.do?uri=x.do%3Fsys_id%3D1%26y=%24%28id%29%0AEVIL=1%20%22%C3%A4%F0%9F%98%80',
    );
    expect(rest).toEqual(['']);
  });

  it('prints nothing when the task failed, and does not go together with --json', async () => {
    const failed = makeTask({ state: 'failed', outcome: { kind: 'failed', failure } });
    const { code, stdout } = await runCommand(args, { answer: () => failed });
    expect([code, stdout]).toEqual([1, '']);
    const both = await runCommand([...args, '--json'], { answer: () => created });
    expect([both.code, both.sent]).toEqual([2, []]);
  });

  it('fails when the result does not name the ticket', async () => {
    const { code, stdout, stderr } = await runCommand(args, { answer: () => succeeded({ odd: true }) });
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toContain('does not name the ticket');
  });
});

describe('ticket update', () => {
  it('refuses to write and to empty the same field', async () => {
    const { code, stderr } = await runCommand(
      ['ticket', 'update', 'CHG1', ...onChange, '--field', 'a=1', '--clear', 'b,a'],
      { answer: () => created },
    );
    expect(code).toBe(2);
    expect(stderr).toContain('--clear: a is given as --field, too');
  });
});

describe('ticket show', () => {
  it('tells what to do when there is no such ticket', async () => {
    const { code, stdout, stderr } = await runCommand(['ticket', 'show', 'CHG9', ...onChange], {
      answer: () => succeeded({ tickets: [], missing: ['CHG9'] }),
    });
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(
      /✗ there is no change_request CHG9.*\n {2}remedy: .*--table.*\n {2}code: ticket-not-found\n/,
    );
  });

  it('keeps a text of several lines on one line, and lets through nothing that a terminal or a CI system would obey', async () => {
    const fields = { description: { value: 'a\r\n##vso[task]\n\u001b[2J', displayValue: '' } };
    const { stdout } = await runCommand(['ticket', 'show', 'CHG1', ...onChange, '--fields', 'description'], {
      answer: () => succeeded({ tickets: [makeTicket({ fields })], missing: [] }),
    });
    expect(stdout).toContain('  description  a\\n## vso[task]\\n\\u001b[2J\n');
  });
});

describe('ticket update-many', () => {
  const args = ['ticket', 'update-many', 'CHG1', '--connector', 'sn', '--field', 'state=3', '--type', 'implementation'];
  const changeTask = (number: string, over: object) => ({
    number,
    sysId: 'b'.repeat(32),
    link: `https://sn.example/${number}`,
    warnings: [],
    ...over,
  });

  it('prints each change task with its mark, link, warnings and failure, and exits with 1 when one failed', async () => {
    const partialResult = {
      changeTasks: [
        changeTask('CTASK1', { kind: 'updated', warnings: ['u_note was empty'] }),
        changeTask('CTASK2', { kind: 'unchanged' }),
        changeTask('CTASK3', { kind: 'failed', failure }),
        changeTask('CTASK4', { kind: 'not-tried' }),
      ],
      warnings: ['short'],
    };
    const whole = { ...failure, message: '1 of 4 change tasks was not updated', partialResult };
    const { code, stdout, stderr, sent } = await runCommand(args, {
      answer: () => makeTask({ state: 'failed', outcome: { kind: 'failed', failure: whole } }),
    });
    expect(sent[0]?.body).toMatchObject({
      type: 'ticket.update-many',
      params: { changeRequest: 'CHG1', changeTaskType: 'implementation', fields: { state: '3' } },
    });
    expect(code).toBe(1);
    expect(stdout).toBe(
      '✓ CTASK1  updated  https://sn.example/CTASK1\n' +
        '  ! u_note was empty\n' +
        '✓ CTASK2  held it already  https://sn.example/CTASK2\n' +
        '✗ CTASK3  not updated  https://sn.example/CTASK3\n' +
        '  ✗ not written\n    remedy: ask\n    code: field-ignored\n' +
        '– CTASK4  not tried  https://sn.example/CTASK4\n',
    );
    expect(stderr).toContain('! short\n✗ 1 of 4 change tasks was not updated\n');
  });

  it('takes it for done when there is nothing to update', async () => {
    const { code, stdout } = await runCommand(args, { answer: () => succeeded({ changeTasks: [], warnings: [] }) });
    expect([code, stdout]).toEqual([0, '– no change tasks to update\n']);
  });
});
