import { describe, expect, it } from 'vitest';
import { makeTask, runCommand } from './command-world.ts';

describe('a command line that cannot be read', () => {
  it.each([
    [['tickets'], "unknown command 'tickets' (Did you mean ticket?)"],
    [['ticket', 'creat'], "unknown command 'creat' (Did you mean create?)"],
    [['tasks', '--wrong'], "unknown option '--wrong'"],
    [['task', 'show'], "missing required argument 'ID'"],
    [['task', 'show', 'a', 'b'], "too many arguments for 'show'"],
    [['tasks', '--limit'], "option '--limit <N>' argument missing"],
  ])('is told like every other wrong usage, and exits with 2: %j', async (argv, message) => {
    const { code, stdout, stderr, sent } = await runCommand(argv);
    expect([code, stdout, sent]).toEqual([2, '', []]);
    expect(stderr).toContain(`✗ ${message}`);
    expect(stderr).toMatch(
      /^✗ .*\n {2}remedy: Write it as: ticketgate .*\. See --help for the options and what they take\.\n$/,
    );
  });

  it.each([[['metadata', 'fields']], [['metadata', 'fields', 'incident', '--table', 'incident']]])(
    'is told with how the command is written: %j',
    async (argv) => {
      const { stderr } = await runCommand([...argv, '--connector', 'sn']);
      expect(stderr).toContain('  remedy: Write it as: ticketgate metadata fields [options] <TABLE>. See --help');
    },
  );
});

describe('a value that cannot be used', () => {
  const onTable = (table: string) => ['--connector', 'sn', '--table', table];
  const label = 'expected the table\'s name, such as incident, not its label, got "Incident"';
  const numberless = "the ticket's number is empty";

  it.each([
    [['ticket', 'update', '', ...onTable('incident'), '--field', 'a=b'], numberless],
    [['ticket', 'show', ' ', ...onTable('incident')], numberless],
    [['ticket', 'update-many', '', '--connector', 'sn', '--field', 'a=b'], numberless],
    [['ticket', 'show', 'INC1', ...onTable('Incident')], `--table: ${label}`],
    [['import', ...onTable('Incident'), '--json', '-'], `--table: ${label}`],
    [['approval', 'start', ...onTable('Incident'), '--ticket', 'INC1', '--approve', 'a = 1'], `--table: ${label}`],
    [['metadata', 'fields', 'Incident', '--connector', 'sn'], `TABLE: ${label}`],
    [['ticket', 'create', ...onTable('change_request'), '--change-type', 'standard'], '--template is missing: a st'],
  ])('is told precisely, without more: %j', async (argv, message) => {
    const { code, stderr, sent } = await runCommand(argv, { input: '{"a":1}' });
    expect([code, sent]).toEqual([2, []]);
    expect(stderr).toContain(`✗ ${message}`);
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
  });

  it('is no number with blanks around it: they are dropped', async () => {
    const { sent } = await runCommand(['ticket', 'update', 'CHG0030001 ', ...onTable('incident'), '--field', 'a=b'], {
      answer: () => makeTask({ state: 'cancelled', outcome: { kind: 'cancelled', reason: 'x' } }),
    });
    expect(sent[0]?.body).toMatchObject({ params: { number: 'CHG0030001' } });
  });
});
