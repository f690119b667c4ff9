import { describe, expect, it } from 'vitest';
import { failure } from '#protocol/failure.ts';
import { finish, readParams, startDispatchWorld } from '../../support/dispatch-world.ts';
import { startTestManager, startTestRedis, type TestManager } from '../../support/manager.ts';

const shop = { applications: ['shop'], environments: 'all' };
const shopProduction = { applications: ['shop'], environments: ['production'] };
const pay = { applications: ['pay'], environments: 'all' };
const everywhere = { applications: 'all', environments: 'all' };

async function tokenFor(manager: TestManager, role: string, scope?: object): Promise<string> {
  const name = `${role} ${JSON.stringify(scope)}`.replaceAll(/[^a-z]+/g, '-').slice(0, 80);
  const { body } = await manager.call('POST', '/api-tokens', { name, role, scope });
  return body.token;
}

function connector(name: string, ...secrets: string[]): object {
  const [secret, clientSecret] = secrets;
  const authentication =
    clientSecret === undefined
      ? { kind: 'api-key', apiKey: { secret } }
      : {
          kind: 'oauth-refresh-token',
          clientId: 'c',
          refreshToken: { secret },
          clientSecret: { secret: clientSecret },
        };
  return { name, baseUrl: `https://${name}.service-now.com/`, authentication };
}

const store = '/connectors?skipValidation=true';

describe("a secret's scope", () => {
  it('is the default of the manager unless one within it is given', async () => {
    await using manager = await startTestManager({
      defaultScope: { applications: ['shop', 'pay'], environments: 'all' },
    });
    const { body } = await manager.call('PUT', '/secrets/a', { value: 'x' });
    expect(body.scope).toEqual({ applications: ['shop', 'pay'], environments: 'all' });
    expect((await manager.call('PUT', '/secrets/b', { value: 'x', scope: shop })).body.scope).toEqual(shop);
    const wide = await manager.call('PUT', '/secrets/c', { value: 'x', scope: everywhere });
    expect(wide).toMatchObject({ status: 400, body: { code: 'scope-too-wide', faults: [{ path: '/scope' }] } });
    expect(wide.body.detail).toContain('all applications in all environments');
    expect(wide.body.detail).toContain('applications shop, pay in all environments');
    expect((await manager.call('GET', '/secrets/c')).status).toBe(404);
  });

  it('may be narrowed and never widened, by whichever manager, and what is left out stays', async () => {
    await using redis = await startTestRedis();
    await using first = await startTestManager({ redis });
    await using second = await startTestManager({ redis });
    await first.call('PUT', '/secrets/pw', { value: 'x', scope: shop });
    // So that the second manager remembers it as it was.
    expect((await second.call('GET', '/secrets/pw')).body.scope).toEqual(shop);
    await first.call('PUT', '/secrets/pw', { scope: shopProduction });
    expect(await second.call('PUT', '/secrets/pw', { scope: shop })).toMatchObject({
      status: 400,
      body: { code: 'scope-too-wide', remedy: expect.stringContaining('another secret') },
    });
    expect((await second.call('PUT', '/secrets/pw', { value: 'y' })).body.scope).toEqual(shopProduction);
    expect((await first.call('PUT', '/secrets/pw', { scope: pay })).body.code).toBe('scope-too-wide');
    const together = await Promise.all(
      ['production/a', 'production/b'].map((environment, index) =>
        (index === 0 ? first : second).call('PUT', '/secrets/pw', { scope: { ...shop, environments: [environment] } }),
      ),
    );
    expect(together.map(({ status }) => status).sort()).toEqual([200, 400]);
  });

  it('must lie within that of the token that stores, changes or deletes it', async () => {
    await using manager = await startTestManager();
    const token = await tokenFor(manager, 'admin', shop);
    await manager.call('PUT', '/secrets/everywhere', { value: 'x' });
    await manager.call('PUT', '/secrets/pay', { value: 'x', scope: pay });
    const call = async (method: string, path: string, body?: object) => {
      const answer = await manager.call(method, path, body, { token });
      return answer.body?.code ?? answer.status;
    };
    expect(await call('PUT', '/secrets/new', { value: 'x' })).toBe('scope-refused');
    expect(await call('PUT', '/secrets/new', { value: 'x', scope: pay })).toBe('scope-refused');
    expect(await call('PUT', '/secrets/everywhere', { value: 'y' })).toBe('scope-refused');
    expect(await call('PUT', '/secrets/everywhere', { scope: shop })).toBe('scope-refused');
    expect(await call('PUT', '/secrets/pay', { value: 'y' })).toBe('scope-refused');
    expect(await call('DELETE', '/secrets/pay')).toBe('scope-refused');
    expect(await call('PUT', '/secrets/new', { value: 'x', scope: shopProduction })).toBe(200);
    expect(await call('DELETE', '/secrets/new')).toBe(204);
  });
});

