import type { Message } from '#protocol/messages.ts';
import type { Timing } from '../../manager/core/timing.ts';
import { type Answer, fastTiming, startTestManager, type TestManager, type TestRedis } from './manager.ts';
import { ScriptedDelegate } from './scripted-delegate.ts';

export interface DispatchWorld extends AsyncDisposable {
  readonly manager: TestManager;
  readonly token: string;
  /** A welcomed delegate; each name has an instance id of its own. */
  join(name?: string, hello?: Partial<Message<'hello'>>): Promise<ScriptedDelegate>;
  /** Submits a task of the connector "snow". */
  submit(type: string, params: unknown, more?: SubmitOptions): Promise<Answer>;
  /** The task, once it has ended or after some seconds. */
  ended(taskId: string): Promise<Answer['body']>;
}

interface SubmitOptions {
  readonly selectors?: readonly string[];
  readonly limits?: Readonly<Record<string, string>>;
  readonly idempotencyKey?: string;
}

export const ticketParams = { table: 'change_request', fields: { short_description: 'Deploy' } };
export const readParams = { table: 'change_request', numbers: ['CHG0000001'], fields: ['state'] };
export const readResult = { tickets: [], missing: ['CHG0000001'] };

/** A manager with a connector that points nowhere: what delegates say of it is up to the test. */
export async function startDispatchWorld(
  settings: { redis?: TestRedis; timing?: Partial<Timing> } = {},
): Promise<DispatchWorld> {
  const owned = new AsyncDisposableStack();
  const manager = owned.use(await startTestManager(settings));
  await manager.call('PUT', '/secrets/pw', { value: 'correct horse' });
  const connector = {
    name: 'snow',
    baseUrl: 'https://example.service-now.com/',
    authentication: { kind: 'basic', username: 'integration', secret: 'pw' },
  };
  await manager.call('POST', '/connectors?skipValidation=true', connector);
  const token = await manager.delegateToken(`token-${Math.random()}`);
  return {
    manager,
    token,
    join: async (name = 'a', hello = {}) =>
      owned
        .use(await ScriptedDelegate.join(manager.url, token, { name, instanceId: instanceIdOf(name), ...hello }))
        .keepAlive(fastTiming.heartbeatMs),
    submit: (type, params, { idempotencyKey, ...more } = {}) =>
      manager.call(
        'POST',
        '/tasks',
        { type, connector: 'snow', params, ...more },
        idempotencyKey === undefined ? {} : { headers: { 'idempotency-key': idempotencyKey } },
      ),
    ended: async (taskId) => (await manager.call('GET', `/tasks/${taskId}?waitMs=10000`)).body,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

function instanceIdOf(name: string): string {
  return `${Buffer.from(name).toString('hex').padEnd(8, '0').slice(0, 8)}-0000-4000-8000-000000000000`;
}
