import { Buffer } from 'node:buffer';
import { setTimeout } from 'node:timers/promises';
import type { ApprovalView } from '#protocol/approval.ts';
import { OperationError } from './api-errors.ts';
import { CreatedToken, DelegateView, listOf, SecretView } from './api-views.ts';
import { searchFiles } from './demo-checks.ts';
import { showFigures } from './demo-figures.ts';
import { openGate, startGate } from './demo-gate.ts';
import { type DemoSteps, StepBroken } from './demo-steps.ts';
import { addConnector, createChange, explainMissing, instance, repeatChange } from './demo-tickets.ts';
import { type DemoWorld, demoDelegates } from './demo-world.ts';

/** Tells the story of the demo, step by step; `broken` when a step did not hold, and it has said so. */
export async function tellStory(world: DemoWorld, steps: DemoSteps, password: string): Promise<'told' | 'broken'> {
  const startedAt = performance.now();
  try {
    await startWorld(world, steps, password);
    const test = await addConnector(world, steps);
    const ticket = await createChange(world, steps);
    await repeatChange(world, steps, ticket);
    await explainMissing(world, steps);
    const gate: ApprovalView = await startGate(world, steps, ticket);
    await openGate(world, steps, gate);
    await instance.holdsOneTicket(world, steps, ticket);
    await findNoPassword(world, steps, password);
    await showFigures(world, steps, { test, totalMs: performance.now() - startedAt });
    return 'told';
  } catch (error) {
    if (error instanceof StepBroken) return 'broken';
    throw error;
  }
}

async function startWorld(world: DemoWorld, steps: DemoSteps, password: string): Promise<void> {
  await steps.run('start', async () => {
    await world.startSimulatorAndManager();
    const { managerUrl, simulatorUrl } = world.addresses();
    return {
      value: undefined,
      says: `manager with embedded Redis at ${managerUrl}, simulated ServiceNow at ${simulatorUrl}`,
      data: { managerUrl, simulatorUrl },
    };
  });
  const token = await steps.run('delegate token', async () => {
    const created = await world.api.call(CreatedToken, 'POST', '/delegate-tokens', {
      body: { name: 'demo', expires: '1d' },
    });
    return { value: created.token, says: 'made; it is shown once and stored as a hash' };
  });
  await steps.run('delegates', async () => {
    await Promise.all(demoDelegates.map((delegate) => world.startDelegate(delegate, token)));
    const online = await waitForOnline(world);
    if (online < demoDelegates.length)
      throw new OperationError(
        `${online} of ${demoDelegates.length} delegates are online`,
        'Look at their logs: run it again with --keep.',
      );
    return {
      value: undefined,
      says: `${online} online: each has answered a canary, a task that does nothing`,
      details: demoDelegates.map(({ name, tags }) => `${name} holds ${tags.join(', ')}`),
    };
  });
  await steps.run('secret', async () => {
    await world.api.call(SecretView, 'PUT', '/secrets/servicenow-password', { body: { value: password } });
    return { value: undefined, says: 'the password is stored, encrypted under a key of its own' };
  });
}

/** A welcomed delegate is online once it has answered its first canary. */
async function waitForOnline(world: DemoWorld): Promise<number> {
  const until = performance.now() + onlineWithinMs;
  while (true) {
    const { items } = await world.api.call(listOf(DelegateView), 'GET', '/delegates');
    const online = items.filter(({ state }) => state === 'online').length;
    if (online === demoDelegates.length || performance.now() > until) return online;
    await setTimeout(100);
  }
}

const onlineWithinMs = 20_000;

/** Looks for the password as it is, and as it goes over the wire in basic authentication. */
async function findNoPassword(world: DemoWorld, steps: DemoSteps, password: string): Promise<void> {
  await steps.run('no password at rest', async () => {
    const texts = [password, Buffer.from(`${instance.username}:${password}`).toString('base64')];
    const { read, bytes, hits } = await searchFiles(world.directory, texts);
    const printed = world.programs.filter(({ printed }) => texts.some((text) => printed.includes(text)));
    const found = [...hits, ...printed.map(({ name }) => `the output of ${name}`)];
    if (found.length > 0)
      throw new OperationError(`the password stands in ${found.join(', ')}`, 'Report this as a fault of Ticketgate.');
    const redisFiles = await searchFiles(`${world.directory}/manager/redis`, ['servicenow-password']);
    if (redisFiles.hits.length === 0)
      throw new OperationError(
        "Redis' append-only file holds nothing of the demo",
        'Report this as a fault of the demo.',
      );
    return {
      value: undefined,
      says: `searched ${read} files, ${Math.round(bytes / 1024)} kB: Redis' append-only file, data, and the log of every program`,
      data: { files: read, bytes },
    };
  });
}