describe("a connector's scope", () => {
  it('is that of its secret as it is now, the narrower of two', async () => {
    await using manager = await startTestManager();
    await manager.call('PUT', '/secrets/wide', { value: 'x' });
    await manager.call('PUT', '/secrets/shop', { value: 'x', scope: shop });
    await manager.call('PUT', '/secrets/pay', { value: 'x', scope: pay });
    expect((await manager.call('POST', store, connector('one', 'wide'))).body.scope).toEqual(everywhere);
    expect((await manager.call('POST', store, connector('two', 'wide', 'shop'))).body.scope).toEqual(shop);
    const apart = await manager.call('POST', store, connector('three', 'pay', 'shop'));
    expect(apart).toMatchObject({ status: 409, body: { code: 'connector-scopes-apart' } });
    expect(apart.body.detail).toContain('"pay" is for application pay');
    expect((await manager.call('POST', store, { ...connector('four', 'wide'), scope: pay })).status).toBe(400);
    await manager.call('PUT', '/secrets/wide', { scope: pay });
    expect((await manager.call('GET', '/connectors/one')).body.scope).toEqual(pay);
    expect((await manager.call('GET', '/connectors/two')).body.scope).toBeUndefined();
    const task = { type: 'connection.test', connector: 'two', params: {} };
    expect((await manager.call('POST', '/tasks', task)).body.code).toBe('connector-scopes-apart');
  });

  it('must admit the token in every way of using it', async () => {
    await using manager = await startTestManager();
    await manager.call('PUT', '/secrets/shop', { value: 'x', scope: shopProduction });
    await manager.call('POST', store, connector('dev', 'shop'));
    const { body: task } = await manager.call('POST', '/tasks', {
      type: 'ticket.read',
      connector: 'dev',
      params: readParams,
    });
    const approval = { connector: 'dev', table: 'change_request', number: 'CHG1', approve: 'state = 1' };
    const uses: [string, string, object?][] = [
      ['POST', store, connector('new', 'shop')],
      ['PUT', '/connectors/dev?skipValidation=true', connector('dev', 'shop')],
      ['POST', '/connectors/test', connector('new', 'shop')],
      ['POST', '/connectors/dev/test'],
      ['DELETE', '/connectors/dev'],
      ['POST', '/tasks', { type: 'ticket.read', connector: 'dev', params: readParams }],
      ['POST', '/tasks/why', { type: 'ticket.read', connector: 'dev' }],
      ['GET', `/tasks/${task.id}/why`],
      ['POST', '/approvals', approval],
      ['GET', '/connectors/dev/metadata/tables'],
      ['GET', '/connectors/dev/metadata/tables/incident/fields'],
      ['GET', '/connectors/dev/metadata/templates'],
    ];
    const strangers = await tokenFor(manager, 'admin', pay);
    for (const [method, path, sent] of uses) {
      const { status, body } = await manager.call(method, path, sent, { token: strangers });
      expect({ path, status, code: body.code }).toEqual({ path, status: 403, code: 'scope-refused' });
      expect(body.detail).toMatch(
        /^connector "(dev|new)" is for application shop in production; the token ".+" is for application pay in all environments$/,
      );
      expect(body.remedy).toContain('administrator');
    }
    const wider = await tokenFor(manager, 'pipeline', shop);
    expect((await manager.call('POST', '/approvals', approval, { token: wider })).body.code).toBe('scope-refused');
    const own = await tokenFor(manager, 'pipeline', { ...shop, environments: ['production/eu'] });
    expect((await manager.call('POST', '/approvals', approval, { token: own })).status).toBe(201);
    expect((await manager.call('GET', `/tasks/${task.id}/why`, undefined, { token: own })).status).toBe(200);
  });

  it('keeps a limited administrator from changing or deleting what others use', async () => {
    await using manager = await startTestManager();
    await manager.call('PUT', '/secrets/wide', { value: 'x' });
    await manager.call('POST', store, connector('all', 'wide'));
    const token = await tokenFor(manager, 'admin', shop);
    const call = async (method: string, path: string, body?: object) =>
      (await manager.call(method, path, body, { token })).status;
    expect(await call('POST', '/tasks/why', { type: 'ticket.read', connector: 'all' })).toBe(200);
    expect(await call('PUT', '/connectors/all?skipValidation=true', connector('all', 'wide'))).toBe(403);
    expect(await call('DELETE', '/connectors/all')).toBe(403);
  });
});

describe('an API token', () => {
  it('can make no token with more than it has, nor revoke one', async () => {
    await using manager = await startTestManager();
    const token = await tokenFor(manager, 'admin', shop);
    const create = (body: object, path = '/api-tokens') => manager.call('POST', path, body, { token });
    for (const scope of [undefined, pay, everywhere])
      expect(await create({ name: 'a', role: 'viewer', scope })).toMatchObject({
        status: 403,
        body: { code: 'scope-refused' },
      });
    expect(await create({ name: 'd' }, '/delegate-tokens')).toMatchObject({ status: 403 });
    expect(await create({ name: 'a', role: 'admin', scope: shopProduction })).toMatchObject({
      status: 201,
      body: { scope: shopProduction },
    });
    expect((await manager.call('DELETE', '/api-tokens/admin', undefined, { token })).status).toBe(403);
    expect((await manager.call('DELETE', '/api-tokens/a', undefined, { token })).status).toBe(200);
  });
});

