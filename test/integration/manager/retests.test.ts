import { describe, expect, it } from 'vitest';
import { failure } from '#protocol/failure.ts';
import { finish, startDispatchWorld } from '../../support/dispatch-world.ts';
import { startTestManager, startTestRedis } from '../../support/manager.ts';

const passed = { kind: 'succeeded', result: { findings: [] } } as const;
const refused = { kind: 'failed', failure: failure('servicenow-unauthenticated', 'refused', 'look') } as const;

describe('a stored connector', () => {
  it('is tested again and again, by one of several managers, and keeps since when it passes', async () => {
    await using redis = await startTestRedis();
    const retestEveryMs = 1_000;
    await using world = await startDispatchWorld({ redis, retestEveryMs });
    await using _second = await startTestManager({ redis, retestEveryMs });
    const delegate = await world.join();
    const show = async () => (await world.manager.call('GET', '/connectors/snow')).body;
    const ids: string[] = [];
    for (let n = 0; n < 3; n += 1) {
      const assigned = await delegate.next('task.assign');
      finish(delegate, assigned, passed);
      ids.push(assigned.taskId);
      await expect.poll(async () => (await show()).lastTest?.id).toBe(assigned.taskId);
    }
    const { lastTest, testedSince } = await show();
    expect(lastTest.attempts.at(-1).delegateName).toBe('a');
    expect(Date.parse(testedSince)).toBeLessThan(Date.parse(lastTest.endedAt));
    const { body } = await world.manager.call('GET', '/tasks');
    const begun = body.items.map(({ createdAt }: { createdAt: string }) => Date.parse(createdAt)).sort();
    for (let n = 1; n < begun.length; n += 1) expect(begun[n] - begun[n - 1]).toBeGreaterThan(retestEveryMs / 2);
    expect(new Set(ids).size).toBe(3);
  }, 20_000);

  it('whose log-in was refused is let alone until its secret changes (trap 40)', async () => {
    await using world = await startDispatchWorld({ retestEveryMs: 1_000 });
    const delegate = await world.join();
    const first = await delegate.next('task.assign');
    finish(delegate, first, refused);
    const show = async () => (await world.manager.call('GET', '/connectors/snow')).body;
    await expect.poll(async () => (await show()).lastTest?.state).toBe('failed');
    await delegate.next('task.report.ack');
    // One that is tested all the while shows that its turn has come and gone.
    await world.manager.call('POST', '/connectors?skipValidation=true', {
      name: 'other',
      baseUrl: 'https://other.service-now.com/',
      authentication: { kind: 'basic', username: 'u', password: { secret: 'pw' } },
    });
    const { id } = (await world.manager.call('GET', '/connectors/other')).body;
    for (let n = 0; n < 2; n += 1) {
      const assigned = await delegate.next('task.assign');
      expect((await world.manager.call('GET', `/tasks/${assigned.taskId}`)).body.connectorId).toBe(id);
      finish(delegate, assigned, passed);
    }
    const changedAt = Date.now();
    await world.manager.call('PUT', '/secrets/pw', { value: 'another' });
    await expect
      .poll(
        async () => {
          const assigned = await delegate.next('task.assign');
          finish(delegate, assigned, passed);
          return (await show()).lastTest.state;
        },
        { timeout: 10_000 },
      )
      .toBe('succeeded');
    const { lastTest, testedSince } = await show();
    expect(Date.parse(lastTest.createdAt)).toBeGreaterThanOrEqual(changedAt - 1_000);
    expect(testedSince).toBe(lastTest.endedAt);
  }, 30_000);

  it('stays usable though its tests fail', async () => {
    await using world = await startDispatchWorld({ retestEveryMs: 1_000 });
    const delegate = await world.join();
    finish(delegate, await delegate.next('task.assign'), refused);
    await expect
      .poll(async () => (await world.manager.call('GET', '/connectors/snow')).body.lastTest?.state)
      .toBe('failed');
    const { status, body } = await world.submit('connection.test', {});
    expect([status, body.type]).toEqual([202, 'connection.test']);
  }, 20_000);
});
