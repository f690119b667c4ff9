import { limits } from '#protocol/limits.ts';
import type { AssignmentKey, Message } from '#protocol/messages.ts';
import type { LinkSession } from './link.ts';
import type { Log } from './log.ts';
import { type EncodedReport, replaceTooLarge } from './report.ts';

/** What the outbox needs of a session. */
export interface ReportSender {
  readonly session: Pick<LinkSession, 'sendEncoded'>;
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
  report: EncodedReport;
  /** Whether the task took a slot: only such reports make a delegate full. */
  readonly tookSlot: boolean;
}

/**
 * Keeps every report until a manager acknowledged it, and says it again in every new session. A report is never dropped:
 * it may be all that is known of a ticket. Memory is bounded at the other end: while `isFull`, the executor rejects
 * assignments, so there are at most `maxBytes`, plus one report for each that was running then, plus those of canaries,
 * which are few and small.
 */
export class Outbox {
  readonly #options: OutboxOptions;
  readonly #entries = new Map<string, Entry>();
  /** taskId → highest attempt that was acknowledged. */
  readonly #acknowledged = new Map<string, number>();
  #bytes = 0;
  #slots = 0;
  #sender: ReportSender | undefined;

  constructor(options: OutboxOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** How many of the reports are of tasks that took a slot. */
  get slots(): number {
    return this.#slots;
  }

  get isFull(): boolean {
    return this.#bytes >= (this.#options.maxBytes ?? defaultMaxBytes);
  }

  /** Which reports are not acknowledged. */
  keys(): AssignmentKey[] {
    return [...this.#entries.values()].map(({ report }) => report.key);
  }

  /** Keeps a report, and sends it if there is a session. */
  add(report: EncodedReport, tookSlot: boolean): void {
    const entry = { report, tookSlot };
    this.#entries.set(nameOf(report.key), entry);
    this.#bytes += report.bytes;
    if (tookSlot) this.#slots += 1;
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
    this.#bytes -= entry.report.bytes;
    if (entry.tookSlot) this.#slots -= 1;
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
    const { key, bytes } = entry.report;
    // Sent as it is, it would close this session with 1009, and every later one: it would never be acknowledged.
    if (bytes > maxBytes) {
      this.#options.log.warn({ ...key, bytes, maxBytes }, 'report too large for a frame');
      entry.report = replaceTooLarge(entry.report, maxBytes);
      this.#bytes += entry.report.bytes - bytes;
    }
    this.#sender.session.sendEncoded(entry.report.frame);
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
