import { describe, expect, it } from 'vitest';
import { runCommand } from './command-world.ts';

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
    expect(stderr).toMatch(/^✗ .*\n {2}remedy: See --help for the options and what they take\.\n$/);
  });
});
