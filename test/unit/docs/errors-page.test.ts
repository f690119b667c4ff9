import fastify from 'fastify';
import { describe, expect, it } from 'vitest';
import { failureVerdicts } from '#protocol/failure.ts';
import { Refusal, type RefusalCode, refusalKinds } from '../../../manager/core/refusal.ts';
import { installProblems } from '../../../manager/http/problems.ts';
import { readTables, tableUnder } from './markdown-table.ts';
import { readPage } from './pages.ts';

const page = readPage('docs/errors.md');
const codes = Object.keys(refusalKinds) as RefusalCode[];

/** What the manager really answers. */
async function statusOf(code: RefusalCode): Promise<number> {
  const app = fastify();
  installProblems(app, () => {}, {
    state: () => 'up',
    confirm: async () => true,
    upSince: () => 0,
    refusedWrite: () => undefined,
  });
  app.get('/', async () => {
    throw new Refusal(code, 'detail', 'remedy');
  });
  const { statusCode } = await app.inject('/');
  await app.close();
  return statusCode;
}

describe('the page about errors', () => {
  it('lists exactly the refusals that the code knows', () => {
    expect(tableUnder(page, 'Refusals').rows.map(([code]) => code)).toEqual(codes);
  });

  it.each(codes)('gives the refusal %s the status that the manager answers, a meaning and a remedy', async (code) => {
    const [, status, meaning, remedy] = tableUnder(page, 'Refusals').rows.find(([listed]) => listed === code) ?? [];
    expect(status).toBe(String(await statusOf(code)));
    expect(meaning).not.toBe('');
    expect(remedy).not.toBe('');
  });

  it('names every verdict, and only failure codes that exist', () => {
    const [verdicts, frequent] = readTables(page).filter(({ heading }) => heading === 'Failures');
    const known = new Set<string>(Object.values(failureVerdicts));
    expect(verdicts?.rows.map(([verdict]) => verdict).sort()).toEqual([...known].sort());
    const named = frequent?.rows.flatMap(([cell]) => (cell ?? '').replaceAll('`', '').split(', ')) ?? [];
    expect(named.filter((code) => !Object.hasOwn(failureVerdicts, code))).toEqual([]);
  });
});
