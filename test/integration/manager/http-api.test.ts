import { describe, expect, it } from 'vitest';
import { startDispatchWorld } from '../../support/dispatch-world.ts';
import { startTestManager } from '../../support/manager.ts';

const connector = {
  name: 'snow',
  baseUrl: 'https://example.service-now.com',
  authentication: { kind: 'basic', username: 'u', password: { secret: 'pw' } },
};

function nested(levels: number): unknown {
  let criteria: unknown = { field: 'state', operator: 'is-empty' };
  for (let level = 0; level < levels; level += 1) criteria = { all: [criteria] };
  return criteria;
}

describe('the HTTP API', () => {
  it('refuses every bad request with a stable code, the fault, and where it is', async () => {
    await using manager = await startTestManager();
    await manager.call('PUT', '/secrets/pw', { value: 'x' });
    await manager.call('POST', '/connectors?skipValidation=true', connector);
    const approval = { connector: 'snow', table: 'change_request', number: 'CHG1', approve: 'state = 1' };
    const task = {
      type: 'ticket.read',
      connector: 'snow',
      params: { table: 'task', numbers: ['X1'], fields: ['state'] },
    };
    const cases: [string, string, unknown, number, string, string][] = [
      ['PUT', '/secrets/a%20b', { value: 'x' }, 400, 'invalid-request', '/name'],
      ['PUT', '/secrets/a', {}, 400, 'invalid-request', 'needs a value'],
      ['PUT', '/secrets/a', { scope: { applications: [] } }, 400, 'invalid-request', '/scope'],
      ['PUT', '/secrets/a', { value: 'x', extra: 1 }, 400, 'invalid-request', 'extra'],
      ['PUT', '/secrets/a', { value: '' }, 400, 'invalid-request', '/value'],
      ['PUT', '/secrets/a', { value: 1 }, 400, 'invalid-request', '/value'],
      ['GET', '/secrets/none', undefined, 404, 'secret-not-found', 'none'],
      ['DELETE', '/secrets/none', undefined, 404, 'secret-not-found', 'See which there are: ticketgate secret list'],
      ['DELETE', '/secrets/pw', undefined, 409, 'secret-in-use', 'connector "snow"'],
      ['POST', '/connectors', { ...connector, baseUrl: 'nowhere' }, 400, 'invalid-request', 'is no URL'],
      ['POST', '/connectors', { ...connector, name: ' x' }, 400, 'invalid-request', '/name'],
      ['POST', '/connectors?skipValidation=true', connector, 409, 'connector-name-taken', 'snow'],
      ['POST', '/connectors?skipValidation=true', { ...connector, name: 'SNOW' }, 409, 'connector-name-taken', 'SNOW'],
      ['POST', '/connectors?skipValidation=maybe', connector, 400, 'invalid-request', '/skipValidation'],
      [
        'POST',
        '/connectors',
        { ...connector, name: 'b', authentication: { ...connector.authentication, password: { secret: 'none' } } },
        404,
        'secret-not-found',
        'ticketgate secret set none',
      ],
      ['POST', '/connectors', { ...connector, name: 'b', selectors: ['a b'] }, 400, 'invalid-request', 'a b'],
      ['GET', '/connectors/none', undefined, 404, 'connector-not-found', 'none'],
      ['POST', '/delegate-tokens', { name: 'a', expires: 'soon' }, 400, 'invalid-request', '/expires'],
      ['POST', '/api-tokens', { name: 'a', role: 'king' }, 400, 'invalid-request', '/role must be one of'],
      ['DELETE', '/api-tokens/none', undefined, 404, 'token-not-found', 'none'],
      ['POST', '/tasks', { ...task, type: 'ticket.burn' }, 400, 'invalid-request', '/type must be one of'],
      ['POST', '/tasks', { ...task, connector: 'none' }, 404, 'connector-not-found', 'none'],
      ['POST', '/tasks', { ...task, params: {} }, 400, 'invalid-request', '/params'],
      [
        'POST',
        '/tasks',
        { ...task, params: { ...task.params, numbers: ['A^ORactive=true'] } },
        400,
        'invalid-request',
        '/params',
      ],
      [
        'POST',
        '/tasks',
        {
          ...task,
          type: 'import-set.load',
          params: { stagingTable: 'u_x', rows: [{ u_id: '1' }, { u_id: 2 ** 53 }] },
        },
        400,
        'invalid-request',
        '/params/rows/1/u_id is too large to be kept exactly',
      ],
      ['POST', '/tasks', { ...task, params: { ...task.params, table: '../x' } }, 400, 'invalid-request', '/params'],
      ['POST', '/tasks', { ...task, limits: { run: '99d' } }, 400, 'invalid-request', '/limits/run'],
      ['POST', '/tasks?waitMs=-1', task, 400, 'invalid-request', '/waitMs'],
      ['GET', '/tasks/none', undefined, 404, 'task-not-found', 'none'],
      ['GET', '/tasks/none/why', undefined, 404, 'task-not-found', 'none'],
      ['DELETE', '/tasks/none', undefined, 404, 'task-not-found', 'none'],
      ['POST', '/approvals', { ...approval, approve: 'state ~ 1' }, 400, 'criteria-invalid', 'position 7'],
      ['POST', '/approvals', { ...approval, approve: { all: [] } }, 400, 'criteria-invalid', '/approve'],
      [
        'POST',
        '/approvals',
        { ...approval, approve: { field: 'state', operator: 'equals', value: '' } },
        400,
        'criteria-invalid',
        '/approve',
      ],
      ['POST', '/approvals', { ...approval, approve: 'State = 1' }, 400, 'criteria-invalid', 'no column name'],
      ['POST', '/approvals', { ...approval, reject: 'x' }, 400, 'criteria-invalid', '/reject'],
      ['POST', '/approvals', { ...approval, every: '5s' }, 400, 'invalid-request', 'from 10s to 1d'],
      ['POST', '/approvals', { ...approval, timeout: '4w' }, 400, 'invalid-request', '3w 3d 20h 30m'],
      ['POST', '/approvals', { ...approval, sysId: '0'.repeat(32) }, 400, 'invalid-request', 'either number or sysId'],
      ['POST', '/approvals', { ...approval, number: undefined }, 400, 'invalid-request', 'either number or sysId'],
      ['GET', '/approvals/none', undefined, 404, 'approval-not-found', 'none'],
      ['GET', '/tasks?cursor=garbage', undefined, 400, 'invalid-request', '/cursor'],
      [
        'POST',
        '/approvals',
        { ...approval, approve: `${'('.repeat(2_000)}state = 1` },
        400,
        'criteria-invalid',
        'parentheses',
      ],
      ['POST', '/approvals', { ...approval, approve: nested(2_000) }, 400, 'criteria-invalid', 'deeper'],
      ['GET', '/delegates/none', undefined, 404, 'delegate-not-found', 'none'],
      ['GET', '/nothing', undefined, 404, 'route-unknown', '/api/v1/nothing'],
      ['PATCH', '/secrets', undefined, 404, 'route-unknown', 'PATCH'],
    ];
    for (const [method, path, body, status, code, part] of cases) {
      const answer = await manager.call(method, path, body);
      expect({ path, status: answer.status, code: answer.body.code }).toEqual({ path, status, code });
      expect(JSON.stringify(answer.body)).toContain(JSON.stringify(part).slice(1, -1));
      expect(answer.body.remedy).not.toBe('');
    }
  });

  it.each([
    ['no JSON', { raw: '{"value":' }, 400, /./],
    [
      'another content type',
      { raw: 'value=x', headers: { 'content-type': 'application/x-www-form-urlencoded' } },
      415,
      /./,
    ],
    [
      'a body that is too large, naming the limit',
      { raw: `{"value":"${'x'.repeat(1_100_000)}"}` },
      413,
      /larger than 1 MB/,
    ],
  ])('refuses %s', async (_what, options, status, detail) => {
    await using manager = await startTestManager();
    const answer = await manager.call('PUT', '/secrets/a', undefined, options);
    expect(answer).toMatchObject({ status, body: { code: 'invalid-request', detail: expect.stringMatching(detail) } });
  });

  it('lets nobody in without a token that holds', async () => {
    await using manager = await startTestManager();
    const viewer = (await manager.call('POST', '/api-tokens', { name: 'v', role: 'viewer' })).body.token;
    const revoked = (await manager.call('POST', '/api-tokens', { name: 'r', role: 'admin' })).body.token;
    await manager.call('DELETE', '/api-tokens/r');
    const delegateToken = await manager.delegateToken();
    const code = async (token: string | undefined, method = 'GET', path = '/tasks', body?: unknown) => {
      const answer = await manager.call(method, path, body, { token });
      return [answer.status, answer.body.code];
    };
    expect(await code(undefined)).toEqual([401, 'token-missing']);
    expect(await code('tga_x_y')).toEqual([401, 'token-unknown']);
    expect(await code(`${viewer}x`)).toEqual([401, 'token-unknown']);
    expect(await code(revoked)).toEqual([401, 'token-revoked']);
    expect(await code(delegateToken)).toEqual([401, 'token-unknown']);
    expect(await code(viewer)).toEqual([200, undefined]);
    expect(await code(viewer, 'PUT', '/secrets/a', { value: 'x' })).toEqual([403, 'role-insufficient']);
    expect(await code(viewer, 'POST', '/api-tokens', { name: 'x', role: 'admin' })).toEqual([403, 'role-insufficient']);
    expect((await fetch(`${manager.url}/live`)).status).toBe(200);
    expect((await fetch(`${manager.url}/ready`)).status).toBe(200);
  });

  it('answers with no secret value and no token, anywhere', async () => {
    await using manager = await startTestManager();
    await manager.call('PUT', '/secrets/pw', { value: 'correct horse' });
    const { token } = (await manager.call('POST', '/api-tokens', { name: 'ci', role: 'pipeline', expires: '90d' }))
      .body;
    await manager.call('POST', '/connectors?skipValidation=true', connector);
    const answers = await Promise.all(
      ['/secrets', '/secrets/pw', '/connectors', '/api-tokens', '/delegate-tokens'].map((path) =>
        manager.call('GET', path),
      ),
    );
    const text = JSON.stringify(answers) + manager.log();
    expect(text).toContain('connector \\"snow\\"');
    expect(text).not.toContain('correct horse');
    expect(text).not.toContain(token);
    expect(text).not.toContain(token.split('_').slice(2).join('_'));
  });

  it('stores a connector only when its test passes, unless told to skip that', async () => {
    await using manager = await startTestManager();
    await manager.call('PUT', '/secrets/pw', { value: 'x' });
    const refused = manager.call('POST', '/connectors', { ...connector, selectors: ['Nobody'] });
    const { status, body } = await refused;
    expect({ status, code: body.code, state: body.task.state }).toEqual({
      status: 422,
      code: 'connector-test-failed',
      state: 'expired',
    });
    expect(body.detail).toContain('no delegate has ever connected');
    expect((await manager.call('GET', '/connectors')).body.items).toEqual([]);
    const stored = await manager.call('POST', '/connectors?skipValidation=true', {
      ...connector,
      selectors: ['Nobody'],
    });
    expect(stored).toMatchObject({
      status: 201,
      body: { baseUrl: 'https://example.service-now.com/', selectors: ['nobody'] },
    });
  }, 40_000);

  it('says of what nobody can test or read what would help, and keeps a test that nobody could take', async () => {
    await using manager = await startTestManager();
    await manager.call('PUT', '/secrets/pw', { value: 'x' });
    await manager.call('POST', '/connectors?skipValidation=true', connector);
    const [tables, test] = await Promise.all([
      manager.call('GET', '/connectors/snow/metadata/tables'),
      manager.call('POST', '/connectors/snow/test'),
    ]);
    expect(tables).toMatchObject({ status: 422, body: { code: 'metadata-unreadable', task: { state: 'expired' } } });
    expect(tables.body.detail).toContain('no delegate has ever connected');
    const { lastTest, testedSince } = (await manager.call('GET', '/connectors/snow')).body;
    expect(lastTest).toEqual(test.body);
    expect([lastTest.state, testedSince]).toEqual(['expired', lastTest.endedAt]);
  }, 40_000);

  it('pages through tasks, newest first, each once', async () => {
    await using manager = await startTestManager();
    await manager.call('PUT', '/secrets/pw', { value: 'x' });
    await manager.call('POST', '/connectors?skipValidation=true', connector);
    const ids: string[] = [];
    for (let n = 0; n < 5; n += 1)
      ids.unshift(
        (await manager.call('POST', '/tasks', { type: 'connection.test', connector: 'snow', params: {} })).body.id,
      );
    const seen: string[] = [];
    let cursor = '';
    do {
      const page = (await manager.call('GET', `/tasks?limit=2${cursor}`)).body;
      seen.push(...page.items.map(({ id }: { id: string }) => id));
      cursor = page.cursor === undefined ? '' : `&cursor=${encodeURIComponent(page.cursor)}`;
    } while (cursor !== '');
    expect(seen.sort()).toEqual(ids.sort());
  });

  it('explains a task before it is submitted', async () => {
    await using manager = await startTestManager();
    const { body } = await manager.call('POST', '/tasks/why', { type: 'connection.test', selectors: ['dc1'] });
    expect(body).toMatchObject({
      summary: 'no delegate has ever connected',
      remedy: expect.stringContaining('delegate-token'),
    });
  });

  it('explains a task for an instance that is no connector yet by what the policies say of it', async () => {
    await using world = await startDispatchWorld();
    await world.joinModern('a', { kind: 'live' }, { policy: { hosts: ['other.example.org'] } });
    const ask = (more: object) => world.manager.call('POST', '/tasks/why', { type: 'connection.test', ...more });
    const { body } = await ask({ baseUrl: 'https://new.service-now.com' });
    expect(body.delegates).toMatchObject([
      { verdict: { kind: 'policy', because: expect.stringContaining('new.service-now.com') } },
    ]);
    for (const bad of [{ baseUrl: 'new' }, { baseUrl: 'https://new.service-now.com', connector: 'snow' }])
      expect(await ask(bad)).toMatchObject({ status: 400, body: { detail: expect.stringContaining('/baseUrl') } });
  });

  it('describes itself', async () => {
    await using manager = await startTestManager();
    const { body } = await manager.call('GET', '/openapi.json', undefined, { token: undefined });
    expect(body.openapi).toBe('3.1.0');
    expect(Object.keys(body.paths)).toContain('/api/v1/approvals');
  });
});
