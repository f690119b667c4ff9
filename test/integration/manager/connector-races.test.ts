import { describe, expect, it } from 'vitest';
import { finish, startDispatchWorld } from '../../support/dispatch-world.ts';
import { startTestManager, startTestRedis } from '../../support/manager.ts';

const shop = { applications: ['shop'], environments: 'all' };
const pay = { applications: ['pay'], environments: 'all' };
const passed = { kind: 'succeeded', result: { findings: [] } } as const;
const untested = '?skipValidation=true';

function connector(name: string, secret: string): object {
  return {
    name,
    baseUrl: 'https://example.service-now.com/',
    authentication: { kind: 'basic', username: 'u', password: { secret } },
  };
}

/** A shop's administrator, a connector of the shop's, and a delegate whose tests end when the test says so. */
async function startRace(settings: Parameters<typeof startDispatchWorld>[0] = {}) {
  const world = await startDispatchWorld(settings);
  const { manager } = world;
  await manager.call('PUT', '/secrets/shop-key', { value: 'x', scope: shop });
  await manager.call('POST', `/connectors${untested}`, connector('dev', 'shop-key'));
  const token = (await manager.call('POST', '/api-tokens', { name: 'shop', role: 'admin', scope: shop })).body.token;
  return { world, manager, token, delegate: await world.join() };
}

describe('a connector that is changed while a change of it is tested', () => {
  it('stays as it was changed, by whichever manager, and the slower one is told', async () => {
    await using redis = await startTestRedis();
    await using second = await startTestManager({ redis });
    const { world, manager, token, delegate } = await startRace({ redis });
    await using _world = world;
    const slow = manager.call('PUT', '/connectors/dev', connector('dev', 'shop-key'), { token });
    const assigned = await delegate.next('task.assign');
    expect((await second.call('PUT', `/connectors/dev${untested}`, connector('dev', 'pw'))).status).toBe(200);
    finish(delegate, assigned, passed);
    expect(await slow).toMatchObject({ status: 409, body: { code: 'connector-changed' } });
    expect((await manager.call('GET', '/connectors/dev')).body.authentication.password).toEqual({ secret: 'pw' });
  });

  it('is stored when it was only tested by itself meanwhile', async () => {
    const { world, manager, delegate } = await startRace();
    await using _world = world;
    const slow = manager.call('PUT', '/connectors/dev', connector('prod', 'shop-key'));
    const assigned = await delegate.next('task.assign');
    const tested = manager.call('POST', '/connectors/dev/test');
    finish(delegate, await delegate.next('task.assign'), passed);
    expect((await tested).status).toBe(200);
    finish(delegate, assigned, passed);
    expect(await slow).toMatchObject({ status: 200, body: { name: 'prod', lastTest: { id: assigned.taskId } } });
    expect((await manager.call('GET', '/connectors/dev')).status).toBe(404);
  });

  it('is changed by one of two who store at once', async () => {
    const { world, manager } = await startRace();
    await using _world = world;
    const answers = await Promise.all(
      ['one', 'two'].map((name) => manager.call('PUT', `/connectors/dev${untested}`, connector(name, 'shop-key'))),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409]);
    const { items } = (await manager.call('GET', '/connectors')).body;
    expect(items.map(({ name }: { name: string }) => name)).toEqual([
      answers[0]?.status === 200 ? 'one' : 'two',
      'snow',
    ]);
  });
});

describe('a secret that changes while a connector that uses it is tested', () => {
  it.each([
    ['is deleted', 'secret-not-found', 404],
    ['is for others now', 'scope-refused', 403],
  ])('%s: the connector is not stored', async (_what, code, status) => {
    const { world, manager, token, delegate } = await startRace();
    await using _world = world;
    await manager.call('PUT', '/secrets/new-key', { value: 'x' });
    for (const [method, path] of [
      ['POST', '/connectors'],
      ['PUT', '/connectors/dev'],
    ] as const) {
      const slow = manager.call(method, path, connector('new', 'new-key'), { token });
      const assigned = await delegate.next('task.assign');
      if (code === 'secret-not-found') await manager.call('DELETE', '/secrets/new-key');
      else await manager.call('PUT', '/secrets/new-key', { scope: pay });
      finish(delegate, assigned, passed);
      expect(await slow).toMatchObject({ status, body: { code } });
      expect((await manager.call('GET', '/connectors/new')).status).toBe(404);
      await manager.call('DELETE', '/secrets/new-key');
      await manager.call('PUT', '/secrets/new-key', { value: 'x' });
    }
  });
});
