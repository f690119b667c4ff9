import { Queue, QueueEvents, Worker } from 'bullmq';
import { Agent, request } from 'undici';
import type { Message } from '#protocol/messages.ts';
import { defaultTiming } from '../../manager/core/timing.ts';
import { openRedis } from '../../manager/redis/connection.ts';
import { readParams, readResult, startDispatchWorld } from '../support/dispatch-world.ts';
import { startTestRedis, type TestRedis } from '../support/manager.ts';
import type { ScriptedDelegate } from '../support/scripted-delegate.ts';
import { measure, median, type Round } from './measure.ts';

const size = { count: 1_500, width: 64, single: 150 };
const rounds = 3;
const delegates = 10;

/**
 * Submission over HTTP to outcome, through Redis with every write on disk, a WebSocket and a delegate that answers at
 * once, against a bare BullMQ full cycle (add, work, wait until finished) on the same Redis in the same rounds.
 */
export async function benchDispatch(): Promise<void> {
  await using redis = await startTestRedis();
  await using bare = await startBareBullMq(redis);
  await using ours = await startOurs(redis);
  const bareRounds: Round[] = [];
  const ourRounds: Round[] = [];
  await measure(bare.step, { count: 200, width: 8, single: 10 });
  await measure(ours.step, { count: 200, width: 8, single: 10 });
  for (let round = 0; round < rounds; round += 1) {
    bareRounds.push(await measure(bare.step, size));
    ourRounds.push(await measure(ours.step, size));
  }
  print('bare BullMQ', bareRounds);
  print(`ticketgate over HTTP, ${delegates} delegates`, ourRounds);
  const throughput = median(ourRounds.map((round, n) => round.throughput / (bareRounds[n]?.throughput ?? Number.NaN)));
  const latency = median(ourRounds.map((round, n) => round.latencyMs / (bareRounds[n]?.latencyMs ?? Number.NaN)));
  process.stdout.write(`ratio, ours to bare: throughput ${throughput.toFixed(2)}, latency ${latency.toFixed(2)}\n`);
}

function print(name: string, results: readonly Round[]): void {
  const throughput = median(results.map((round) => round.throughput)).toFixed(0);
  const latency = median(results.map((round) => round.latencyMs)).toFixed(2);
  process.stdout.write(`${name}: ${throughput} tasks/s with ${size.width} in flight, ${latency} ms one at a time\n`);
}

async function startBareBullMq(server: TestRedis) {
  const connect = () =>
    openRedis(server.url, { connectionName: 'bench', maxRetriesPerRequest: null, retryStrategy: () => 100 });
  const connections = [connect(), connect(), connect()] as const;
  const queue = new Queue('bare', { connection: connections[0] });
  const events = new QueueEvents('bare', { connection: connections[1] });
  const worker = new Worker('bare', async () => readResult, { connection: connections[2], concurrency: size.width });
  queue.setMaxListeners(0);
  await Promise.all([queue.waitUntilReady(), events.waitUntilReady(), worker.waitUntilReady()]);
  return {
    step: async () => {
      const job = await queue.add('read', readParams, { removeOnComplete: { count: 1_000 } });
      await job.waitUntilFinished(events);
    },
    [Symbol.asyncDispose]: async () => {
      await worker.close();
      await events.close();
      await queue.close();
      for (const connection of connections) connection.disconnect();
    },
  };
}

async function startOurs(server: TestRedis) {
  const world = await startDispatchWorld({ redis: server, timing: defaultTiming });
  for (let n = 0; n < delegates; n += 1) answerAll(await world.join(`d${n}`, { capacity: 100 }));
  const agent = new Agent({ connections: size.width });
  const { manager } = world;
  const body = JSON.stringify({ type: 'ticket.read', connector: 'snow', params: readParams });
  const headers = { authorization: `Bearer ${manager.adminToken}`, 'content-type': 'application/json' };
  return {
    step: async () => {
      const answer = await request(`${manager.url}/api/v1/tasks?waitMs=30000`, {
        method: 'POST',
        headers,
        body,
        dispatcher: agent,
      });
      const task = (await answer.body.json()) as { state: string };
      if (task.state !== 'succeeded') throw new Error(JSON.stringify(task));
    },
    [Symbol.asyncDispose]: async () => {
      await agent.close();
      await world[Symbol.asyncDispose]();
    },
  };
}

/** A delegate without ServiceNow: accepts and reports at once, until its session ends. */
function answerAll(delegate: ScriptedDelegate): void {
  delegate.onMessage((message) => {
    if (message.type !== 'task.assign') return;
    const { taskId, attempt } = message;
    delegate.send({ type: 'task.accept', taskId, attempt });
    const report: Message<'task.report'> = {
      type: 'task.report',
      taskId,
      attempt,
      outcome: { kind: 'succeeded', result: readResult },
      sideEffect: false,
      notes: [],
    };
    delegate.send(report);
  });
}
