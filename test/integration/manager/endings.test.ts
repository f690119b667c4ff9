import { Webhook } from 'standardwebhooks';
import { describe, expect, it } from 'vitest';
import type { ApprovalRecord } from '../../../manager/core/approval-record.ts';
import type { TaskOrigin } from '../../../manager/core/tasks.ts';
import { connectRedis } from '../../../manager/redis/connection.ts';
import { Keys } from '../../../manager/redis/keys.ts';
import { readAllowed } from '../../../manager/webhooks/address-guard.ts';
import { finish, startDispatchWorld } from '../../support/dispatch-world.ts';
import { endedApproval, putApproval } from '../../support/ended-approval.ts';
import { startTestManager, startTestRedis, type TestManager } from '../../support/manager.ts';
import { ScriptedDelegate } from '../../support/scripted-delegate.ts';
import { startReceiver, status } from '../../support/webhook-target.ts';

const webhookAllow = [readAllowed('127.0.0.1')].filter((entry) => entry !== undefined);

/** A manager, and the Redis behind it, into which a test writes approvals. */
async function startWorld() {
  const owned = new AsyncDisposableStack();
  const server = owned.use(await startTestRedis());
  const manager = owned.use(await startTestManager({ redis: server, webhookAllow }));
  const redis = await connectRedis(server.url, 'test', () => {});
  owned.defer(() => redis.disconnect());
  const keys = new Keys('ticketgate');
  return {
    manager,
    server,
    redis,
    keys,
    put: (record: ApprovalRecord) => putApproval(redis, keys, record),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

function stream(manager: TestManager, path: string, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`${manager.url}/api/v1${path}`, {
    headers: { authorization: `Bearer ${manager.adminToken}`, ...headers },
  });
}

interface Told {
  readonly id: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape
  readonly approval: any;
}

async function* eventsOf(response: Response): AsyncGenerator<Told> {
  let text = '';
  const decoder = new TextDecoder();
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk, { stream: true });
    for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
      const block = text.slice(0, end);
      text = text.slice(end + 2);
      const [, id = '', data] = /^id: (.*)\nevent: approval\ndata: (.*)$/.exec(block) ?? [];
      if (data !== undefined) yield { id, approval: JSON.parse(data) };
    }
  }
}

describe('the events of an approval', () => {
  it('tell what it is, each change, and the end, and then the stream ends', async () => {
    await using world = await startWorld();
    const ended = endedApproval();
    await world.put({ ...ended, end: undefined });
    const response = await stream(world.manager, '/approvals/apr_1/events');
    expect(response.status).toBe(200);
    const events = eventsOf(response);
    const first = (await events.next()).value;
    expect(first).toMatchObject({ approval: { id: 'apr_1', state: 'waiting' } });
    const progress = { ...ended.progress, waitingBecause: 'not yet: approval = approved' };
    await world.put({ ...ended, progress, end: undefined });
    expect((await events.next()).value).toMatchObject({ approval: { waitingBecause: progress.waitingBecause } });
    await world.put(ended);
    const last = (await events.next()).value;
    expect(last).toMatchObject({ approval: { state: 'approved', evidence: { rule: 'approval = approved' } } });
    expect((await events.next()).done).toBe(true);
    const again = eventsOf(
      await stream(world.manager, '/approvals/apr_1/events', { 'last-event-id': first?.id ?? '' }),
    );
    expect((await again.next()).value).toEqual(last);
    expect((await again.next()).done).toBe(true);
    const seen = await stream(world.manager, '/approvals/apr_1/events', { 'last-event-id': last?.id ?? '' });
    expect(seen.status).toBe(204);
  });

  it('are refused as everything else is, before they begin', async () => {
    await using world = await startWorld();
    const unknown = await stream(world.manager, '/approvals/apr_none/events');
    expect([unknown.status, await unknown.json()]).toMatchObject([404, { code: 'approval-not-found' }]);
    const stranger = await stream(world.manager, '/approvals/apr_1/events', { authorization: 'Bearer tga_x_y' });
    expect(stranger.status).toBe(401);
    const head = await fetch(`${world.manager.url}/api/v1/approvals/apr_1/events`, {
      method: 'HEAD',
      headers: { authorization: `Bearer ${world.manager.adminToken}` },
    });
    expect(head.status).toBe(404);
  });

  it('end when the manager closes', async () => {
    await using server = await startTestRedis();
    const manager = await startTestManager({ redis: server });
    const redis = await connectRedis(server.url, 'test', () => {});
    try {
      await putApproval(redis, new Keys('ticketgate'), { ...endedApproval(), end: undefined });
      const events = eventsOf(await stream(manager, '/approvals/apr_1/events'));
      await events.next();
      const next = events.next();
      await manager[Symbol.asyncDispose]();
      expect((await next).done).toBe(true);
    } finally {
      redis.disconnect();
    }
  });
});

