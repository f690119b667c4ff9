import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { resolveOptions, UsageError } from '#runtime/options.ts';
import { delegateProgram } from '../../../delegate/main.ts';
import { temporaryDirectory } from '../../support/directory.ts';
import { capturingLogger } from '../../support/log.ts';
import { ScriptedManager } from '../../support/scripted-manager.ts';
import { composeAssign, composeCanary, key } from '../../unit/delegate/fixtures.ts';

/** The real program, with a manager that does what the test says. */
async function createProgramWorld(policy: string) {
  const owned = new AsyncDisposableStack();
  const manager = owned.use(await ScriptedManager.start());
  const directory = owned.use(await temporaryDirectory());
  const path = join(directory.path, 'policy.yaml');
  await writeFile(path, policy);
  const flags = { manager: manager.url, token: 'tgd_token', name: 'd1', data: join(directory.path, 'data') };
  const start = async () => {
    const options = resolveOptions(delegateProgram.options, { flags: { ...flags, policy: path }, env: {}, file: {} });
    const service = await delegateProgram.start(options, { logger: capturingLogger().logger, env: {} });
    owned.defer(() => service.close());
  };
  return { manager, path, start, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

describe('a delegate with a policy', () => {
  it('tells it in hello, and rejects what it forbids, whatever the manager gives', async () => {
    await using world = await createProgramWorld('hosts: ["*.example.com"]\ntaskTypes: [ticket.create]\n');
    await world.start();
    const { session, hello } = await world.manager.nextHello();
    expect(hello.policy).toEqual({ hosts: ['*.example.com'], taskTypes: ['ticket.create'] });
    expect(hello.runId).toMatch(/^[0-9a-f-]{36}$/);
    session.send(composeAssign());
    expect(await session.waitForMessage('task.reject')).toEqual({
      type: 'task.reject',
      ...key('task-1'),
      code: 'policy-refused',
      message: 'The delegate refuses this: its policy does not allow the host example.service-now.com.',
    });
    session.send(composeAssign({ taskId: 'task-2', taskType: 'ticket.update' }));
    expect(await session.waitForMessage('task.reject')).toMatchObject({
      ...key('task-2'),
      code: 'policy-refused',
      message: expect.stringContaining('ticket.update'),
    });
    session.send({ type: 'reach.check', checkId: 'check-1', baseUrl: 'https://example.service-now.com/' });
    expect(await session.waitForMessage('reach.result')).toMatchObject({
      checkId: 'check-1',
      found: { kind: 'refused', failure: { code: 'policy-refused' } },
    });
    session.send(composeCanary());
    expect(await session.waitForMessage('task.report')).toMatchObject(key('canary-1'));
    session.send({ type: 'task.report.ack', ...key('canary-1'), status: 'recorded' });
  });

  it('does not start when the file cannot be used', async () => {
    await using world = await createProgramWorld('host: [example.com]\n');
    const refused = await world.start().catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(UsageError);
    expect(refused).toHaveProperty(
      'message',
      expect.stringContaining(`--policy ${world.path}: has unknown properties: host`),
    );
  });
});
