import type { Message, ReachFinding } from '#protocol/messages.ts';
import { type Answer, fastTiming, startTestManager, type TestManager } from './manager.ts';
import { ScriptedDelegate } from './scripted-delegate.ts';

export interface DispatchWorld extends AsyncDisposable {
  readonly manager: TestManager;
  readonly token: string;
  /** A welcomed delegate; each name has an instance id of its own. */
  join(name?: string, hello?: Partial<Message<'hello'>>, manager?: TestManager): Promise<ScriptedDelegate>;
  /** A delegate of this version: it answers canaries, and says of every instance what it is told to; undefined: nothing. */
  joinModern(
    name: string,
    found: ReachFinding | undefined,
    hello?: Partial<Message<'hello'>>,
    manager?: TestManager,
  ): Promise<ScriptedDelegate>;
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
export const succeeded = { kind: 'succeeded', result: readResult } as const;

/** Accepts an assignment and reports its end, without waiting for the acknowledgement. */
export function finish(
  delegate: ScriptedDelegate,
  { taskId, attempt }: Message<'task.assign'>,
  outcome: Message<'task.report'>['outcome'] = succeeded,
): void {
  delegate.send({ type: 'task.accept', taskId, attempt });
  delegate.send({ type: 'task.report', taskId, attempt, outcome, sideEffect: false, notes: [] });
}

/** From now on every task succeeds at once; answers with the tasks that it was given, in order. */
export function serve(delegate: ScriptedDelegate): string[] {
  const given: string[] = [];
  delegate.onMessage((message) => {
    if (message.type !== 'task.assign') return;
    given.push(message.taskId);
    finish(delegate, message);
  });
  return given;
}

/** A manager with a connector that points nowhere: what delegates say of it is up to the test. */
export async function startDispatchWorld(
  settings: NonNullable<Parameters<typeof startTestManager>[0]> = {},
): Promise<DispatchWorld> {
  const owned = new AsyncDisposableStack();
  const manager = owned.use(await startTestManager(settings));
  await manager.call('PUT', '/secrets/pw', { value: 'correct horse' });
  const connector = {
    name: 'snow',
    baseUrl: 'https://example.service-now.com/',
    authentication: { kind: 'basic', username: 'integration', password: { secret: 'pw' } },
  };
  await manager.call('POST', '/connectors?skipValidation=true', connector);
  const token = await manager.delegateToken(`token-${Math.random()}`);
  const heartbeatMs = settings.timing?.heartbeatMs ?? fastTiming.heartbeatMs;
  const join: DispatchWorld['joinModern'] = async (name, found, hello, at = manager) => {
    const said = { name, instanceId: instanceIdOf(name), ...hello };
    return owned.use(await ScriptedDelegate.join(at.url, token, said, found)).keepAlive(heartbeatMs);
  };
  return {
    manager,
    token,
    join: (name = 'a', hello = {}, at = manager) => join(name, undefined, hello, at),
    joinModern: (name, found, hello = {}, at = manager) =>
      join(name, found, { ...ScriptedDelegate.modern, ...hello }, at),
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