describe('the deliveries of an approval', () => {
  const value = 'a text that is long enough for a key';

  it('are listed, and made again when somebody asks', async () => {
    await using world = await startWorld();
    await using receiver = await startReceiver();
    receiver.answer(status(410), status(200));
    await world.manager.call('PUT', '/secrets/hook', { value });
    await world.put(endedApproval({ spec: { webhook: { url: `${receiver.url}/hooks/secret`, secret: 'hook' } } }));
    const list = async () => (await world.manager.call('GET', '/approvals/apr_1/deliveries')).body.items[0];
    await expect.poll(async () => (await list()).state).toBe('given-up');
    const shown = await list();
    expect(shown).toMatchObject({ kind: 'webhook', target: `${receiver.url}/…`, tries: [{ status: 410 }] });
    expect(JSON.stringify(shown)).not.toContain('secret');
    const again = await world.manager.call('POST', '/approvals/apr_1/deliveries/webhook/retry');
    expect([again.status, again.body.kind]).toEqual([200, 'webhook']);
    await expect.poll(async () => (await list()).state).toBe('delivered');
    const once = await world.manager.call('POST', '/approvals/apr_1/deliveries/webhook/retry');
    expect([once.status, once.body.code]).toEqual([409, 'delivery-made']);
    const { headers, body } = receiver.received.at(-1) ?? {};
    const key = Buffer.from(value);
    expect(new Webhook(key, { format: 'raw' }).verify(body ?? '', headers as Record<string, string>)).toHaveProperty(
      'data.id',
      'apr_1',
    );
    const wrong = await world.manager.call('POST', '/approvals/apr_1/deliveries/pigeon/retry');
    expect([wrong.status, wrong.body.code]).toEqual([400, 'invalid-request']);
    expect(world.manager.log()).not.toContain(value);
  });

  it('keep their secret from being deleted until they are made', async () => {
    await using world = await startWorld();
    await using receiver = await startReceiver();
    receiver.answer(status(500));
    await world.manager.call('PUT', '/secrets/hook', { value });
    await world.put(endedApproval({ spec: { webhook: { url: receiver.url, secret: 'hook' } } }));
    await expect.poll(() => receiver.received.length).toBe(1);
    const refused = await world.manager.call('DELETE', '/secrets/hook');
    expect(refused).toMatchObject({
      status: 409,
      body: { detail: expect.stringContaining('webhook of approval apr_1') },
    });
    receiver.answer(status(200));
    await world.manager.call('POST', '/approvals/apr_1/deliveries/webhook/retry');
    await expect
      .poll(async () => (await world.manager.call('DELETE', '/secrets/hook')).status, { timeout: 5_000 })
      .toBe(204);
  });

  it('do not keep a repeated start from its answer when their secret is gone', async () => {
    await using world = await startDispatchWorld({ webhookAllow });
    await using receiver = await startReceiver();
    await world.joinModern(
      'a',
      { kind: 'live' },
      {
        taskTypes: [...ScriptedDelegate.modern.taskTypes, 'metadata.read'],
      },
    );
    const { manager } = world;
    await manager.call('PUT', '/secrets/hook', { value: 'a key of more than 24 bytes' });
    const start = () =>
      manager.call(
        'POST',
        '/approvals',
        {
          ...{ connector: 'snow', table: 'change_request', number: 'CHG1', approve: 'approval = approved' },
          webhook: { url: receiver.url, secret: 'hook' },
        },
        { headers: { 'idempotency-key': 'run 1' } },
      );
    const { id } = (await start()).body;
    await manager.call('DELETE', `/approvals/${id}`);
    await expect.poll(async () => (await manager.call('DELETE', '/secrets/hook')).status).toBe(204);
    expect((await start()).body).toMatchObject({ id, state: 'cancelled' });
  });

  it('write one note on the ticket, by a task that a delegate takes', async () => {
    await using server = await startTestRedis();
    await using world = await startDispatchWorld({ redis: server });
    const redis = await connectRedis(server.url, 'test', () => {});
    try {
      const delegate = await world.join();
      const origin: TaskOrigin = {
        connectorId: 'con_1',
        target: {
          baseUrl: 'https://example.service-now.com/',
          authentication: { kind: 'basic', username: 'integration', password: { secret: 'pw' } },
        },
        selectors: [],
      };
      await putApproval(redis, new Keys('ticketgate'), endedApproval({ origin, spec: { workNotes: true } }));
      const assigned = await delegate.next('task.assign');
      expect(assigned).toMatchObject({
        taskType: 'ticket.update',
        params: { fields: { work_notes: expect.stringContaining('approval apr_1 ended as approved') } },
      });
      const list = async () => (await world.manager.call('GET', '/approvals/apr_1/deliveries')).body.items[0];
      expect((await list()).taskId).toBe(assigned.taskId);
      const ticket = endedApproval().end?.evidence.reading?.ticket;
      finish(delegate, assigned, { kind: 'succeeded', result: { ticket, columns: {}, warnings: [] } });
      await expect.poll(async () => (await list()).state, { timeout: 5_000 }).toBe('delivered');
      expect((await list()).tries).toMatchObject([{ delivered: true, taskId: assigned.taskId }]);
    } finally {
      redis.disconnect();
    }
  });
});
