import { describe, expect, it } from 'vitest';
import { startSimulator } from '../../support/simulator.ts';
import { failureOf, openWorld, startOddServer, successOf, type TaskWorld } from './task-world.ts';

function as(world: TaskWorld, username: string, password: string) {
  const { baseUrl } = world.context().target;
  return world.context({ target: { baseUrl, authentication: { kind: 'basic', username, password } } });
}

async function findingsOf(world: TaskWorld, context = world.context()): Promise<string[]> {
  const { result } = successOf(await world.handlers['connection.test']({}, context));
  return result.findings.map(({ probe, status }) => `${probe} ${status}`);
}

describe('testing a connection', () => {
  it('passes what it can prove and says unknown where the instance does not tell (traps 3 and 8)', async () => {
    await using simulator = await startSimulator();
    await using world = openWorld(simulator.url);
    const { result } = successOf(await world.handlers['connection.test']({}, world.context()));
    expect(result.user).toBe('integration');
    expect(result.findings.map(({ probe, status }) => `${probe} ${status}`)).toEqual([
      'reach passed',
      'instance passed',
      'credentials passed',
      'roles unknown',
      'table-read unknown',
      'table-read unknown',
      'clock passed',
    ]);
    for (const { status, remedy } of result.findings) expect(remedy === undefined).toBe(status === 'passed');
  });

  it('knows an administrator, and the tables that it can read', async () => {
    await using simulator = await startSimulator();
    simulator.world.insert('incident', {}, 'system');
    simulator.world.insert('change_request', {}, 'system');
    await using world = openWorld(simulator.url);
    expect(await findingsOf(world, as(world, 'admin', 'admin-password'))).toEqual([
      'reach passed',
      'instance passed',
      'credentials passed',
      'roles passed',
      'table-read passed',
      'table-read passed',
      'clock passed',
    ]);
  });

  it('names the roles that are lacking', async () => {
    await using simulator = await startSimulator({ roleReads: 'own' });
    await using world = openWorld(simulator.url);
    const { result } = successOf(await world.handlers['connection.test']({}, world.context()));
    const roles = result.findings.find(({ probe }) => probe === 'roles');
    expect(roles).toMatchObject({ status: 'warning' });
    expect(roles?.message).toBe('the user lacks itil_admin; it has itil, personalize_choices');
  });

  it('warns of tables whose rows the user does not see (trap 8)', async () => {
    await using simulator = await startSimulator();
    simulator.world.insert('incident', {}, 'system');
    await using world = openWorld(simulator.url);
    expect(await findingsOf(world, as(world, 'noroles', 'noroles-password'))).toContain('table-read warning');
  });

  it('warns of a clock that is off', async () => {
    await using simulator = await startSimulator();
    await using world = openWorld(simulator.url, { wallClockMs: () => Date.now() + 600_000 });
    const { result } = successOf(await world.handlers['connection.test']({}, world.context()));
    expect(result.findings.find(({ probe }) => probe === 'clock')).toMatchObject({ status: 'warning' });
  });

  it.each([
    ['hibernating', 'servicenow-hibernating'],
    ['login-page', 'servicenow-login-page'],
    ['maintenance', 'servicenow-maintenance'],
    ['bad-gateway', 'servicenow-maintenance'],
    ['unavailable-reset', 'servicenow-reset'],
    ['rate-limited', 'servicenow-rate-limited'],
  ] as const)('fails by what is there instead of a live instance: %s', async (mode, code) => {
    await using simulator = await startSimulator();
    await using world = openWorld(simulator.url);
    await simulator.setFault({ mode });
    expect(failureOf(await world.handlers['connection.test']({}, world.context()))).toMatchObject({
      sideEffect: false,
      failure: { code },
    });
  });

  it.each([
    ['integration', 'wrong-password'],
    ['locked', 'locked-password'],
  ])('fails by refused credentials of %s (trap 40)', async (username, password) => {
    await using simulator = await startSimulator({ unauthorizedWording: '2026' });
    await using world = openWorld(simulator.url);
    const ended = failureOf(await world.handlers['connection.test']({}, as(world, username, password)));
    expect(ended.failure.code).toBe('servicenow-unauthenticated');
    expect((await simulator.requests()).total).toBe(2);
  });

  it('fails as unreachable where nothing listens', async () => {
    const server = await startOddServer(() => {});
    await server[Symbol.asyncDispose]();
    await using world = openWorld(server.url);
    const ended = failureOf(await world.handlers['connection.test']({}, world.context()));
    expect(ended.failure).toMatchObject({ code: 'servicenow-unreachable', retry: 'other-delegate' });
    expect(ended.failure.message).toContain('ECONNREFUSED');
  });

  it('reads users only with a list of fields (trap 62)', async () => {
    await using simulator = await startSimulator();
    await using world = openWorld(simulator.url);
    successOf(await world.handlers['connection.test']({}, world.context()));
    const { recent } = await simulator.requests();
    const users = recent.filter(({ path }) => path.includes('/table/sys_user'));
    expect(users.length).toBeGreaterThan(0);
    for (const { query } of users) expect(query).toContain('sysparm_fields=');
  });
});
