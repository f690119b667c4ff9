import { describe, expect, it } from 'vitest';
import { formatDuration } from '#runtime/duration.ts';
import { flagName, type Option, type OptionTable, variableName } from '#runtime/options.ts';
import { clientOptions } from '../../../cli/command.ts';
import { delegateOptions } from '../../../delegate/config.ts';
import { managerOptions } from '../../../manager/config.ts';
import { simulatorOptions } from '../../../simulator/config.ts';
import { tableUnder } from './markdown-table.ts';
import { readPage } from './pages.ts';

const page = readPage('docs/configuration.md');
const example = readPage('.env.example');
const programs: Readonly<Record<string, OptionTable>> = {
  Manager: managerOptions,
  Delegate: delegateOptions,
  Simulator: simulatorOptions,
};

function describeDefault({ required, fallback, kind }: Option<unknown>): string {
  if (required) return 'required';
  if (kind === 'flag') return String(fallback ?? false);
  if (fallback === undefined || (Array.isArray(fallback) && fallback.length === 0)) return 'none';
  return kind === 'duration' ? formatDuration(Number(fallback)) : String(fallback);
}

function variablesOf(text: string): string[] {
  return [...new Set(text.match(/TICKETGATE_[A-Z_]+/g) ?? [])].sort();
}

describe('the page about configuration', () => {
  it.each(Object.entries(programs))('lists exactly the settings of the program under %s', (heading, table) => {
    const known = Object.entries(table).map(([key, spec]) => [
      `--${flagName(key)}`,
      variableName(key),
      describeDefault(spec),
      spec.help.replaceAll('`', ''),
    ]);
    const listed = tableUnder(page, heading).rows.map((row) => row.map((cell) => cell.replaceAll('`', '')));
    expect(listed).toEqual(known);
  });

  it('lists exactly the variables of the client commands', () => {
    const listed = tableUnder(page, 'Client commands').rows.map(([variable]) => variable);
    expect(listed).toEqual(Object.keys(clientOptions).map(variableName));
  });

  it('shows one setting in each of its three places', () => {
    expect(page).toContain(`| \`--${flagName('redisUrl')}\` |`);
    expect(page).toContain(`| \`${variableName('redisUrl')}\` |`);
  });
});

describe('the example of an environment', () => {
  const general = ['config', 'json'];
  const known = [
    ...new Set([...Object.values(programs).flatMap(Object.keys), ...Object.keys(clientOptions), ...general]),
  ];

  it('names exactly the variables that the programs read', () => {
    expect(variablesOf(example)).toEqual(known.map(variableName).sort());
  });

  it('comments every variable, and sets none', () => {
    const lines = example.split('\n').filter((line) => line !== '');
    expect(lines.filter((line) => !line.startsWith('#'))).toEqual([]);
    for (const [index, line] of lines.entries())
      if (/^# TICKETGATE_/.test(line) && !/^# TICKETGATE_/.test(lines[index - 1] ?? ''))
        expect(lines[index - 1]).toMatch(/^# .+\.$/);
  });
});
