import { describe, expect, it } from 'vitest';
import { type AfterClose, closeCodes } from '#protocol/close-codes.ts';
import { failureVerdicts } from '#protocol/failure.ts';
import { limits } from '#protocol/limits.ts';
import { messages } from '#protocol/messages.ts';
import { oldestRevision, revision, subprotocol } from '#protocol/version.ts';
import { tableUnder } from '../docs/markdown-table.ts';
import { readPage } from '../docs/pages.ts';

const page = readPage('protocol/PROTOCOL.md');

function columns(heading: string, ...indexes: readonly number[]): string[][] {
  return tableUnder(page, heading).rows.map((row) => indexes.map((index) => row[index] ?? ''));
}

const afterCloseTexts: Readonly<Record<AfterClose, string>> = {
  end: 'ends',
  redial: 'redials at once, with jitter',
  'redial-slowly': 'redials slowly',
};

describe('PROTOCOL.md', () => {
  it('lists exactly the messages that the code knows, each with its direction', () => {
    const known = Object.entries(messages).map(([type, { direction }]) => [type, direction]);
    expect(columns('4. Messages', 0, 1)).toEqual(known);
  });

  it('lists exactly the close codes that the code knows, with number, name and what the delegate does then', () => {
    const known = Object.entries(closeCodes).map(([name, { code, delegate }]) => [
      String(code),
      name,
      afterCloseTexts[delegate],
    ]);
    // What follows a semicolon is an exception to the rule.
    const listed = columns('8. Close codes', 0, 1, 3).map(([code, name, then]) => [code, name, then?.split(';')[0]]);
    expect(listed).toEqual(known);
  });

  it('names no close code outside of its table', () => {
    const known = new Set<string>(Object.values(closeCodes).map(({ code }) => String(code)));
    const named = page.match(/\b(4[45]\d\d|10\d\d)\b/g) ?? [];
    expect(named.filter((code) => !known.has(code) && code !== String(limits.maxCapacity))).toEqual([]);
  });

  it('lists exactly the constants that the code has, with their values', () => {
    const known = { revision, oldestRevision, subprotocol, ...limits };
    expect(Object.fromEntries(columns('9. Constants', 0, 1))).toEqual(
      Object.fromEntries(Object.entries(known).map(([name, value]) => [name, String(value)])),
    );
  });

  it('lists exactly the failure codes that the code knows, each with its verdict', () => {
    expect(columns('10. Failures', 0, 1)).toEqual(Object.entries(failureVerdicts));
  });

  it('gives a meaning to every row of its tables', () => {
    for (const heading of ['4. Messages', '8. Close codes', '9. Constants', '10. Failures'])
      for (const row of tableUnder(page, heading).rows) expect(row.every((cell) => cell !== '')).toBe(true);
  });

  it('gives away what the code sends: the path of the socket, the subprotocol, the context of a seal', () => {
    expect(page).toContain('`/api/v1/delegate`');
    expect(page).toContain(`\`${subprotocol}\``);
    expect(readPage('manager/crypto/seal.ts')).toContain("'ticketgate.v1 seal'");
    expect(page).toContain('`ticketgate.v1 seal`');
  });
});
