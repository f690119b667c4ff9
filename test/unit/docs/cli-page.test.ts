import { describe, expect, it } from 'vitest';
import { commands } from '../../../cli/commands.ts';
import { exitCodes } from '../../../cli/exit-codes.ts';
import { tableUnder } from './markdown-table.ts';
import { readPage } from './pages.ts';

const page = readPage('docs/cli.md');

const names = commands.flatMap((entry) =>
  'commands' in entry ? entry.commands.map(({ name }) => `${entry.name} ${name}`) : [entry.name],
);

describe('the page about the command line', () => {
  it('lists exactly the commands', () => {
    expect(tableUnder(page, 'Commands').rows.map(([name]) => name)).toEqual(names);
  });

  it('lists exactly the exit codes with their meanings', () => {
    const known = Object.values(exitCodes).map(({ code, meaning }) => [String(code), meaning]);
    expect(tableUnder(page, 'Exit codes').rows).toEqual(known);
  });
});

describe('the page about pipelines', () => {
  it('lists exactly the exit codes', () => {
    const listed = tableUnder(readPage('docs/pipelines.md'), 'Exit codes').rows.map(([code]) => code);
    expect(listed).toEqual(Object.values(exitCodes).map(({ code }) => String(code)));
  });
});
