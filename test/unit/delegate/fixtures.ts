import { decodeFromDelegate } from '#protocol/codec.ts';
import type { AssignmentKey, Message, TaskAssign } from '#protocol/messages.ts';
import type { Params, TaskType } from '#protocol/task-types.ts';
import type { HandlerResult, Handlers, OpenTarget, RunContext } from '../../../delegate/core/handler.ts';
import type { LinkSession, SessionSend } from '../../../delegate/core/link.ts';
import type { Log, LogFields } from '../../../delegate/core/log.ts';

export const welcome: Message<'welcome'> = {
  type: 'welcome',
  revision: 1,
  features: [],
  managerId: 'manager-1',
  sessionId: 'session-1',
  delegateId: 'delegate-1',
  heartbeatMs: 5_000,
  heartbeatTimeoutMs: 10_000,
  maxFrameBytes: 100_000,
};

export const identity = {
  token: 'token',
  name: 'd1',
  instanceId: '0d9c4f1e-0000-4000-8000-000000000000',
  hostname: 'host',
  version: '0.1.0',
  tags: ['d1'],
  taskTypes: ['ticket.read'],
  capacity: 10,
};

/** Composes an assignment that every delegate accepts. */
export function composeAssign(overrides: Partial<TaskAssign> = {}): TaskAssign {
  return {
    type: 'task.assign',
    taskId: 'task-1',
    attempt: 1,
    taskType: 'ticket.create',
    params: { table: 'incident', fields: { short_description: 'x' } },
    target: {
      baseUrl: 'https://example.service-now.com',
      authentication: {
        kind: 'basic',
        username: 'u',
        password: { ephemeralKey: 'AA==', iv: 'AA==', ciphertext: 'AA==', tag: 'AA==' },
      },
    },
    leaseMs: 11_000,
    timeoutMs: 180_000,
    settleMs: 75_000,
    lookFirst: false,
    correlationId: 'correlation-1',
    ...overrides,
  };
}

/** Composes the assignment of a canary. */
export function composeCanary(overrides: Partial<TaskAssign> = {}): TaskAssign {
  const { target, ...rest } = composeAssign();
  return { ...rest, taskId: 'canary-1', taskType: 'canary', params: {}, ...overrides };
}

/** A session that keeps what is sent in it. */
export class RecordingSession implements LinkSession {
  readonly sent: SessionSend[] = [];
  readonly closes: { name: string; reason: string }[] = [];
  password: string | undefined = 'open-sesame';

  send(message: SessionSend): void {
    this.sent.push(message);
  }

  sendEncoded(frame: string): void {
    const decoded = decodeFromDelegate(frame);
    if ('fault' in decoded) throw new Error(`the delegate broke the protocol: ${decoded.fault}`);
    const { message } = decoded;
    if (message.type === 'hello' || message.type === 'heartbeat') throw new Error(`${message.type} is the link's own`);
    this.sent.push(message);
  }

  close(name: string, reason: string): void {
    this.closes.push({ name, reason });
  }

  openSecret(): string | undefined {
    return this.password;
  }

  types(): string[] {
    return this.sent.map(({ type }) => type);
  }
}

/** A run that was begun, and that the test ends. */
export interface BegunTask {
  readonly taskType: TaskType;
  readonly params: unknown;
  /** Without a target for a task that concerns no instance. */
  readonly context: RunContext & { readonly target?: OpenTarget };
  readonly end: (result: HandlerResult<TaskType>) => void;
  readonly throw: (error: unknown) => void;
}

/** Handlers that wait for the test to end each task. */
export class HeldHandlers {
  readonly begun: BegunTask[] = [];
  readonly #awaited = new Map<number, () => void>();

  readonly handlers: Handlers = {
    canary: this.#hold('canary'),
    'connection.test': this.#hold('connection.test'),
    'ticket.create': this.#hold('ticket.create'),
    'ticket.update': this.#hold('ticket.update'),
    'ticket.update-many': this.#hold('ticket.update-many'),
    'import-set.load': this.#hold('import-set.load'),
    'metadata.read': this.#hold('metadata.read'),
    'ticket.read': this.#hold('ticket.read'),
    'ticket.changes': this.#hold('ticket.changes'),
  };

  /** The n-th task that was begun, counted from 0. */
  at(index: number): BegunTask {
    const task = this.begun[index];
    if (!task) throw new Error(`only ${this.begun.length} tasks were begun`);
    return task;
  }

  /** Resolves with the n-th task as soon as it was begun. */
  async next(index: number): Promise<BegunTask> {
    if (index >= this.begun.length) await new Promise<void>((resolve) => this.#awaited.set(index, resolve));
    return this.at(index);
  }

  #hold<T extends TaskType>(taskType: T) {
    return (params: Params<T>, context: BegunTask['context']) =>
      new Promise<HandlerResult<T>>((resolve, reject) => {
        const index = this.begun.length;
        const end = (result: HandlerResult<TaskType>) => resolve(result as HandlerResult<T>);
        this.begun.push({ taskType, params, context, end, throw: reject });
        this.#awaited.get(index)?.();
      });
  }
}

export const created: HandlerResult<'ticket.create'> = {
  kind: 'succeeded',
  result: {
    ticket: { table: 'incident', number: 'INC0010001', sysId: 'a'.repeat(32), link: 'https://x/', fields: {} },
    created: true,
    warnings: [],
  },
  sideEffect: true,
};

/** A log that keeps its lines. */
export class RecordingLog implements Log {
  readonly lines: { level: string; phrase: string; fields: LogFields }[] = [];
  debug = this.#at('debug');
  info = this.#at('info');
  warn = this.#at('warn');
  error = this.#at('error');

  phrases(): string[] {
    return this.lines.map(({ phrase }) => phrase);
  }

  #at(level: string) {
    return (fields: LogFields, phrase: string): void => {
      this.lines.push({ level, phrase, fields });
    };
  }
}

/** Lets every promise that is settled already be heard. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
}

export function key(taskId: string, attempt = 1): AssignmentKey {
  return { taskId, attempt };
}
