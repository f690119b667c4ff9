import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { Message } from '#protocol/messages.ts';
import type { Params, Result } from '#protocol/task-types.ts';
import { connectRedis } from '../../../manager/redis/connection.ts';
import { startEmbeddedRedis } from '../../../manager/redis/embedded.ts';
import { temporaryDirectory } from '../../support/directory.ts';
import { type DispatchWorld, finish, startDispatchWorld } from '../../support/dispatch-world.ts';
import { capturingLogger } from '../../support/log.ts';
import { startTestManager, startTestRedis, type TestManager } from '../../support/manager.ts';
import { ScriptedDelegate } from '../../support/scripted-delegate.ts';

/** Patient with delegates: who starts hundreds of gates may keep a machine so busy that heartbeats are late. */
const timing = { shortestPollMs: 200, heartbeatTimeoutMs: 10_000, leaseMs: 13_000 };
const olderTaskTypes = ['connection.test', 'metadata.read', 'ticket.create', 'ticket.read', 'ticket.update'];
const newTaskTypes = [...olderTaskTypes, 'ticket.changes'];
const timeout = 20_000;

interface Served {
  readonly given: Message<'task.assign'>[];
  /** The fields of every ticket, unless those of one are told. */
  fields: Record<string, string>;
  readonly ofTicket: Map<string, Record<string, string>>;
  /** The tickets that are told to have changed, once. */
  changed: string[];
}

/** From now on the delegate answers polls as an instance would on which every ticket is there. */
function servePolls(delegate: ScriptedDelegate): Served {
  const served: Served = { given: [], fields: { approval: 'requested' }, ofTicket: new Map(), changed: [] };
  delegate.onMessage((message) => {
    if (message.type !== 'task.assign') return;
    if (message.taskType === 'metadata.read')
      return finish(delegate, message, { kind: 'succeeded', result: { warnings: ['nothing may be known'] } });
    served.given.push(message);
    const result =
      message.taskType === 'ticket.changes'
        ? tellChanges(served)
        : readTickets(served, message.params as Params<'ticket.read'>);
    finish(delegate, message, { kind: 'succeeded', result });
  });
  return served;
}

function tellChanges(served: Served): Result<'ticket.changes'> {
  const newest = '2026-03-01 10:00:00';
  const rows = served.changed.splice(0).map((ticket) => ({ ticket, version: randomUUID(), stampedAt: newest }));
  return {
    tickets: { kind: 'read', rows, newest, complete: true },
    approvals: { kind: 'read', rows: [], newest, complete: true },
  };
}

function readTickets({ fields, ofTicket }: Served, params: Params<'ticket.read'>): Result<'ticket.read'> {
  const keys = 'sysIds' in params ? params.sysIds : params.numbers;
  const tickets = keys.map((key) => {
    const values = Object.entries(ofTicket.get(key) ?? fields);
    return {
      table: params.table,
      number: 'sysIds' in params ? `CHG${Number.parseInt(key, 16)}` : key,
      sysId: 'sysIds' in params ? key : Number(key.slice(3)).toString(16).padStart(32, '0'),
      link: '',
      fields: Object.fromEntries(values.map(([name, value]) => [name, { value, displayValue: value }])),
    };
  });
  return { tickets, missing: [] };
}

const sysIdOf = (index: number) => index.toString(16).padStart(32, '0');

async function startGate(at: TestManager, index: number, more: object = {}): Promise<string> {
  const body = { connector: 'snow', table: 'change_request', sysId: sysIdOf(index), approve: 'approval = approved' };
  const { body: answer } = await at.call('POST', '/approvals', { ...body, every: '10s', ...more });
  return answer.id;
}

const stateOf = async (at: TestManager, id: string) => (await at.call('GET', `/approvals/${id}`)).body.state;
const endOf = async (at: TestManager, id: string) => (await at.call('GET', `/approvals/${id}?waitMs=15000`)).body;
const isRead = async (at: TestManager, id: string) =>
  'approval' in (await at.call('GET', `/approvals/${id}`)).body.current;

async function startMany(world: DispatchWorld, count: number, more: object = {}): Promise<string[]> {
  const ids: string[] = [];
  while (ids.length < count) {
    const some = Array.from({ length: Math.min(25, count - ids.length) }, (_, index) => ids.length + index + 1);
    ids.push(...(await Promise.all(some.map((index) => startGate(world.manager, index, more)))));
  }
  return ids;
}

