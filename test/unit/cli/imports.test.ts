import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readRows } from '../../../cli/import-rows.ts';
import { makeTask, runCommand } from './command-world.ts';

describe('the rows of an import', () => {
  it('are one object or an array of them; null is left out and told', () => {
    expect(readRows('\uFEFF{"u_key":"1","u_n":2.5,"u_b":false}')).toEqual({
      rows: [{ u_key: '1', u_n: 2.5, u_b: false }],
      notes: [],
    });
    expect(readRows('[{"u_key":"1"},{"u_key":"2","u_n":null}]')).toEqual({
      rows: [{ u_key: '1' }, { u_key: '2' }],
      notes: ['row 2: u_n is null and is left out'],
    });
  });

  it.each([
    ['no JSON', 'nonsense', ['it is not JSON: ']],
    ['nothing', '[]', ['there is no row in it']],
    ['what is no object', '[{"a":1},"x"]', ['row 2 is no object']],
    ['nested values', '[{"a":{"b":1}},{"a":[1]}]', ['row 1: a holds a nested value', 'row 2: a holds a nested value']],
    ['a row without a value', '{"a":null}', ['row 1 has no value']],
    [
      'a number that would arrive as another',
      '{"id":12345678901234567890}',
      ['id: 12345678901234567890 would arrive as 12345678901234567000'],
    ],
    ['a number beyond all bounds', '{"id":1e999}', ['id: 1e999 would arrive as Infinity: put it in quotes']],
    [
      'versions',
      '{"a":1.10,"b":1.0,"c":0.12345678901234567890}',
      ['a: 1.10 would arrive as 1.1: put', 'b: 1.0 would arrive as 1: put', 'c: 0.12345678901234567890 would'],
    ],
    ['more than 200 rows', JSON.stringify(Array(201).fill({ a: 1 })), ['201 rows, and at most 200 go at once: split']],
  ])('are refused with every fault: %s', (_name, text, faults) => {
    expect(readRows(text)).toEqual({ faults: faults.map((fault) => expect.stringContaining(fault)) });
  });
});

describe('import', () => {
  const args = ['import', '--connector', 'sn', '--table', 'u_release_import', '--json', '-'];
  const transform = (over: object) => ({
    transformMap: 'Gates',
    table: 'u_release_gate',
    status: 'inserted',
    displayName: 'number',
    displayValue: 'GATE1',
    sysId: 'a'.repeat(32),
    link: 'https://sn.example/GATE1',
    message: '',
    ...over,
  });
  const row = (place: number, over: object) => ({
    row: place,
    kind: 'loaded',
    importSet: 'ISET1',
    transforms: [],
    warnings: [],
    ...over,
  });
  const done = (rows: object[]) =>
    makeTask({ state: 'succeeded', outcome: { kind: 'succeeded', result: { rows, warnings: [] } } });

  it('prints what each row became, with its links', async () => {
    const { code, stdout, stderr, sent } = await runCommand([...args, '--idempotency-key', 'k'], {
      input: '{"u_key":"1","u_title":null}',
      answer: () => done([row(1, { transforms: [transform({})], warnings: ['odd'] })]),
    });
    expect(sent[0]).toMatchObject({
      idempotencyKey: 'k',
      body: { type: 'import-set.load', params: { stagingTable: 'u_release_import', rows: [{ u_key: '1' }] } },
    });
    expect(code).toBe(0);
    expect(stdout).toBe(
      '✓ row 1 loaded, ISET1\n  inserted: GATE1 in u_release_gate by Gates  https://sn.example/GATE1\n  ! odd\n',
    );
    expect(stderr).toBe('! row 1: u_title is null and is left out\n');
  });

  it('exits with 1 when a row failed, and tells it in ServiceNow’s words (trap 47)', async () => {
    const refused = { status: 'error', displayValue: '', sysId: '', link: '', message: 'Title is\nmandatory' };
    const rows = [
      row(1, { kind: 'found', transforms: [transform({ status: 'updated' })] }),
      row(2, { kind: 'failed', transforms: [transform(refused)] }),
      row(3, { kind: 'not-tried', importSet: '' }),
    ];
    const failure = { code: 'import-row-failed', message: '1 of 3 rows failed', remedy: 'mend it', retry: 'never' };
    const { code, stdout, stderr } = await runCommand(args, {
      input: '[{"a":1},{"a":2},{"a":3}]',
      answer: () =>
        makeTask({
          state: 'failed',
          outcome: { kind: 'failed', failure: { ...failure, partialResult: { rows, warnings: [] } } },
        }),
    });
    expect(code).toBe(1);
    expect(stdout).toBe(
      '✓ row 1 had been loaded before, ISET1\n' +
        '  updated: GATE1 in u_release_gate by Gates  https://sn.example/GATE1\n' +
        '✗ row 2 failed, ISET1\n' +
        '  error: in u_release_gate by Gates: Title is\\nmandatory\n' +
        '– row 3 not tried\n',
    );
    expect(stderr).toContain('✗ 1 of 3 rows failed\n  remedy: mend it\n');
  });

  it('reads a file, refuses one that cannot be read or used, and prints JSON when told so before its name', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'ticketgate-test-import-'));
    try {
      const path = join(directory, 'rows.json');
      writeFileSync(path, '{"a":1}');
      const fromFile = [...args.slice(0, -1), path];
      const asJson = await runCommand(['--json', ...fromFile], { answer: () => done([row(1, {})]) });
      expect(JSON.parse(asJson.stdout)).toMatchObject({ outcome: { result: { rows: [{ row: 1 }] } } });
      writeFileSync(path, '[]');
      const empty = await runCommand(fromFile);
      expect([empty.code, empty.sent]).toEqual([2, []]);
      expect(empty.stderr).toContain(`--json ${path}: there is no row in it`);
      expect((await runCommand([...args.slice(0, -1), '/nowhere.json'])).stderr).toContain('cannot be read: ENOENT');
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
});
