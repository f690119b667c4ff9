import { delegateProgram } from '../../delegate/main.ts';
import { resolveOptions } from '../../runtime/options.ts';
import { temporaryDirectory } from './directory.ts';
import { capturingLogger } from './log.ts';
import { type Answer, startTestManager, type TestManager } from './manager.ts';
import { type RunningSimulator, startSimulator } from './simulator.ts';

export interface Site extends AsyncDisposable {
  readonly manager: TestManager;
  readonly simulator: RunningSimulator;
  /** Creates a change through the whole way; answers with its number. */
  createChange(): Promise<string>;
  startApproval(body: Readonly<Record<string, unknown>>): Promise<Answer>;
  /** The approval once it has ended, or after a minute. */
  approvalEnd(id: string): Promise<Answer['body']>;
}

/** A manager, a delegate and a simulator in this process, with the connector "snow" between them. */
export async function startSite(): Promise<Site> {
  const owned = new AsyncDisposableStack();
  const simulator = owned.use(await startSimulator());
  const manager = owned.use(await startTestManager());
  const data = owned.use(await temporaryDirectory());
  const flags = {
    manager: manager.url,
    token: await manager.delegateToken(),
    name: 'd1',
    tags: 'dc1',
    data: data.path,
  };
  const delegate = await delegateProgram.start(resolveOptions(delegateProgram.options, { flags, env: {}, file: {} }), {
    logger: capturingLogger().logger,
    env: {},
  });
  owned.defer(() => delegate.close());
  await delegate.ready;
  await manager.call('PUT', '/secrets/pw', { value: 'integration-password' });
  const authentication = { kind: 'basic', username: 'integration', password: { secret: 'pw' } };
  await manager.call('POST', '/connectors', { name: 'snow', baseUrl: simulator.url, authentication });
  return {
    manager,
    simulator,
    createChange: async () => {
      const params = { table: 'change_request', fields: { short_description: 'Deploy' } };
      const { body } = await manager.call('POST', '/tasks?waitMs=20000', {
        type: 'ticket.create',
        connector: 'snow',
        params,
      });
      return body.outcome.result.ticket.number;
    },
    startApproval: (body) =>
      manager.call('POST', '/approvals', {
        connector: 'snow',
        table: 'change_request',
        approve: 'approval = approved',
        every: '10s',
        ...body,
      }),
    approvalEnd: async (id) => (await manager.call('GET', `/approvals/${id}?waitMs=60000`)).body,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
