import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { failureVerdicts } from '#protocol/failure.ts';
import { taskTypeNames } from '#protocol/task-types.ts';
import { tableUnder } from './markdown-table.ts';
import { listFiles, readPage, root } from './pages.ts';

const page = readPage('docs/servicenow.md');
const states = ['handled', 'not applicable', 'not yet'];
const mostTraps = 64;

interface TrapRow {
  readonly trap: number;
  readonly state: string;
  readonly handling: string;
  /** A test file and words of the name of one of its tests. */
  readonly tests: readonly { readonly file: string; readonly words: string }[];
}

const rows: readonly TrapRow[] = tableUnder(page, 'The traps').rows.map(
  ([trap = '', , state = '', handling = '', shownBy = '']) => ({
    trap: Number(trap),
    state,
    handling,
    tests: [...shownBy.matchAll(/`(test\/[^`]+)` ([^;`]+)/g)].map(([, file = '', words = '']) => ({
      file,
      words: words.trim(),
    })),
  }),
);

/** `trap 27`, `traps 4 and 5`, `traps 1, 2 and 36`, `traps 15 to 18`. */
function trapsNamedIn(text: string): number[] {
  const lists = [...text.matchAll(/\btraps? (\d+(?:(?:, | and | to )\d+)*)/g)];
  return lists.flatMap(([, list = '']) =>
    list.split(/, | and /).flatMap((part) => {
      const [from = Number.NaN, to = from] = part.split(' to ').map(Number);
      return Array.from({ length: to - from + 1 }, (_, index) => from + index);
    }),
  );
}

/** The texts of a test file that name a trap: names of tests, and of the rows of its tables. */
function namesIn(file: string): string[] {
  const texts = [...readPage(file).matchAll(/'(?:[^'\\\n]|\\.)*'|`[^`]*`|"[^"\n]*"/g)].map(([text]) =>
    text.slice(1, -1),
  );
  return texts.filter((text) => trapsNamedIn(text).length > 0);
}

const namesByFile = new Map(
  listFiles(join(root, 'test'))
    .filter((file) => file.endsWith('.test.ts') && !file.startsWith('test/unit/docs/'))
    .map((file) => [file, namesIn(file)] as const),
);

describe('how the names of tests are read', () => {
  it.each([
    ['fails (trap 27)', [27]],
    ['fails (traps 4 and 5)', [4, 5]],
    ['trap 36: a caret', [36]],
    ['reads (traps 15 to 18)', [15, 16, 17, 18]],
    ['asks (traps 1, 2 and 33 to 35)', [1, 2, 33, 34, 35]],
    ['a trapdoor 7', []],
  ])('%s', (name, traps) => {
    expect(trapsNamedIn(name)).toEqual(traps);
  });
});

describe('the table of traps', () => {
  it('has each of the 64 traps once, in order', () => {
    expect(rows.map(({ trap }) => trap)).toEqual(Array.from({ length: mostTraps }, (_, index) => index + 1));
  });

  it.each(rows)('says of trap $trap what is done about it', ({ state, handling }) => {
    expect(states).toContain(state);
    expect(handling.length).toBeGreaterThan(4);
  });

  it.each(rows.filter(({ state }) => state === 'handled'))('names a test that shows it: trap $trap', ({ tests }) => {
    expect(tests).not.toEqual([]);
  });

  it.each(rows.flatMap(({ trap, tests }) => tests.map((test) => ({ trap, ...test }))))(
    'names a test that is there and names the trap: trap $trap, $words',
    ({ trap, file, words }) => {
      expect(existsSync(join(root, file)), file).toBe(true);
      const named = (namesByFile.get(file) ?? []).filter((name) => name.includes(words));
      expect(named.flatMap(trapsNamedIn), `${file}: ${words}`).toContain(trap);
    },
  );

  it.each(rows.filter(({ state }) => state === 'not yet'))(
    'says not yet only while no test names it: trap $trap',
    ({ trap }) => {
      const shown = [...namesByFile].filter(([, names]) => names.flatMap(trapsNamedIn).includes(trap));
      expect(shown.map(([file]) => file)).toEqual([]);
    },
  );

  it('has a row for every trap that a test names', () => {
    for (const [file, names] of namesByFile)
      for (const trap of names.flatMap(trapsNamedIn))
        expect(
          rows.map((row) => row.trap),
          file,
        ).toContain(trap);
  });

  it('speaks of failure codes that there are', () => {
    const codes = rows.flatMap(
      ({ handling }) => handling.match(/(?<=`)(servicenow|ticket|field|outcome)-[a-z-]+(?=`)/g) ?? [],
    );
    expect(codes.length).toBeGreaterThan(10);
    for (const code of codes) expect(failureVerdicts).toHaveProperty([code]);
  });
});

describe('the table of what is called', () => {
  it('speaks of task types that there are', () => {
    for (const [type] of tableUnder(page, 'What is called').rows)
      expect([...taskTypeNames, 'every type']).toContain(type);
  });
});