describe('a manager with many gates of one instance', () => {
  it('lets 400 gates share tasks, and ends the one whose change is told', { timeout: 40_000 }, async () => {
    await using world = await startDispatchWorld({ timing });
    const served = servePolls(await world.join('a', { taskTypes: newTaskTypes }));
    const ids = await startMany(world, 400, { every: '2s' });
    const last = ids[399] ?? '';
    await expect.poll(() => isRead(world.manager, last), { timeout }).toBe(true);
    const questions = () => served.given.filter(({ taskType }) => taskType === 'ticket.changes').length;
    await expect.poll(questions, { timeout }).toBeGreaterThan(3);
    const before = served.given.length;
    const questionsBefore = questions();
    await expect.poll(questions, { timeout }).toBeGreaterThan(questionsBefore + 2);
    expect(served.given.length - before).toBeLessThan(12);
    served.ofTicket.set(sysIdOf(400), { approval: 'approved' });
    served.changed.push(sysIdOf(400));
    expect(await endOf(world.manager, last)).toMatchObject({
      state: 'approved',
      evidence: { rule: 'approval = approved' },
    });
    expect(await stateOf(world.manager, ids[0] ?? '')).toBe('waiting');
  });

  it('decides them though its delegate is too old to be asked for changes', { timeout: 60_000 }, async () => {
    await using world = await startDispatchWorld({ timing });
    const served = servePolls(await world.join('old', { taskTypes: olderTaskTypes }));
    const ids = await startMany(world, 200, { every: '2s' });
    await expect.poll(() => isRead(world.manager, ids[199] ?? ''), { timeout: 30_000 }).toBe(true);
    served.fields = { approval: 'approved' };
    for (const id of ids) expect((await endOf(world.manager, id)).state).toBe('approved');
    expect(served.given.map(({ taskType }) => taskType)).not.toContain('ticket.changes');
  });

  it('opens a gate just after its window does', { timeout: 30_000 }, async () => {
    await using world = await startDispatchWorld({ timing });
    const served = servePolls(await world.join('a', { taskTypes: newTaskTypes }));
    const opensAt = Math.ceil((Date.now() + 1_500) / 1_000) * 1_000;
    const stored = (ms: number) => new Date(ms).toISOString().slice(0, 19).replace('T', ' ');
    served.fields = { approval: 'approved', start_date: stored(opensAt), end_date: stored(opensAt + 60_000) };
    const window = { startField: 'start_date', endField: 'end_date' };
    const id = await startGate(world.manager, 1, { window, every: '1d' });
    const ended = await endOf(world.manager, id);
    expect(ended.state).toBe('approved');
    expect(Date.parse(ended.endedAt)).toBeGreaterThanOrEqual(opensAt);
    expect(served.given.length).toBeLessThanOrEqual(3);
  });

  it('leaves nothing of them in Redis once they have ended', { timeout: 30_000 }, async () => {
    await using redis = await startTestRedis();
    await using world = await startDispatchWorld({ redis, timing });
    const served = servePolls(await world.join('a', { taskTypes: newTaskTypes }));
    const ids = await startMany(world, 250, { every: '500ms' });
    await expect.poll(() => isRead(world.manager, ids[249] ?? ''), { timeout }).toBe(true);
    served.fields = { approval: 'approved' };
    served.changed.push(...ids.map((_, index) => sysIdOf(index + 1)));
    for (const id of ids) expect((await endOf(world.manager, id)).state).toBe('approved');
    const client = await connectRedis(redis.url, 'look', () => {});
    await expect.poll(() => client.keys('*:poll-*'), { timeout }).toEqual([]);
    client.disconnect();
  });
});

describe('gates whose manager or Redis goes away', () => {
  it('are read by another manager when theirs closes', { timeout: 30_000 }, async () => {
    await using redis = await startTestRedis();
    await using world = await startDispatchWorld({ redis, timing: { shortestPollMs: 200 } });
    const dying = await startTestManager({ redis, timing: { shortestPollMs: 200 } });
    const stuck = await ScriptedDelegate.join(dying.url, world.token, { name: 'stuck', taskTypes: newTaskTypes });
    stuck.keepAlive(100);
    const id = await startGate(dying, 1, { every: '1s' });
    const { taskId, attempt } = await stuck.next('task.assign');
    stuck.send({ type: 'task.accept', taskId, attempt });
    stuck.vanish();
    await dying[Symbol.asyncDispose]();
    servePolls(await world.join('b', { taskTypes: newTaskTypes })).fields = { approval: 'approved' };
    expect((await endOf(world.manager, id)).state).toBe('approved');
  });

  it('are read on after Redis was away', { timeout: 60_000 }, async () => {
    await using directory = await temporaryDirectory();
    const start = () => startEmbeddedRedis(directory.path, capturingLogger().logger);
    const first = await start();
    const redis = { url: first.url, dir: directory.path, [Symbol.asyncDispose]: async () => {} };
    await using world = await startDispatchWorld({ redis, timing });
    const served = servePolls(await world.join('a', { taskTypes: newTaskTypes }));
    const id = await startGate(world.manager, 1, { every: '300ms' });
    await expect.poll(() => isRead(world.manager, id), { timeout }).toBe(true);
    await first.close();
    await expect.poll(async () => (await world.manager.call('GET', '/tasks')).status, { timeout: 10_000 }).toBe(503);
    const second = await start();
    try {
      await expect.poll(async () => (await fetch(`${world.manager.url}/ready`)).status, { timeout: 10_000 }).toBe(200);
      served.fields = { approval: 'approved' };
      const again = servePolls(await world.join('b', { taskTypes: newTaskTypes }));
      again.fields = served.fields;
      expect((await endOf(world.manager, id)).state).toBe('approved');
    } finally {
      await world[Symbol.asyncDispose]();
      await second.close();
    }
  });
});
