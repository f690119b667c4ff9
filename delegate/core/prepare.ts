import { mapSecrets, secretsOf } from '#protocol/authentication.ts';
import type { Message, TaskAssign } from '#protocol/messages.ts';
import { findPolicyRefusal, type Policy } from '#protocol/policy.ts';
import { isTaskType, type Params, type TaskType, taskTypes } from '#protocol/task-types.ts';
import { type Check, compileCheck, describeFaults } from '#protocol/validation.ts';
import {
  type FreeHandlers,
  type FreeTaskType,
  type HandlerResult,
  type Handlers,
  needsTarget,
  type OpenTarget,
  type RunContext,
  type TargetHandlers,
  type TargetTaskType,
} from './handler.ts';
import type { LinkSession } from './link.ts';

export type RejectCode = Message<'task.reject'>['code'];

/** An assignment whose parameters were checked and whose secret, if it has one, is open. */
export interface Prepared {
  readonly taskType: TaskType;
  readonly begin: (context: RunContext) => Promise<HandlerResult<TaskType>>;
  /** Makes a text of the handler's fit for the log. */
  readonly maskSecret: (text: string) => string;
}

export interface Rejection {
  readonly code: RejectCode;
  readonly message: string;
}

/** What decides how assignments are prepared. */
export interface PrepareOptions {
  readonly handlers: Handlers;
  readonly policy: Policy;
}

/** Tells whether an assignment takes one of the delegate's slots: what concerns no ServiceNow instance does not. */
export function takesSlot({ taskType }: Pick<TaskAssign, 'taskType'>): boolean {
  return !isTaskType(taskType) || needsTarget(taskType);
}

/** Checks an assignment as the untrusted input that it is, and against the policy; opens its secret; finds its handler. */
export function prepare(
  assign: TaskAssign,
  session: Pick<LinkSession, 'openSecret'>,
  { handlers, policy }: PrepareOptions,
): Prepared | Rejection {
  const { taskType } = assign;
  if (!isTaskType(taskType))
    return unsupported(`This delegate does not know the task type ${JSON.stringify(taskType)}.`);
  return needsTarget(taskType)
    ? prepareTargeted(taskType, assign, { session, handlers, policy })
    : prepareFree(taskType, assign, { handlers, policy });
}

function prepareFree<T extends FreeTaskType>(
  taskType: T,
  assign: TaskAssign,
  { handlers, policy }: { handlers: FreeHandlers; policy: Policy },
): Prepared | Rejection {
  const refused = refuse(policy, taskType, undefined);
  if (refused) return refused;
  const bound = bind(taskType, assign.params, handlers[taskType]);
  return 'code' in bound ? bound : { taskType, begin: bound.begin, maskSecret: (text) => text };
}

function prepareTargeted<T extends TargetTaskType>(
  taskType: T,
  assign: TaskAssign,
  options: { session: Pick<LinkSession, 'openSecret'>; handlers: TargetHandlers; policy: Policy },
): Prepared | Rejection {
  const { handlers, policy, session } = options;
  if (!assign.target) return unsupported(`${taskType} came without a target.`);
  const baseUrl = normalizeBaseUrl(assign.target.baseUrl);
  if (baseUrl === undefined) return unsupported('The base URL of the target is not an http or https URL.');
  const refused = refuse(policy, taskType, baseUrl);
  if (refused) return refused;
  const bound = bind(taskType, assign.params, handlers[taskType]);
  if ('code' in bound) return bound;
  const { taskId, attempt } = assign;
  const unread: string[] = [];
  const authentication = mapSecrets(assign.target.authentication, (sealed, field) => {
    const opened = session.openSecret(sealed, { taskId, attempt, field });
    if (opened === undefined) unread.push(field);
    return opened ?? '';
  });
  if (unread.length > 0) {
    const message = `What came as ${unread.join(' and ')} was not sealed to this session and assignment.`;
    return { code: 'secret-unreadable', message };
  }
  const target: OpenTarget = { baseUrl, authentication };
  const secrets = secretsOf(authentication).map(({ secret }) => secret);
  return {
    taskType,
    begin: (context) => bound.begin({ ...context, target }),
    maskSecret: (text) =>
      secrets.reduce((masked, secret) => (secret === '' ? masked : masked.replaceAll(secret, '[secret]')), text),
  };
}

/** The manager knows the policy and chooses by it; what it gives out all the same is refused here. */
function refuse(policy: Policy, type: TaskType, baseUrl: string | undefined): Rejection | undefined {
  const refusal = findPolicyRefusal(policy, { type, baseUrl });
  if (refusal === undefined) return undefined;
  return { code: 'policy-refused', message: shorten(`The delegate refuses this: ${refusal}.`) };
}

/** Complete by its type: a task type without its check does not compile. */
const paramsChecks: { readonly [T in TaskType]: Check<Params<T>> } = {
  canary: compileCheck(taskTypes.canary.params),
  'connection.test': compileCheck(taskTypes['connection.test'].params),
  'ticket.create': compileCheck(taskTypes['ticket.create'].params),
  'ticket.update': compileCheck(taskTypes['ticket.update'].params),
  'ticket.update-many': compileCheck(taskTypes['ticket.update-many'].params),
  'import-set.load': compileCheck(taskTypes['import-set.load'].params),
  'metadata.read': compileCheck(taskTypes['metadata.read'].params),
  'ticket.read': compileCheck(taskTypes['ticket.read'].params),
  'ticket.changes': compileCheck(taskTypes['ticket.changes'].params),
};

function bind<T extends TaskType, Context extends RunContext>(
  taskType: T,
  params: unknown,
  handler: (params: Params<T>, context: Context) => Promise<HandlerResult<T>>,
): { readonly begin: (context: Context) => Promise<HandlerResult<TaskType>> } | Rejection {
  const check: Check<Params<T>> = paramsChecks[taskType];
  const checked = check(params);
  if ('faults' in checked)
    return unsupported(`The parameters of ${taskType} cannot be read: ${describeFaults(checked.faults)}.`);
  const { value } = checked;
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
  return { code: 'task-unsupported', message: shorten(message) };
}

function shorten(message: string): string {
  return message.slice(0, 2_000);
}
