import { describe, expect, it } from 'vitest';
import { InstanceBudget } from '../../../manager/core/instance-budget.ts';
import { type InstanceLoad, type LoadNews, unloaded } from '../../../manager/core/instance-load.ts';

const now = 1_000_000;
const share = { baseUrl: 'https://example.service-now.com/', isBackground: false };
const refused: LoadNews = { requests: 1, rateLimit: undefined, rateLimited: { retryAfterMs: 60_000 } };

/** A budget whose store answers when the test says so. */
function startBudget() {
  const read = Promise.withResolvers<InstanceLoad>();
  const changed = Promise.withResolvers<InstanceLoad>();
  const budget = new InstanceBudget({
    store: { load: () => read.promise, change: () => changed.promise },
    notices: { subscribe: () => () => {}, publish: () => {} },
    clock: { now: () => now, setTimer: () => () => {} },
    log: { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} },
    onFreed: () => {},
  });
  return { budget, read, changed };
}

describe('a pause', () => {
  it('is not undone by a reading that began before it', async () => {
    const { budget, read } = startBudget();
    expect(budget.holdFor(share)).toBeUndefined();
    budget.learn(share.baseUrl, refused);
    read.resolve(unloaded);
    await read.promise;
    expect(budget.holdFor(share)).toMatchObject({ untilMs: now + 60_000 });
  });

  it('is not undone by the answer to a change before it', async () => {
    const { budget, changed } = startBudget();
    budget.learn(share.baseUrl, { ...refused, rateLimit: { limit: 100, resetInMs: 1_000 }, rateLimited: undefined });
    budget.learn(share.baseUrl, refused);
    changed.resolve(unloaded);
    await changed.promise;
    expect(budget.holdFor(share)).toMatchObject({ untilMs: now + 60_000 });
  });
});
