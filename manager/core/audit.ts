import type { Clock } from './clock.ts';

/** What is recorded: each change that a caller asks for, and each use of a secret. */
export const auditActions = [
  'secret.store',
  'secret.delete',
  'secret.use',
  'connector.create',
  'connector.change',
  'connector.delete',
  'connector.test',
  'delegate.drain',
  'delegate.approve',
  'delegate.reject',
  'delegate-token.create',
  'delegate-token.revoke',
  'api-token.create',
  'api-token.revoke',
  'task.cancel',
  'approval.start',
  'approval.cancel',
  'delivery.retry',
  'session.open',
] as const;
export type AuditAction = (typeof auditActions)[number];

/** One line of the log. It holds nothing that was secret. */
export interface AuditEntry {
  readonly at: number;
  readonly action: AuditAction;
  /** The name of a token, or of the part of a manager that acts by itself. */
  readonly actor: string;
  /** The address that the request came from; empty for what a manager does by itself. */
  readonly from: string;
  /** The name or the id of what it was about. */
  readonly subject: string;
  readonly details: Readonly<Record<string, string>>;
}

export interface RecordedEntry extends AuditEntry {
  readonly id: string;
  /** What the caller was answered; absent: nothing was, or there was no caller. */
  readonly status?: number;
}

export interface AuditFilter {
  readonly action?: AuditAction;
  readonly actor?: string;
  readonly subject?: string;
  readonly from?: number;
  readonly to?: number;
}

/** Appended to, and never changed. The oldest go when they are older than the retention. */
export interface AuditStore {
  append(entry: AuditEntry): Promise<string>;
  /** Adds what came of an entry, beside it. */
  conclude(id: string, status: number): Promise<void>;
  /** Newest first, of those before the cursor. A page of few that fit may have a next one. */
  list(
    filter: AuditFilter,
    cursor: string | undefined,
    limit: number,
  ): Promise<{ entries: RecordedEntry[]; cursor: string | undefined }>;
}

/**
 * The audit log. An entry is written before what it tells of is done, so that nothing is done that it does not tell; what
 * came of it is added afterwards. docs/decisions/0018.
 */
export class Audit {
  readonly #store: AuditStore;
  readonly #clock: Clock;

  constructor(store: AuditStore, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
  }

  /** Rejects when it cannot be written: then what it tells of must not be done. */
  begin(entry: Omit<AuditEntry, 'at'>): Promise<string> {
    return this.#store.append({ ...entry, at: this.#clock.now() });
  }

  conclude(id: string, status: number): Promise<void> {
    return this.#store.conclude(id, status);
  }

  list(filter: AuditFilter, cursor: string | undefined, limit: number) {
    return this.#store.list(filter, cursor, limit);
  }

  /** Everything that fits, newest first. */
  async *export(filter: AuditFilter): AsyncGenerator<RecordedEntry, void> {
    let cursor: string | undefined;
    do {
      const page = await this.#store.list(filter, cursor, pageSize);
      yield* page.entries;
      cursor = page.cursor;
    } while (cursor !== undefined);
  }
}

const pageSize = 500;

/** Whether an entry is one that was asked for. */
export function fits(entry: AuditEntry, { action, actor, subject, from, to }: AuditFilter): boolean {
  return (
    (action === undefined || entry.action === action) &&
    (actor === undefined || entry.actor === actor) &&
    (subject === undefined || entry.subject === subject) &&
    (from === undefined || entry.at >= from) &&
    (to === undefined || entry.at < to)
  );
}
