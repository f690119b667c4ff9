import { Webhook } from 'standardwebhooks';
import { describe, expect, it } from 'vitest';
import { failure } from '#protocol/failure.ts';
import type { Outcome } from '#protocol/task.ts';
import type { ApprovalRecord } from '../../../manager/core/approval-record.ts';
import type { Clock } from '../../../manager/core/clock.ts';
import { Deliveries, deliveryLeaseMs } from '../../../manager/core/deliveries.ts';
import type { DeliveryStore } from '../../../manager/core/delivery-store.ts';
import { Refusal } from '../../../manager/core/refusal.ts';
import type { TaskRecord } from '../../../manager/core/task-record.ts';
import type { Submission } from '../../../manager/core/tasks.ts';
import type { Notice } from '../../../manager/core/waiters.ts';
import type { WebhookTarget } from '../../../manager/core/webhook-target.ts';
import { RedisApprovalStore } from '../../../manager/redis/approval-store.ts';
import { connectRedis, type Redis } from '../../../manager/redis/connection.ts';
import { RedisDeliveryStore } from '../../../manager/redis/delivery-store.ts';
import { Keys } from '../../../manager/redis/keys.ts';
import { systemClock } from '../../../manager/system-clock.ts';
import { AddressGuard, readAllowed } from '../../../manager/webhooks/address-guard.ts';
import { signer } from '../../../manager/webhooks/signature.ts';
import { WebhookClient } from '../../../manager/webhooks/webhook-client.ts';
import { endedApproval, putApproval } from '../../support/ended-approval.ts';
import { capturingLogger } from '../../support/log.ts';
import { startTestRedis } from '../../support/manager.ts';
import { reset, silence, startReceiver, status } from '../../support/webhook-target.ts';

const secret = `whsec_${Buffer.from('0123456789abcdef0123456789abcdef').toString('base64')}`;

interface ManagerParts {
  readonly store?: (store: DeliveryStore) => DeliveryStore;
  readonly target?: WebhookTarget;
  readonly secretFault?: () => string | undefined;
  readonly submit?: (submission: Submission) => Promise<TaskRecord>;
  readonly isDue?: () => boolean;
}

