import { describe, expect, it, vi } from 'vitest';
import { faultModeNames } from '../../../simulator/faults.ts';
import { type RunningSimulator, startSimulator } from '../../support/simulator.ts';
import { call, createChange } from './client.ts';

const changes = '/api/now/table/change_request';

const changesIn = async (simulator: RunningSimulator) => (await simulator.rows('change_request')).length;
const create = (simulator: RunningSimulator, signal?: AbortSignal) =>
  call(simulator, 'POST', changes, { body: { short_description: 'Deploy' }, ...(signal ? { signal } : {}) });

describe('a fault', () => {
  it.each([
    ['hibernating', 200, 'text/html;charset=UTF-8', 'class="instance-hibernating-page"'],
    ['maintenance', 503, 'text/html;charset=UTF-8', 'maintenance'],
    ['bad-gateway', 502, 'text/html;charset=UTF-8', '502 Bad Gateway'],
    ['login-page-200', 200, 'text/html;charset=UTF-8', 'id="loginPage"'],
    ['foreign-page', 200, 'text/html;charset=UTF-8', 'This web server works'],
    ['foreign-json', 200, 'application/json;charset=UTF-8', '"version"'],
    ['rate-limited', 429, 'application/json;charset=UTF-8', 'Rate limit exceeded'],
    ['busy', 429, null, ''],
    ['server-error', 500, 'application/json;charset=UTF-8', 'Transaction cancelled: maximum execution time exceeded'],
  ] as const)('%s answers every verb with %i and does nothing', async (mode, status, type, text) => {
    await using simulator = await startSimulator();
    await simulator.setFault({ mode });
    for (const [method, path] of [
      ['GET', changes],
      ['POST', changes],
      ['DELETE', `${changes}/x`],
      ['POST', '/oauth_token.do'],
      ['GET', '/no/such/path'],
    ] as const) {
      const called = await call(simulator, method, path, method === 'POST' ? { body: {} } : {});
      expect([called.status, called.headers.get('content-type')]).toEqual([status, type]);
      expect(called.text).toContain(text);
      expect(called.headers.has('x-transaction-id')).toBe(false);
    }
    expect(await changesIn(simulator)).toBe(0);
  });

  it('login-page redirects to a page that answers 200 HTML', async () => {
    await using simulator = await startSimulator();
    await simulator.setFault({ mode: 'login-page' });
    const first = await call(simulator, 'GET', changes);
    expect([first.status, first.headers.get('location')]).toEqual([302, '/login.do']);
    const second = await call(simulator, 'GET', '/login.do');
    expect([second.status, second.headers.get('content-type')]).toEqual([200, 'text/html;charset=UTF-8']);
  });

  it('rate-limited tells when to come back, busy does not', async () => {
    await using simulator = await startSimulator();
    await simulator.setFault({ mode: 'rate-limited', retryAfterSeconds: 7 });
    const limited = await call(simulator, 'GET', changes);
    expect(limited.headers.get('retry-after')).toBe('7');
    expect(limited.headers.get('x-ratelimit-limit')).toBe('100');
    expect(Number(limited.headers.get('x-ratelimit-reset')) * 1000).toBeGreaterThan(Date.now());
    expect(limited.headers.get('x-ratelimit-rule')).toMatch(/^[0-9a-f]{32}$/);
    expect(limited.headers.has('x-ratelimit-remaining')).toBe(false);
    await simulator.setFault({ mode: 'busy' });
    const busy = await call(simulator, 'GET', changes);
    expect([...busy.headers.keys()].filter((name) => /ratelimit|retry/.test(name))).toEqual([]);
  });

  it('truncated-json does the work and answers 200 with a body that does not parse', async () => {
    await using simulator = await startSimulator();
    await simulator.setFault({ mode: 'truncated-json' });
    const created = await create(simulator);
    const read = await call(simulator, 'GET', changes);
    for (const { status, json, text } of [created, read]) {
      expect([status, json]).toEqual([200, undefined]);
      expect(text).toContain('Transaction cancelled');
    }
    expect(await changesIn(simulator)).toBe(1);
  });

  it('commit-then-500 writes and answers an error; a read in between is not struck', async () => {
    await using simulator = await startSimulator();
    await simulator.setFault({ mode: 'commit-then-500', remaining: 1 });
    expect((await call(simulator, 'GET', changes)).status).toBe(200);
    const { status, json, headers } = await create(simulator);
    expect(status).toBe(500);
    expect(json).toMatchObject({ error: { message: 'Transaction cancelled: maximum execution time exceeded' } });
    expect(headers.has('location')).toBe(false);
    expect(await changesIn(simulator)).toBe(1);
    expect((await create(simulator)).status).toBe(201);
  });

  it('commit-then-500 lets a refusal be a refusal: nothing was written', async () => {
    await using simulator = await startSimulator();
    await simulator.setFault({ mode: 'commit-then-500' });
    expect((await call(simulator, 'POST', changes, { user: 'noroles', body: {} })).status).toBe(403);
  });

  it('commit-then-reset writes and destroys the socket', async () => {
    await using simulator = await startSimulator();
    await simulator.setFault({ mode: 'commit-then-reset', remaining: 1 });
    await expect(create(simulator)).rejects.toThrow('fetch failed');
    expect(await changesIn(simulator)).toBe(1);
  });

  it('commit-then-hang writes and answers when the fault is cleared', async () => {
    await using simulator = await startSimulator();
    await simulator.setFault({ mode: 'commit-then-hang' });
    const answer = create(simulator);
    await vi.waitFor(async () => expect(await changesIn(simulator)).toBe(1));
    await simulator.setFault({ mode: 'none' });
    expect((await answer).status).toBe(201);
  });

  it('commit-then-hang writes and lets a client go that gives up', async () => {
    await using simulator = await startSimulator();
    await simulator.setFault({ mode: 'commit-then-hang', remaining: 1 });
    const patience = new AbortController();
    const answer = create(simulator, patience.signal);
    await vi.waitFor(async () => expect(await changesIn(simulator)).toBe(1));
    patience.abort();
    await expect(answer).rejects.toThrow('aborted');
    expect((await create(simulator)).status).toBe(201);
  });

  it('does not keep a closing simulator from closing while an answer hangs', async () => {
    const simulator = await startSimulator();
    await simulator.setFault({ mode: 'commit-then-hang' });
    const answer = expect(create(simulator)).rejects.toThrow('fetch failed');
    await vi.waitFor(async () => expect(await changesIn(simulator)).toBe(1));
    await simulator[Symbol.asyncDispose]();
    await answer;
  });

  it('does not keep a closing simulator from closing while an answer is slow', async () => {
    const simulator = await startSimulator();
    await simulator.setFault({ mode: 'slow', delayMs: 600_000 });
    const answer = expect(create(simulator)).rejects.toThrow('fetch failed');
    await vi.waitFor(async () => expect((await simulator.requests()).total).toBe(1));
    await simulator[Symbol.asyncDispose]();
    await answer;
  });

  it('slow answers after the delay and not before', async () => {
    await using simulator = await startSimulator();
    await simulator.setFault({ mode: 'slow', delayMs: 60 });
    const start = performance.now();
    expect((await create(simulator)).status).toBe(201);
    expect(performance.now() - start).toBeGreaterThan(50);
  });

  it('unavailable-reset destroys the socket and does nothing', async () => {
    await using simulator = await startSimulator();
    await simulator.setFault({ mode: 'unavailable-reset', remaining: 1 });
    await expect(create(simulator)).rejects.toThrow('fetch failed');
    expect(await changesIn(simulator)).toBe(0);
    expect((await create(simulator)).status).toBe(201);
  });

  it('ignore-writes answers as if it had written, and nothing changes', async () => {
    await using simulator = await startSimulator();
    const { sys_id } = await createChange(simulator);
    const before = await simulator.rows('change_request');
    await simulator.setFault({ mode: 'ignore-writes' });
    expect((await create(simulator)).status).toBe(201);
    const patched = await call(simulator, 'PATCH', `${changes}/${sys_id}`, { body: { risk: '2', work_notes: 'x' } });
    expect([patched.status, patched.record.risk]).toEqual([200, '3']);
    expect((await call(simulator, 'DELETE', `${changes}/${sys_id}`)).status).toBe(204);
    expect(await simulator.rows('change_request')).toEqual(before);
    expect(await simulator.rows('sys_journal_field')).toEqual([]);
  });

  it('strikes the next so many requests and then ends by itself', async () => {
    await using simulator = await startSimulator();
    await simulator.setFault({ mode: 'server-error', remaining: 2 });
    const statuses: number[] = [];
    for (let n = 0; n < 3; n += 1) statuses.push((await call(simulator, 'GET', changes)).status);
    expect(statuses).toEqual([500, 500, 200]);
  });

  it('strikes only the method and the path that it is limited to', async () => {
    await using simulator = await startSimulator();
    await simulator.setFault({ mode: 'server-error', method: 'GET', path: '/table/*_request' });
    expect((await call(simulator, 'GET', changes)).status).toBe(500);
    expect((await call(simulator, 'GET', '/api/now/table/incident')).status).toBe(200);
    expect((await create(simulator)).status).toBe(201);
  });

  it.each(faultModeNames)('%s leaves the page under /simulator/ and the control API as they are', async (mode) => {
    await using simulator = await startSimulator();
    const { number } = await createChange(simulator);
    await simulator.setFault({ mode });
    const page = await call(simulator, 'GET', '/simulator/', { user: '' });
    expect(page.status).toBe(200);
    expect(page.text).toContain(number);
    await simulator.approve(number);
  });

  it.each(['hibernating', 'login-page', 'maintenance'] as const)('%s captures the root too', async (mode) => {
    await using simulator = await startSimulator();
    await simulator.setFault({ mode });
    expect((await call(simulator, 'GET', '/', { user: '' })).text).not.toContain('ServiceNow simulator');
  });
});
