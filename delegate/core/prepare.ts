import type { Message, TaskAssign } from '#protocol/messages.ts';
import { isTaskType, type Params, type TaskType, taskTypes } from '#protocol/task-types.ts';
import { type Check, compileCheck, describeFaults } from '#protocol/validation.ts';
import type { HandlerResult, Handlers, OpenTarget, TaskContext } from './handler.ts';
import type { LinkSession } from './link.ts';

export type RejectCode = Message<'task.reject'>['code'];

/** An assignment whose parameters were checked and whose secret is open. */
export interface Prepared {
  readonly taskType: TaskType;
  readonly target: OpenTarget;
  readonly begin: (context: TaskContext) => Promise<HandlerResult<TaskType>>;
}

export interface Rejection {
  readonly code: RejectCode;
  readonly message: string;
}

/** Checks an assignment as the untrusted input that it is, opens its secret, and finds its handler. */
export function prepare(
  assign: TaskAssign,
  session: Pick<LinkSession, 'openSecret'>,
  handlers: Handlers,
): Prepared | Rejection {
  if (!isTaskType(assign.taskType))
    return unsupported(`This delegate does not know the task type ${JSON.stringify(assign.taskType)}.`);
  const bound = bind(assign.taskType, assign.params, handlers);
  if ('faults' in bound) return unsupported(`The parameters of ${assign.taskType} cannot be read: ${bound.faults}.`);
  if (!assign.target) return unsupported(`${assign.taskType} came without a target.`);
  const baseUrl = normalizeBaseUrl(assign.target.baseUrl);
  if (baseUrl === undefined) return unsupported('The base URL of the target is not an http or https URL.');
  const { username, password: sealed } = assign.target.authentication;
  const { taskId, attempt } = assign;
  const password = session.openSecret(sealed, { taskId, attempt, field: 'password' });
  if (password === undefined)
    return { code: 'secret-unreadable', message: 'The password was not sealed to this session and assignment.' };
  const target: OpenTarget = { baseUrl, authentication: { kind: 'basic', username, password } };
  return { taskType: assign.taskType, target, begin: bound.begin };
}

/** Complete by its type: a task type without its check does not compile. */
const paramsChecks: { readonly [T in TaskType]: Check<Params<T>> } = {
  'connection.test': compileCheck(taskTypes['connection.test'].params),
  'ticket.create': compileCheck(taskTypes['ticket.create'].params),
  'ticket.update': compileCheck(taskTypes['ticket.update'].params),
  'ticket.read': compileCheck(taskTypes['ticket.read'].params),
};

function bind<T extends TaskType>(
  taskType: T,
  params: unknown,
  handlers: Handlers,
): Pick<Prepared, 'begin'> | { faults: string } {
  const check: Check<Params<T>> = paramsChecks[taskType];
  const checked = check(params);
  if ('faults' in checked) return { faults: describeFaults(checked.faults) };
  const { value } = checked;
  const handler = handlers[taskType];
  // Async, so that a handler that throws before its first await rejects like any other.
  return { begin: async (context) => handler(value, context) };
}

function normalizeBaseUrl(text: string): string | undefined {
  if (!URL.canParse(text)) return undefined;
  const { protocol } = new URL(text);
  if (protocol !== 'http:' && protocol !== 'https:') return undefined;
  return `${text.replace(/\/+$/, '')}/`;
}

function unsupported(message: string): Rejection {
  return { code: 'task-unsupported', message: message.slice(0, 2_000) };
}