describe('a secret in use', () => {
  it('is not deleted while an approval waits that reads with it, though its connector has another one', async () => {
    await using manager = await startTestManager();
    for (const name of ['old', 'new']) await manager.call('PUT', `/secrets/${name}`, { value: 'x' });
    await manager.call('POST', store, connector('dev', 'old'));
    const approval = { connector: 'dev', table: 'change_request', number: 'CHG1', approve: 'state = 1' };
    const { id } = (await manager.call('POST', '/approvals', approval)).body;
    await manager.call('PUT', '/connectors/dev?skipValidation=true', connector('dev', 'new'));
    const refused = await manager.call('DELETE', '/secrets/old');
    expect(refused).toMatchObject({
      status: 409,
      body: { code: 'secret-in-use', detail: expect.stringContaining(id) },
    });
    await manager.call('DELETE', `/approvals/${id}`);
    expect((await manager.call('DELETE', '/secrets/old')).status).toBe(204);
  });
});

describe('how a connector logs in', () => {
  it('is refused by the form of its kind alone', async () => {
    await using manager = await startTestManager();
    const authentication = { kind: 'oauth-client-credentials', clientId: 'c' };
    const answer = await manager.call('POST', store, { ...connector('dev', 's'), authentication });
    const faults = [{ path: '/authentication/clientSecret', message: 'is missing' }];
    expect(answer).toMatchObject({ status: 400, body: { code: 'invalid-request', faults } });
  });
});

describe('metadata', () => {
  const taskTypes = ['metadata.read'];
  const tables = [{ name: 'incident', label: 'Incident', kind: 'ticket' }];

  it('is read by one task for all who ask at once, and remembered', async () => {
    await using world = await startDispatchWorld();
    const delegate = await world.join('a', { taskTypes });
    const ask = (query = '') => world.manager.call('GET', `/connectors/snow/metadata/tables${query}`);
    const asked = [ask(), ask(), ask('?refresh=true')];
    const assigned = await delegate.next('task.assign');
    expect([assigned.taskType, assigned.params]).toEqual(['metadata.read', { what: 'tables' }]);
    finish(delegate, assigned, { kind: 'succeeded', result: { tables, warnings: ['no staging tables'] } });
    for (const { status, body } of await Promise.all(asked)) {
      expect(status).toBe(200);
      expect(body).toMatchObject({ items: tables, warnings: ['no staging tables'], taskId: assigned.taskId });
    }
    expect((await ask()).body.taskId).toBe(assigned.taskId);
    const again = ask('?refresh=true');
    const second = await delegate.next('task.assign');
    finish(delegate, second, { kind: 'succeeded', result: { tables: [], warnings: [] } });
    expect((await again).body).toMatchObject({ items: [], taskId: second.taskId });
  });

  it('is asked for each table by itself, and of a connector and its secret as they are now', async () => {
    await using world = await startDispatchWorld();
    const delegate = await world.join('a', { taskTypes });
    const ids: string[] = [];
    const read = async (table: string) => {
      const asked = world.manager.call('GET', `/connectors/snow/metadata/tables/${table}/fields`);
      const assigned = await delegate.next('task.assign');
      expect(assigned.params).toEqual({ what: 'fields', table });
      finish(delegate, assigned, { kind: 'succeeded', result: { fields: [], warnings: [] } });
      ids.push((await asked).body.taskId);
    };
    await read('incident');
    await read('problem');
    const edited = {
      ...connector('snow', 'pw'),
      authentication: { kind: 'basic', username: 'v', password: { secret: 'pw' } },
    };
    await world.manager.call('PUT', '/connectors/snow?skipValidation=true', edited);
    await read('incident');
    await world.manager.call('PUT', '/secrets/pw', { value: 'of another user' });
    await read('incident');
    expect(new Set(ids).size).toBe(4);
    expect((await world.manager.call('GET', '/connectors/snow/metadata/tables/a^b/fields')).status).toBe(400);
  });

  it('that cannot be read is refused with the task and its remedy, and asked for anew', async () => {
    await using world = await startDispatchWorld();
    const delegate = await world.join('a', { taskTypes });
    for (let n = 0; n < 2; n += 1) {
      const asked = world.manager.call('GET', '/connectors/snow/metadata/templates');
      const assigned = await delegate.next('task.assign');
      finish(delegate, assigned, {
        kind: 'failed',
        failure: failure('servicenow-forbidden', 'no right', 'give a role'),
      });
      expect(await asked).toMatchObject({
        status: 422,
        body: {
          code: 'metadata-unreadable',
          detail: expect.stringContaining('no right'),
          remedy: 'give a role',
          task: { id: assigned.taskId, state: 'failed' },
        },
      });
    }
  });
});
