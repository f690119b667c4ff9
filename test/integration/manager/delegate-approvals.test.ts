import { describe, expect, it } from 'vitest';
import { readParams, serve, startDispatchWorld } from '../../support/dispatch-world.ts';
import { startTestManager, startTestRedis } from '../../support/manager.ts';
import { ScriptedDelegate } from '../../support/scripted-delegate.ts';

const live = { kind: 'live' } as const;
const instanceId = '00000000-0000-4000-8000-000000000009';
const path = '/delegates/new.00000000';

/** Two managers on one Redis; the delegate is at the second. */
async function startWorld() {
  const owned = new AsyncDisposableStack();
  const redis = owned.use(await startTestRedis());
  const world = owned.use(await startDispatchWorld({ redis }));
  const there = owned.use(await startTestManager({ redis }));
  const { body } = await world.manager.call('POST', '/delegate-tokens', { name: 'careful', requiresApproval: true });
  expect(body.requiresApproval).toBe(true);
  const hello = { ...ScriptedDelegate.modern, name: 'new', instanceId };
  return {
    world,
    call: world.manager.call,
    join: async (change = {}) => {
      const delegate = await ScriptedDelegate.join(there.url, body.token, { ...hello, ...change }, live);
      return owned.use(delegate.keepAlive(100));
    },
    dial: async () => {
      const delegate = owned.use(await ScriptedDelegate.dial(there.url));
      delegate.send(delegate.hello(body.token, hello));
      return delegate;
    },
    stateOf: async (at = world.manager) => (await at.call('GET', path)).body.state,
    there,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

describe('a delegate whose token asks for an approval', () => {
  it('answers canaries and gets no work until an administrator approves it', async () => {
    await using site = await startWorld();
    const given = serve(await site.join());
    const { body: task } = await site.world.submit('ticket.read', readParams);
    await expect.poll(async () => (await site.call('GET', path)).body.lastCanaryAt).toBeDefined();
    expect((await site.call('GET', path)).body).toMatchObject({ state: 'pending', approval: 'pending' });
    const { body: why } = await site.call('GET', `/tasks/${task.id}/why`);
    expect(why.summary).toContain("waits for an administrator's approval");
    expect(why.delegates).toMatchObject([{ verdict: { kind: 'pending' } }]);
    expect(given).toEqual([]);
    expect((await site.call('POST', `${path}/approve`)).body).toMatchObject({ approval: 'approved' });
    expect((await site.world.ended(task.id)).state).toBe('succeeded');
    expect(given).toEqual([task.id]);
    await expect.poll(() => site.stateOf()).toBe('online');
    expect(await site.stateOf(site.there)).toBe('online');
  });

  it('stays approved in later sessions, with that instance id and no other', async () => {
    await using site = await startWorld();
    const first = await site.join();
    await site.call('POST', `${path}/approve`);
    await first[Symbol.asyncDispose]();
    const again = await site.join();
    await expect.poll(() => site.stateOf()).toBe('online');
    await again[Symbol.asyncDispose]();
    await site.join({ instanceId: '00000000-0000-4000-8000-00000000000a' });
    expect((await site.call('GET', path)).body).toMatchObject({ state: 'pending', approval: 'pending' });
  });

  it('is sent away when it is rejected, refused from then on, and welcome once it is approved after all', async () => {
    await using site = await startWorld();
    const delegate = await site.join();
    expect((await site.call('POST', `${path}/reject`)).body.approval).toBe('rejected');
    expect(await delegate.closed).toEqual({ code: 4411, reason: 'an administrator rejected this delegate' });
    expect((await (await site.dial()).closed).code).toBe(4411);
    expect((await site.call('GET', path)).body).toMatchObject({ state: 'offline', approval: 'rejected' });
    await site.call('POST', `${path}/approve`);
    await site.join();
    await expect.poll(() => site.stateOf()).toBe('online');
  });

  it('can be told only by an administrator, and only where an approval is asked for', async () => {
    await using site = await startWorld();
    await site.world.joinModern('plain', live);
    const items = (await site.call('GET', '/delegates')).body.items;
    expect(items[0]).not.toHaveProperty('approval');
    expect(await site.call('POST', `/delegates/${items[0].id}/approve`)).toMatchObject({
      status: 409,
      body: { code: 'delegate-approval-not-needed' },
    });
    expect((await site.call('POST', '/delegates/nobody.1/reject')).body.code).toBe('delegate-not-found');
    const { body: operator } = await site.call('POST', '/api-tokens', { name: 'op', role: 'operator' });
    const refused = await site.call('POST', `${path}/approve`, undefined, { token: operator.token });
    expect(refused.body.code).toBe('role-insufficient');
  });
});
