import { describe, expect, it } from 'vitest';
import { ApiError, UnreachableError } from '../../../cli/api-errors.ts';
import { persist } from '../../../cli/persist.ts';

const away = new UnreachableError('the manager is away', 'start it', false);
const never = Number.MAX_SAFE_INTEGER;

function run(outcomes: (Error | string)[], untilMs = never) {
  const news: string[] = [];
  const pauses: number[] = [];
  const call = async () => {
    const next = outcomes.shift() ?? 'done';
    if (next instanceof Error) throw next;
    return next;
  };
  const result = persist(
    call,
    untilMs,
    (line) => news.push(line),
    async (ms) => {
      pauses.push(ms);
    },
  );
  return { result, news, pauses };
}

describe('persisting', () => {
  it('repeats while the manager is away, ever slower, and tells that it is away and back once each', async () => {
    const { result, news, pauses } = run([away, away, away, away, away, away, 'done']);
    expect(await result).toBe('done');
    expect(pauses).toEqual([250, 500, 1_000, 2_000, 4_000, 5_000]);
    expect(news).toEqual([expect.stringContaining('the manager is away; trying again'), 'the manager answers again']);
  });

  it('repeats while Redis is away, and never what was refused for good', async () => {
    const problem = { code: 'x', detail: 'x', remedy: 'x' };
    expect(await run([new ApiError({ ...problem, status: 503 })]).result).toBe('done');
    await expect(run([new ApiError({ ...problem, status: 404 })]).result).rejects.toThrow('x');
    await expect(run([new TypeError('a fault of ours')]).result).rejects.toThrow('a fault of ours');
  });

  it('gives up in the end', async () => {
    await expect(run([away], Date.now()).result).rejects.toBe(away);
  });
});
