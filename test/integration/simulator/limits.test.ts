import { describe, expect, it, vi } from 'vitest';
import { startSimulator } from '../../support/simulator.ts';
import { call, createChange } from './client.ts';

const incidents = '/api/now/table/incident';

describe('a rate limit', () => {
  it('is told with every answer, refuses what is above it and ends with the hour', async () => {
    await using simulator = await startSimulator({ rateLimitPerHour: 2 });
    const first = await call(simulator, 'GET', incidents);
    expect(first.headers.get('x-ratelimit-limit')).toBe('2');
    expect(Number(first.headers.get('x-ratelimit-reset')) % 3600).toBe(0);
    expect(first.headers.get('x-ratelimit-rule')).toMatch(/^[0-9a-f]{32}$/);
    expect(first.headers.has('x-ratelimit-remaining')).toBe(false);
    await call(simulator, 'GET', incidents);
    const refused = await call(simulator, 'GET', incidents);
    expect(refused.status).toBe(429);
    expect(refused.json).toEqual({
      error: { message: 'Rate limit exceeded', detail: 'Rate limit of 2 requests per hour for Table API exceeded' },
      status: 'failure',
    });
    const wait = Number(refused.headers.get('retry-after'));
    expect(wait).toBeGreaterThan(0);
    expect((await call(simulator, 'GET', incidents, { user: 'itil_only' })).status).toBe(200);
    simulator.world.changeSettings({ clockSkewSeconds: wait });
    expect((await call(simulator, 'GET', incidents)).status).toBe(200);
  });

  it('is of a window that can be shorter, and none by default', async () => {
    await using simulator = await startSimulator();
    expect((await call(simulator, 'GET', incidents)).headers.has('x-ratelimit-limit')).toBe(false);
    simulator.world.changeSettings({ rateLimitPerHour: 1, rateLimitWindowSeconds: 10 });
    const { headers } = await call(simulator, 'GET', incidents);
    expect(Number(headers.get('x-ratelimit-reset')) * 1000 - Date.now()).toBeLessThanOrEqual(11_000);
  });
});

describe('threads', () => {
  it('are waited for, and a full queue refuses with 429 and no headers (trap 45)', async () => {
    await using simulator = await startSimulator({ apiThreads: 1, apiQueue: 1 });
    await simulator.setFault({ mode: 'slow', delayMs: 600_000, remaining: 1 });
    const working = call(simulator, 'GET', incidents);
    await vi.waitFor(async () => expect((await simulator.requests()).total).toBe(1));
    const waiting = call(simulator, 'GET', incidents);
    await vi.waitFor(async () => expect((await simulator.requests()).total).toBe(2));
    const refused = await call(simulator, 'GET', incidents);
    expect([refused.status, refused.text]).toEqual([429, '']);
    expect([...refused.headers.keys()].filter((name) => /ratelimit|retry/.test(name))).toEqual([]);
    await simulator.setFault({ mode: 'none' });
    expect((await working).status).toBe(200);
    const waited = await waiting;
    expect(waited.status).toBe(200);
    expect(waited.headers.get('server-timing')).toMatch(/sem_wait;dur=[1-9]/);
    expect((await simulator.requests()).mostAtOnce).toBe(3);
  });

  it('are not kept by a client that went away while it waited', async () => {
    await using simulator = await startSimulator({ apiThreads: 1 });
    await simulator.setFault({ mode: 'slow', delayMs: 600_000, remaining: 1 });
    const working = call(simulator, 'GET', incidents);
    await vi.waitFor(async () => expect((await simulator.requests()).total).toBe(1));
    const patience = new AbortController();
    const waiting = call(simulator, 'GET', incidents, { signal: patience.signal });
    await vi.waitFor(async () => expect((await simulator.requests()).total).toBe(2));
    patience.abort();
    await expect(waiting).rejects.toThrow('aborted');
    await simulator.setFault({ mode: 'none' });
    await working;
    expect((await call(simulator, 'GET', incidents)).status).toBe(200);
  });

  it('leave a client that asks one by one at one at once', async () => {
    await using simulator = await startSimulator();
    for (let n = 0; n < 5; n += 1) await createChange(simulator);
    expect((await simulator.requests()).mostAtOnce).toBe(1);
  });
});

describe('a quota', () => {
  it('cancels what takes longer, though its work is done (trap 7)', async () => {
    await using simulator = await startSimulator({ quotaSeconds: 0.03 });
    await simulator.setFault({ mode: 'slow', delayMs: 600_000 });
    const { status, json } = await call(simulator, 'POST', incidents, { body: { short_description: 'x' } });
    expect(status).toBe(500);
    expect(json).toMatchObject({ error: { message: 'Transaction cancelled: maximum execution time exceeded' } });
    expect(await simulator.rows('incident')).toHaveLength(1);
  });
});

describe('a hibernating instance', () => {
  it('is slow at first when it was woken', async () => {
    await using simulator = await startSimulator({ slowFirstRequests: 2, slowFirstMs: 30 });
    await simulator.setFault({ mode: 'hibernating' });
    const woken = await call(simulator, 'POST', '/simulator/wake');
    expect(woken.json).toEqual({ mode: 'slow', remaining: 2, delayMs: 30 });
    const start = performance.now();
    for (let n = 0; n < 2; n += 1) expect((await call(simulator, 'GET', incidents)).status).toBe(200);
    expect(performance.now() - start).toBeGreaterThan(50);
    expect((await call(simulator, 'GET', '/simulator/faults')).json).toEqual({ mode: 'none' });
    expect((await call(simulator, 'POST', '/simulator/wake')).status).toBe(409);
  });
});
