import { describe, expect, it } from 'vitest';
import { type ChangeStream, readChanges } from '../../support/change-stream.ts';
import { readParams, serve, startDispatchWorld, ticketParams } from '../../support/dispatch-world.ts';
import { startTestManager, startTestRedis } from '../../support/manager.ts';

/** Waits until the stream has told of this. */
async function tells({ told }: ChangeStream, topic: string, id?: string): Promise<void> {
  const isTold = () =>
    told.some(({ topics, ids }) => topics.includes(topic) && (id === undefined || (ids ?? []).includes(id)));
  await expect.poll(isTold, { timeout: 10_000, message: `${topic} ${id ?? ''} in ${JSON.stringify(told)}` }).toBe(true);
}

describe('the stream of changes', () => {
  it('tells of everything that an administrator makes, and of no content', async () => {
    await using manager = await startTestManager();
    await using stream = await readChanges(manager);
    expect(stream.contentType).toBe('text/event-stream; charset=utf-8');
    await manager.call('PUT', '/secrets/pw', { value: 'correct horse' });
    await tells(stream, 'secrets');
    await manager.call('POST', '/connectors?skipValidation=true', {
      name: 'snow',
      baseUrl: 'https://example.service-now.com/',
      authentication: { kind: 'basic', username: 'integration', password: { secret: 'pw' } },
    });
    await tells(stream, 'connectors');
    await manager.delegateToken();
    await tells(stream, 'tokens');
    expect(JSON.stringify(stream.told)).not.toMatch(/snow|pw|correct horse/);
  });

  it('tells of a task when it is created, given out, taken and ended', async () => {
    await using world = await startDispatchWorld();
    await using stream = await readChanges(world.manager);
    const { id } = (await world.submit('ticket.create', ticketParams)).body;
    await tells(stream, 'tasks', id);
    const delegate = await world.join();
    await tells(stream, 'delegates');
    const assigned = await delegate.next('task.assign');
    const seen = stream.told.length;
    delegate.send({ type: 'task.accept', taskId: assigned.taskId, attempt: assigned.attempt });
    const state = async () => (await world.manager.call('GET', `/tasks/${id}`)).body.state;
    await expect.poll(state).toBe('running');
    const isToldAnew = () => stream.told.slice(seen).some(({ ids }) => ids?.includes(id));
    await expect.poll(isToldAnew).toBe(true);
    const before = stream.told.length;
    const { taskId, attempt } = assigned;
    const failure = { code: 'servicenow-forbidden', message: 'm', remedy: 'r', retry: 'never' } as const;
    const outcome = { kind: 'failed', failure } as const;
    delegate.send({ type: 'task.report', taskId, attempt, outcome, sideEffect: false, notes: [] });
    await world.ended(id);
    await expect.poll(() => stream.told.slice(before).some(({ ids }) => ids?.includes(id))).toBe(true);
  });

  it('tells many tasks in few events, and nothing of canaries', async () => {
    await using world = await startDispatchWorld();
    const delegate = await world.joinModern('a', { kind: 'live' });
    serve(delegate);
    const online = async () => (await world.manager.call('GET', '/delegates')).body.items[0]?.state;
    await expect.poll(online).toBe('online');
    await using stream = await readChanges(world.manager);
    const begunAt = Date.now();
    const submit = async () => world.ended((await world.submit('ticket.read', readParams)).body.id);
    for (let round = 0; round < 5; round += 1) await Promise.all(Array.from({ length: 40 }, submit));
    await tells(stream, 'tasks');
    const lastingMs = Date.now() - begunAt;
    const ofTasks = stream.told.filter(({ topics }) => topics.includes('tasks'));
    expect(ofTasks.length).toBeLessThanOrEqual(2 + lastingMs / 500);
    expect(ofTasks.some(({ ids }) => ids === undefined)).toBe(true);
    const canaryAt = async () => (await world.manager.call('GET', '/delegates')).body.items[0]?.lastCanaryAt;
    let before = -1;
    const isQuiet = () => {
      const earlier = before;
      before = stream.told.length;
      return before === earlier;
    };
    // Longer than events are gathered.
    await expect.poll(isQuiet, { interval: 700, timeout: 10_000 }).toBe(true);
    const [quiet, answered] = [stream.told.length, await canaryAt()];
    await expect.poll(canaryAt, { timeout: 5_000 }).not.toBe(answered);
    expect(stream.told.length).toBe(quiet);
  });

  it('tells what happens at another manager', async () => {
    await using redis = await startTestRedis();
    await using here = await startTestManager({ redis });
    await using there = await startTestManager({ redis });
    await using stream = await readChanges(here);
    await there.call('PUT', '/secrets/pw', { value: 'x' });
    await tells(stream, 'secrets');
  });

  it('needs a token, by header or cookie, and ends when the manager does', async () => {
    const manager = await startTestManager();
    await expect(readChanges(manager, {})).rejects.toThrow('401');
    await using stream = await readChanges(manager, { cookie: `ticketgate-session=${manager.adminToken}` });
    await manager[Symbol.asyncDispose]();
    await stream.ended;
  });
});
