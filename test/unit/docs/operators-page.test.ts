import { describe, expect, it } from 'vitest';
import { closeCodes } from '#protocol/close-codes.ts';
import { tableUnder } from './markdown-table.ts';
import { listFiles, readPage } from './pages.ts';

const page = readPage('docs/operators.md');

describe('the page for delegate operators', () => {
  it('lists exactly the close codes, each with something to do', () => {
    const listed = tableUnder(page, 'When the manager closes the session').rows;
    const known = Object.entries(closeCodes).map(([name, { code }]) => [String(code), name]);
    expect(listed.map((row) => row.slice(0, 2))).toEqual(known);
    for (const row of listed) expect(row[2]).not.toBe('');
  });

  it('names after which of them the delegate dials slowly', () => {
    const sentence = /^After ([\d, and]+) the delegate dials again once a minute/m.exec(page)?.[1] ?? '';
    const slow = Object.values(closeCodes).filter(({ delegate }) => delegate === 'redial-slowly');
    expect(sentence.match(/\d+/g)?.sort()).toEqual(slow.map(({ code }) => String(code)).sort());
  });

  it('quotes lines of the log that the delegate writes', () => {
    const sources = listFiles()
      .filter((path) => /^(delegate|runtime)\/.*\.ts$/.test(path))
      .map(readPage)
      .join('\n');
    for (const [phrase] of tableUnder(page, 'The log').rows) expect(sources).toContain(`'${phrase}'`);
  });

  it('quotes reasons that the delegate gives', () => {
    const source = readPage('delegate/link/dial-fault.ts');
    const quoted = tableUnder(page, 'When it does not get that far').rows.flatMap(([cell = '']) =>
      cell.includes('HTTP') ? [] : [cell],
    );
    for (const reason of quoted) expect(source).toContain(reason);
  });
});
