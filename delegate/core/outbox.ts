import { limits } from '#protocol/limits.ts';
import type { AssignmentKey, Message } from '#protocol/messages.ts';
import type { LinkSession } from './link.ts';
import type { Log } from './log.ts';
import { byteLengthOf, replaceTooLarge } from './report.ts';

export type Report = Message<'task.report'>;

/** What the outbox needs of a session. */
export interface ReportSender {
  readonly session: Pick<LinkSession, 'send'>;
  readonly maxFrameBytes: number;
}

export interface OutboxOptions {
  readonly log: Log;
  /** Called when a report was acknowledged. */
  readonly changed: () => void;
  readonly maxBytes?: number;
}

/** Bytes of unacknowledged reports above which the delegate takes nothing new. */
const defaultMaxBytes = 67_108_864;

/** Acknowledged attempts that are remembered, to know a repeated assignment for what it is. */
const maxRemembered = 1_000;

interface Entry {
  report: Report;
  bytes: number;
}

/**
 * Keeps every report until a manager acknowledged it, and says it again in every new session. A report is never dropped:
 * it may be all that is known of a ticket. Memory is bounded at the other end: while `isFull`, the executor rejects
 * assignments, so there are at most `maxBytes`, plus one report for each that was running then.
 */
export class Outbox {
  readonly #options: OutboxOptions;
  readonly #entries = new Map<string, Entry>();
  /** taskId → highest attempt that was acknowledged. */
  readonly #acknowledged = new Map<string, number>();
  #bytes = 0;
  #sender: ReportSender | undefined;

  constructor(options: OutboxOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#entries.size;
  }

  get isFull(): boolean {
    return this.#bytes >= (this.#options.maxBytes ?? defaultMaxBytes);
  }

  /** Which reports are not acknowledged. */
  keys(): AssignmentKey[] {
    return [...this.#entries.values()].map(({ report: { taskId, attempt } }) => ({ taskId, attempt }));
  }

  /** Keeps a report, and sends it if there is a session. */
  add(report: Report): void {
    const entry = { report, bytes: byteLengthOf(report) };
    this.#entries.set(nameOf(report), entry);
    this.#bytes += entry.bytes;
    this.#send(entry);
  }

  /** Takes up a new session: every report that was not acknowledged is sent in it. */
  attach(sender: ReportSender): void {
    this.#sender = sender;
    for (const entry of this.#entries.values()) this.#send(entry);
  }

  /** Lets go of a session that is over. */
  detach(): void {
    this.#sender = undefined;
  }

  has(key: AssignmentKey): boolean {
    return this.#entries.has(nameOf(key));
  }

  /** Sends one report again, for an assignment that was given twice. */
  sendAgain(key: AssignmentKey): void {
    const entry = this.#entries.get(nameOf(key));
    if (entry) this.#send(entry);
  }

  /** Forgets a report. One that is not here is ignored: it was acknowledged before, or by another manager. */
  acknowledge(key: AssignmentKey, status: Message<'task.report.ack'>['status']): void {
    const name = nameOf(key);
    const entry = this.#entries.get(name);
    if (!entry) return;
    this.#entries.delete(name);
    this.#bytes -= entry.bytes;
    this.#remember(key);
    this.#options.log.debug({ taskId: key.taskId, attempt: key.attempt, status }, 'report acknowledged');
    this.#options.changed();
  }

  /** The highest attempt of this task whose report was acknowledged, of the last thousand tasks. */
  acknowledgedAttempt(taskId: string): number | undefined {
    return this.#acknowledged.get(taskId);
  }

  #send(entry: Entry): void {
    if (!this.#sender) return;
    const maxBytes = Math.min(this.#sender.maxFrameBytes, limits.maxFrameBytes);
    // Sent as it is, it would close this session with 1009, and every later one: it would never be acknowledged.
    if (entry.bytes > maxBytes) {
      const { taskId, attempt } = entry.report;
      this.#options.log.warn({ taskId, attempt, bytes: entry.bytes, maxBytes }, 'report too large for a frame');
      this.#bytes -= entry.bytes;
      entry.report = replaceTooLarge(entry.report, entry.bytes, maxBytes);
      entry.bytes = byteLengthOf(entry.report);
      this.#bytes += entry.bytes;
    }
    this.#sender.session.send(entry.report);
  }

  #remember({ taskId, attempt }: AssignmentKey): void {
    const highest = Math.max(attempt, this.#acknowledged.get(taskId) ?? 0);
    this.#acknowledged.delete(taskId);
    this.#acknowledged.set(taskId, highest);
    if (this.#acknowledged.size <= maxRemembered) return;
    for (const oldest of this.#acknowledged.keys()) {
      this.#acknowledged.delete(oldest);
      return;
    }
  }
}

function nameOf({ taskId, attempt }: AssignmentKey): string {
  return `${attempt}\n${taskId}`;
}