/** A Redis, and any number of managers that tell what ends. Time passes by itself, and in leaps. */
async function startWorld() {
  const owned = new AsyncDisposableStack();
  const server = owned.use(await startTestRedis());
  const redis: Redis = await connectRedis(server.url, 'test', () => {});
  owned.defer(() => redis.disconnect());
  const keys = new Keys('ticketgate');
  let aheadMs = 0;
  const clock: Clock = { now: () => Date.now() + aheadMs, setTimer: systemClock.setTimer };
  const approvals = new RedisApprovalStore(redis, keys, 3_600_000);
  const listeners = new Set<(notice: Notice) => void>();
  const { logger, text } = capturingLogger();
  const allowed = readAllowed('127.0.0.1');
  const guard = new AddressGuard(allowed ? [allowed] : []);
  const manager = (parts: ManagerParts = {}): Deliveries => {
    const plain = new RedisDeliveryStore(redis, keys);
    const deliveries = new Deliveries({
      approvals,
      store: parts.store?.(plain) ?? plain,
      target: parts.target ?? new WebhookClient({ guard, clock, timeoutMs: 400 }),
      signer,
      secrets: {
        use: async (_name, _use, work) => {
          const fault = parts.secretFault?.();
          return fault === undefined ? { done: work(secret) } : { fault };
        },
      },
      tasks: { submit: parts.submit ?? (() => Promise.reject(new Error('no task in this test'))) },
      notices: {
        subscribe: (listener) => {
          listeners.add(listener);
          return () => listeners.delete(listener);
        },
      },
      clock,
      chance: () => 0.5,
      log: logger,
      isDue: parts.isDue ?? (() => true),
      version: 'test',
    });
    owned.defer(() => deliveries.close());
    deliveries.start();
    return deliveries;
  };
  return {
    redis,
    keys,
    manager,
    log: text,
    /** Lets so much time have passed. */
    pass: (ms: number) => {
      aheadMs += ms;
    },
    /** Ends an approval. */
    end: async (record: ApprovalRecord, keptMs?: number) => {
      await putApproval(redis, keys, record, keptMs);
      for (const listener of listeners) listener({ kind: 'approval-ended', approvalId: record.spec.id });
    },
    due: () => redis.zcard(keys.deliveriesDue()),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

function withWebhook(url: string, id = 'apr_1'): ApprovalRecord {
  return endedApproval({ id, spec: { webhook: { url, secret: 'hook' } } });
}

async function webhookOf(deliveries: Deliveries, id = 'apr_1') {
  const [webhook] = await deliveries.list(id);
  if (!webhook) throw new Error('there is no delivery');
  return webhook;
}

describe('the webhook of an approval that ended', () => {
  it('is delivered once, signed, and verified by the Standard Webhooks library', async () => {
    await using world = await startWorld();
    await using receiver = await startReceiver();
    const deliveries = world.manager();
    await world.end(withWebhook(`${receiver.url}/hooks/T0/secret?key=1`));
    await expect.poll(() => receiver.received.length).toBe(1);
    const [message] = receiver.received;
    const headers = message?.headers as Record<string, string>;
    expect(new Webhook(secret).verify(message?.body ?? '', headers)).toMatchObject({
      type: 'approval.approved',
      timestamp: expect.stringMatching(/^\d{4}-.*Z$/),
      data: { id: 'apr_1', state: 'approved', evidence: { rule: 'approval = approved' } },
    });
    expect(headers).toMatchObject({ 'webhook-id': 'msg_apr_1', 'content-type': 'application/json' });
    expect(headers['user-agent']).toBe('Ticketgate/test');
    await expect.poll(world.due).toBe(0);
    expect(await webhookOf(deliveries)).toEqual({
      kind: 'webhook',
      state: 'delivered',
      messageId: 'msg_apr_1',
      target: `${receiver.url}/…`,
      tries: [
        {
          at: expect.any(String),
          durationMs: expect.any(Number),
          delivered: true,
          detail: 'answered 204',
          status: 204,
        },
      ],
    });
    expect(await world.redis.pttl(world.keys.deliveries('apr_1'))).toBeGreaterThan(3_500_000);
    expect(world.log()).not.toContain(secret);
  });

  it('is tried again after every kind of failure, with the same id and body, until it is taken', async () => {
    await using world = await startWorld();
    await using receiver = await startReceiver();
    receiver.answer(
      status(500, {}, 'oops'),
      silence,
      reset,
      status(302, { location: 'https://a.example/x' }),
      status(200),
    );
    const deliveries = world.manager();
    await world.end(withWebhook(receiver.url));
    const triesOf = async () => (await webhookOf(deliveries)).tries;
    for (let n = 1; n <= 4; n += 1) {
      await expect.poll(async () => (await triesOf()).length, { timeout: 5_000 }).toBe(n);
      expect((await webhookOf(deliveries)).state).toBe('waiting');
      world.pass(3_600_000);
    }
    await expect.poll(async () => (await webhookOf(deliveries)).state).toBe('delivered');
    expect((await triesOf()).map(({ detail, status, answer }) => [detail, status, answer])).toEqual([
      ['answered 500', 500, 'oops'],
      ['no answer within 0.4 s', undefined, undefined],
      ['the connection was cut before an answer (ECONNRESET)', undefined, undefined],
      ['answered 302, a redirect, to a.example, which is not followed', 302, ''],
      ['answered 200', 200, undefined],
    ]);
    expect(new Set(receiver.received.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
    expect(new Set(receiver.received.map(({ body }) => body)).size).toBe(1);
    for (const { headers } of receiver.received) expect(headers['webhook-signature']).toMatch(/^v1,/);
  }, 20_000);

  it('is tried again when nothing listened, or its secret was away', async () => {
    await using world = await startWorld();
    const gone = await startReceiver();
    await gone[Symbol.asyncDispose]();
    let fault: string | undefined = 'there is no secret "hook"';
    const deliveries = world.manager({ secretFault: () => fault });
    await world.end(withWebhook(gone.url));
    const details = async () => (await webhookOf(deliveries)).tries.map(({ detail }) => detail);
    await expect.poll(details).toEqual(['it could not be signed: there is no secret "hook"']);
    fault = undefined;
    world.pass(10_000);
    await expect.poll(details).toHaveLength(2);
    expect((await details())[1]).toBe('nothing listens there (ECONNREFUSED)');
  });

  it('is given up at once when the target is gone for good, and tried again when somebody asks', async () => {
    await using world = await startWorld();
    await using receiver = await startReceiver();
    receiver.answer(status(410), status(200));
    const deliveries = world.manager();
    await world.end(withWebhook(receiver.url));
    await expect.poll(async () => (await webhookOf(deliveries)).state).toBe('given-up');
    expect((await webhookOf(deliveries)).because).toContain('410');
    expect(await world.due()).toBe(0);
    expect(await deliveries.retry('apr_1', 'webhook')).toMatchObject({ kind: 'webhook', tries: [{ status: 410 }] });
    await expect.poll(async () => (await webhookOf(deliveries)).state).toBe('delivered');
    const refusal = await deliveries.retry('apr_1', 'webhook').catch((error: unknown) => error);
    expect(refusal).toMatchObject({ code: 'delivery-made' });
  });

  it('waits as long as the target asks', async () => {
    await using world = await startWorld();
    await using receiver = await startReceiver();
    receiver.answer(status(503, { 'retry-after': '1800' }), status(200));
    const deliveries = world.manager();
    await world.end(withWebhook(receiver.url));
    const next = async () => Date.parse((await webhookOf(deliveries)).nextTryAt ?? '') - Date.now();
    await expect.poll(next).toBeGreaterThan(1_700_000);
    world.pass(1_900_000);
    await expect.poll(async () => (await webhookOf(deliveries)).state).toBe('delivered');
  });

  it('is delivered once by two managers, and by the other one when the first has gone', async () => {
    await using world = await startWorld();
    await using receiver = await startReceiver();
    const first = world.manager();
    const second = world.manager();
    for (let n = 0; n < 20; n += 1) await world.end(withWebhook(receiver.url, `apr_${n}`));
    await expect.poll(() => receiver.received.length).toBe(20);
    await expect.poll(world.due).toBe(0);
    await first.close();
    await world.end(withWebhook(receiver.url, 'apr_last'));
    await expect.poll(async () => (await webhookOf(second, 'apr_last')).state).toBe('delivered');
    expect(new Set(receiver.received.map(({ headers }) => headers['webhook-id'])).size).toBe(21);
    expect(receiver.received).toHaveLength(21);
  });

  it('is delivered again, with the same id, when a manager dies after sending and before recording', async () => {
    await using world = await startWorld();
    await using receiver = await startReceiver();
    let isDead = false;
    const burial = Promise.withResolvers<void>();
    const settle = () => {
      isDead = true;
      return burial.promise;
    };
    world.manager({ isDue: () => !isDead, store: (store) => withSettle(store, settle) });
    await world.end(withWebhook(receiver.url));
    await expect.poll(() => receiver.received.length).toBe(1);
    const second = world.manager();
    expect(await world.due()).toBe(1);
    world.pass(deliveryLeaseMs);
    await expect.poll(() => receiver.received.length).toBe(2);
    expect(receiver.received.map(({ headers }) => headers['webhook-id'])).toEqual(['msg_apr_1', 'msg_apr_1']);
    await expect.poll(async () => (await webhookOf(second)).state).toBe('delivered');
    await expect.poll(world.due).toBe(0);
    burial.resolve();
  });

  it('stays delivered, whatever a manager records whose lease was over', async () => {
    await using world = await startWorld();
    await using receiver = await startReceiver();
    const held = Promise.withResolvers<void>();
    const slow: WebhookTarget = {
      findFault: async () => undefined,
      post: async () => {
        await held.promise;
        return { kind: 'no-answer', detail: 'late' };
      },
    };
    let looks = true;
    const late = world.manager({ target: slow, isDue: () => looks });
    await world.end(withWebhook(receiver.url));
    await expect.poll(async () => world.redis.hlen(world.keys.deliveries('apr_1'))).toBe(1);
    looks = false;
    world.pass(deliveryLeaseMs);
    const second = world.manager();
    await expect.poll(async () => (await webhookOf(second)).state, { timeout: 5_000 }).toBe('delivered');
    held.resolve();
    await expect.poll(async () => (await webhookOf(second)).tries.map(({ detail }) => detail)).toContain('late');
    expect((await webhookOf(late)).state).toBe('delivered');
    expect(await world.due()).toBe(0);
  });

  it('is broken off when its manager stops, and due again at once', async () => {
    await using world = await startWorld();
    await using receiver = await startReceiver();
    receiver.answer(silence, status(200));
    const hasLongTime = new WebhookClient({
      guard: new AddressGuard([readAllowed('127.0.0.1')].filter((entry) => entry !== undefined)),
      clock: systemClock,
      timeoutMs: 20_000,
    });
    const first = world.manager({ target: hasLongTime });
    await world.end(withWebhook(receiver.url));
    await expect.poll(() => receiver.received.length).toBe(1);
    await first.close();
    const second = world.manager();
    await expect.poll(async () => (await webhookOf(second)).state).toBe('delivered');
    expect((await webhookOf(second)).tries[0]).toMatchObject({ detail: 'the manager was stopped meanwhile' });
  });

  it('to a target that is silent does not hold up the others', async () => {
    await using world = await startWorld();
    await using slow = await startReceiver();
    await using quick = await startReceiver();
    slow.answer(silence);
    world.manager({
      target: new WebhookClient({
        guard: new AddressGuard([readAllowed('127.0.0.1')].filter((entry) => entry !== undefined)),
        clock: systemClock,
        timeoutMs: 10_000,
      }),
    });
    for (let n = 0; n < 100; n += 1) await putApproval(world.redis, world.keys, withWebhook(slow.url, `apr_slow_${n}`));
    for (let n = 0; n < 20; n += 1) await world.end(withWebhook(quick.url, `apr_quick_${n}`));
    await expect.poll(() => quick.received.length, { timeout: 5_000 }).toBe(20);
    expect(slow.received.length).toBeLessThanOrEqual(8);
  });

  it('keeps its approval until it was told, however short the retention', async () => {
    await using world = await startWorld();
    await using receiver = await startReceiver();
    receiver.answer(status(503, { 'retry-after': '3600' }));
    const deliveries = world.manager();
    await world.end(withWebhook(receiver.url), 60_000);
    await expect.poll(async () => (await webhookOf(deliveries)).tries.length).toBe(1);
    for (const key of [world.keys.approval('apr_1'), world.keys.deliveries('apr_1'), world.keys.deliveryTries('apr_1')])
      expect(await world.redis.pttl(key)).toBeGreaterThan(3_600_000);
  });

  it('is forgotten with its approval', async () => {
    await using world = await startWorld();
    world.manager();
    await world.redis.zadd(world.keys.deliveriesDue(), 1, 'apr_gone');
    await expect.poll(world.due).toBe(0);
    expect(await world.redis.exists(world.keys.deliveries('apr_gone'))).toBe(0);
  });

  it('names what still needs its secret', async () => {
    await using world = await startWorld();
    const deliveries = world.manager({ isDue: () => false });
    await world.end(withWebhook('https://hooks.example.com/'));
    expect(await deliveries.usersOf('hook')).toEqual(['the webhook of approval apr_1']);
    expect(await deliveries.usersOf('other')).toEqual([]);
  });
});

/** Tasks as they are submitted: one for each key, which ends as the test says. */
function scriptedTasks() {
  const submissions: Submission[] = [];
  const outcomes = new Map<string, Outcome>();
  const keys: string[] = [];
  const submit = async (submission: Submission): Promise<TaskRecord> => {
    submissions.push(submission);
    const key = submission.idempotencyKey ?? '';
    if (!keys.includes(key)) keys.push(key);
    const id = `tsk_${keys.indexOf(key) + 1}`;
    const spec = { id, createdAt: Date.now() } as TaskRecord['spec'];
    return { spec, outcome: outcomes.get(id) } as TaskRecord;
  };
  return { submissions, outcomes, keys, submit };
}

describe('the work notes of an approval that ended', () => {
  const noted = () => endedApproval({ spec: { workNotes: true } });
  const notesOf = async (deliveries: Deliveries) => (await deliveries.list('apr_1'))[0];
  const written: Outcome = { kind: 'succeeded', result: {} };

  it('are written by one task, however often it is asked for', async () => {
    await using world = await startWorld();
    const tasks = scriptedTasks();
    const deliveries = world.manager({ submit: tasks.submit });
    await world.end(noted());
    await expect.poll(async () => (await notesOf(deliveries))?.taskId).toBe('tsk_1');
    expect(await notesOf(deliveries)).toMatchObject({ kind: 'work-notes', state: 'waiting', tries: [] });
    tasks.outcomes.set('tsk_1', written);
    await expect.poll(async () => (await notesOf(deliveries))?.state, { timeout: 5_000 }).toBe('delivered');
    expect((await notesOf(deliveries))?.tries).toMatchObject([{ delivered: true, taskId: 'tsk_1' }]);
    expect(tasks.submissions.length).toBeGreaterThan(1);
    expect(new Set(tasks.submissions.map((each) => JSON.stringify(each))).size).toBe(1);
    expect(tasks.submissions[0]).toMatchObject({
      type: 'ticket.update',
      params: {
        table: 'change_request',
        sysId: '9d385017c611228701d22104cc95c371',
        fields: {
          work_notes: expect.stringMatching(/approval apr_1 ended as approved.*\nRule: approval = approved\n/),
        },
      },
      idempotencyKey: 'approval-work-notes\napr_1\n0',
    });
  });

  it('are tried again by another task when the first ended without them, and never after an unknown end', async () => {
    await using world = await startWorld();
    const tasks = scriptedTasks();
    const deliveries = world.manager({ submit: tasks.submit });
    tasks.outcomes.set('tsk_1', { kind: 'expired', failure: failure('no-eligible-delegate', 'nobody', 'start one') });
    tasks.outcomes.set('tsk_2', { kind: 'failed', failure: failure('outcome-unknown', 'lost', 'look') });
    await world.end(noted());
    await expect.poll(async () => (await notesOf(deliveries))?.tries.length).toBe(1);
    world.pass(10_000);
    await expect.poll(async () => (await notesOf(deliveries))?.state).toBe('given-up');
    expect((await notesOf(deliveries))?.tries.map(({ taskId, detail }) => [taskId, detail])).toEqual([
      ['tsk_1', 'nobody'],
      ['tsk_2', 'lost'],
    ]);
    tasks.outcomes.set('tsk_3', written);
    await deliveries.retry('apr_1', 'work-notes');
    await expect.poll(async () => (await notesOf(deliveries))?.state).toBe('delivered');
  });

  it('are asked for under the same key when it is not known whether the task was begun', async () => {
    await using world = await startWorld();
    const tasks = scriptedTasks();
    tasks.outcomes.set('tsk_1', written);
    let broken = true;
    const submit = async (submission: Submission) => {
      const task = await tasks.submit(submission);
      if (broken) throw new Error('the connection broke');
      return task;
    };
    const deliveries = world.manager({ submit });
    await world.end(noted());
    await expect.poll(async () => (await notesOf(deliveries))?.tries.length).toBe(1);
    broken = false;
    world.pass(10_000);
    await expect.poll(async () => (await notesOf(deliveries))?.state).toBe('delivered');
    expect(tasks.keys).toHaveLength(1);
  });

  it('are given up when the ticket was never read', async () => {
    await using world = await startWorld();
    const deliveries = world.manager();
    const at = new Date().toISOString();
    const evidence = { rule: 'cancelled by a caller', decidedAt: at };
    await world.end(
      endedApproval({ spec: { workNotes: true }, end: { state: 'cancelled', evidence, endedAt: Date.now() } }),
    );
    await expect.poll(async () => (await notesOf(deliveries))?.state).toBe('given-up');
    expect((await notesOf(deliveries))?.because).toContain('never read');
  });

  it('and a webhook go their own ways: the failure of one does not hold up the other', async () => {
    await using world = await startWorld();
    await using receiver = await startReceiver();
    const deliveries = world.manager({ submit: () => Promise.reject(new Error('it broke')) });
    await world.end(endedApproval({ spec: { workNotes: true, webhook: { url: receiver.url, secret: 'hook' } } }));
    const states = async () => (await deliveries.list('apr_1')).map(({ kind, state }) => [kind, state]);
    await expect.poll(states).toEqual([
      ['webhook', 'delivered'],
      ['work-notes', 'waiting'],
    ]);
    expect((await deliveries.list('apr_1'))[1]?.tries).toMatchObject([
      { delivered: false, detail: 'the manager could not do it: it broke' },
    ]);
    world.pass(10_000);
    await expect.poll(async () => (await deliveries.list('apr_1'))[1]?.tries.length).toBe(2);
    expect(receiver.received).toHaveLength(1);
  });
});

describe('a delivery that is asked for again', () => {
  it('is refused where there is nothing to tell', async () => {
    await using world = await startWorld();
    const deliveries = world.manager({ isDue: () => false });
    const waiting = endedApproval({ id: 'apr_2', spec: { webhook: { url: 'https://a.example/', secret: 'hook' } } });
    await putApproval(world.redis, world.keys, { ...waiting, end: undefined });
    await putApproval(world.redis, world.keys, endedApproval());
    const codeOf = (id: string, kind: 'webhook' | 'work-notes') =>
      deliveries.retry(id, kind).catch((error: unknown) => (error instanceof Refusal ? error.code : error));
    expect(await codeOf('apr_none', 'webhook')).toBe('approval-not-found');
    expect(await codeOf('apr_1', 'webhook')).toBe('delivery-not-found');
    expect(await codeOf('apr_2', 'webhook')).toBe('approval-waiting');
    expect(await codeOf('apr_2', 'work-notes')).toBe('delivery-not-found');
    expect((await webhookOf(deliveries, 'apr_2')).state).toBe('pending');
  });
});

function withSettle(store: DeliveryStore, settle: DeliveryStore['settle']): DeliveryStore {
  return {
    claim: (...args) => store.claim(...args),
    open: (...args) => store.open(...args),
    drop: (...args) => store.drop(...args),
    renew: (...args) => store.renew(...args),
    read: (...args) => store.read(...args),
    openIds: () => store.openIds(),
    settle,
  };
}
