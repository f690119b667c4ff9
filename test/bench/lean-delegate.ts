import { WebSocket } from 'ws';
import { type AfterClose, closeCodes, closeNameOf } from '#protocol/close-codes.ts';
import { limits } from '#protocol/limits.ts';
import type { AssignmentKey, ManagerMessage, Message, TaskAssign } from '#protocol/messages.ts';
import { taskTypeNames } from '#protocol/task-types.ts';
import { revision, subprotocol } from '#protocol/version.ts';
import { createRedialPolicy } from '../../delegate/link/backoff.ts';
import { heldParams, readResult } from './task.ts';

export interface LeanDelegateOptions {
  /** Of the socket: `ws://…`. */
  readonly url: string;
  readonly token: string;
  readonly number: number;
  readonly tags: readonly string[];
  readonly sealKey: string;
  /** What it does before it reports; undefined for one that reports at once. */
  readonly work: (() => Promise<void>) | undefined;
  /** Hears when a session began, and when something of it changed. */
  readonly onChange: () => void;
}

const typeOfReport = '"type":"task.report"';
const endOfReport = `,"outcome":${JSON.stringify({ kind: 'succeeded', result: readResult })},"sideEffect":false,"notes":[]}`;
const endOfCanary = ',"outcome":{"kind":"succeeded","result":{}},"sideEffect":false,"notes":[]}';
const heldNumber = heldParams.numbers[0];
const capacity = limits.maxCapacity;
const decideRedial = createRedialPolicy(Math.random);

/** A delegate that costs as little as one can: it accepts and reports at once, checks nothing, and redials as ours do. */
export class LeanDelegate {
  readonly #options: LeanDelegateOptions;
  readonly #inFlight = new Map<string, AssignmentKey>();
  readonly #held: TaskAssign[] = [];
  #socket: WebSocket | undefined;
  #heartbeat: NodeJS.Timeout | undefined;
  #redial: NodeJS.Timeout | undefined;
  #redialMaxMs: number = limits.redialMaxMs;
  #failures = 0;
  #welcomed = Promise.withResolvers<void>();
  #isLeaving = false;
  /** When its session began, by the wall clock; undefined while it has none. */
  welcomedAt: number | undefined;
  canaries = 0;
  assigned = 0;

  constructor(options: LeanDelegateOptions) {
    this.#options = options;
  }

  get holding(): number {
    return this.#held.length;
  }

  get inFlight(): number {
    return this.#inFlight.size;
  }

  /** Resolves when it has a session, however often it has to dial. */
  welcomed(): Promise<void> {
    return this.#welcomed.promise;
  }

  dial(): void {
    const socket = new WebSocket(this.#options.url, subprotocol, { perMessageDeflate: false });
    this.#socket = socket;
    socket.on('open', () => socket.send(JSON.stringify(this.#hello())));
    socket.on('message', (data) => this.#onMessage(JSON.parse(String(data)) as ManagerMessage));
    socket.on('close', (code) => this.#onClosed(code));
    // A close follows.
    socket.on('error', () => {});
  }

  /** Reports what it has kept. */
  release(): void {
    for (const message of this.#held.splice(0)) this.#report(message);
  }

  leave(): void {
    this.#isLeaving = true;
    clearTimeout(this.#redial);
    this.#socket?.close(closeCodes.normal.code);
  }

  #onMessage(message: ManagerMessage): void {
    switch (message.type) {
      case 'task.assign':
        return this.#onAssigned(message);
      case 'task.report.ack':
        this.#inFlight.delete(`${message.taskId}/${message.attempt}`);
        return this.#options.onChange();
      case 'reach.check':
        return this.#send({ type: 'reach.result', checkId: message.checkId, found: { kind: 'live' } });
      case 'welcome':
        return this.#onWelcome(message);
      case 'task.cancel':
      case 'heartbeat.ack':
      case 'lease.extend':
      case 'drain':
    }
  }

  #onAssigned(message: TaskAssign): void {
    const { taskId, attempt, taskType } = message;
    this.#inFlight.set(`${taskId}/${attempt}`, { taskId, attempt });
    this.#socket?.send(`{"type":"task.accept","taskId":"${taskId}","attempt":${attempt}}`);
    if (taskType === 'canary') return this.#answerCanary(message);
    this.assigned += 1;
    const { work, onChange } = this.#options;
    if (work) return void work().then(() => this.#report(message));
    const { numbers } = message.params as { numbers?: readonly string[] };
    if (numbers?.[0] !== heldNumber) return this.#report(message);
    this.#held.push(message);
    onChange();
  }

  #report({ taskId, attempt }: TaskAssign): void {
    this.#socket?.send(`{${typeOfReport},"taskId":"${taskId}","attempt":${attempt}${endOfReport}`);
  }

  #answerCanary({ taskId, attempt }: TaskAssign): void {
    this.#socket?.send(`{${typeOfReport},"taskId":"${taskId}","attempt":${attempt}${endOfCanary}`);
    this.canaries += 1;
    this.#options.onChange();
  }

  #onWelcome({ heartbeatMs, redialMaxMs }: Message<'welcome'>): void {
    this.welcomedAt = Date.now();
    this.#welcomed.resolve();
    this.#redialMaxMs = redialMaxMs ?? limits.redialMaxMs;
    this.#heartbeat = setInterval(
      () => this.#send({ type: 'heartbeat', inFlight: [...this.#inFlight.values()] }),
      heartbeatMs,
    );
    this.#options.onChange();
  }

  #onClosed(code: number): void {
    clearInterval(this.#heartbeat);
    const lastedMs = this.welcomedAt === undefined ? 0 : Date.now() - this.welcomedAt;
    this.welcomedAt = undefined;
    this.#welcomed = Promise.withResolvers();
    this.canaries = 0;
    this.#inFlight.clear();
    this.#held.length = 0;
    this.#options.onChange();
    if (this.#isLeaving) return;
    const name = closeNameOf(code);
    const after: AfterClose = name === undefined ? 'redial' : closeCodes[name].delegate;
    const { waitMs, failures } = decideRedial({
      after,
      lastedMs,
      failures: this.#failures,
      redialMaxMs: this.#redialMaxMs,
    });
    this.#failures = failures;
    this.#redial = setTimeout(() => this.dial(), waitMs);
  }

  #hello(): Message<'hello'> {
    const { token, number, tags, sealKey } = this.#options;
    return {
      type: 'hello',
      revision,
      features: ['reach-check'],
      token,
      name: `d${number}`,
      instanceId: `${String(number).padStart(8, '0')}-0000-4000-8000-000000000000`,
      hostname: 'bench',
      version: 'bench',
      tags: [...tags],
      taskTypes: [...taskTypeNames],
      capacity,
      sealKey,
      inFlight: [],
    };
  }

  #send(message: Message<'heartbeat'> | Message<'reach.result'>): void {
    this.#socket?.send(JSON.stringify(message));
  }
}
