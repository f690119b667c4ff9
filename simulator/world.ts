import { createHash } from 'node:crypto';
import { toStoredDateTime } from './date-time.ts';
import { RecordStore, type Row } from './record-store.ts';
import { Replica } from './replica.ts';
import type { Schema } from './schema.ts';
import { baseSchema } from './schema-tables.ts';
import { seedInstance } from './seed-instance.ts';
import { defaultSettings, type Settings, type SettingsChange } from './settings.ts';
import { TokenStore } from './token-store.ts';

export interface WorldOptions {
  /** Worlds of one seed make the same sys_ids and numbers in the same order. */
  readonly seed: number;
  readonly settings?: SettingsChange;
  /** The path that everything is served below, such as `/snow`; empty by default. */
  readonly basePath?: string;
  readonly now?: () => Date;
}

/** Everything that a simulated instance knows; the HTTP side reads and changes it, and holds nothing of its own. */
export class World {
  readonly basePath: string;
  readonly schema: Schema = baseSchema();
  readonly replica = new Replica();
  readonly store: RecordStore = new RecordStore(this.schema, (sysId, table, before) => {
    if (this.#settings.replicaLagReads > 0) this.replica.remember(sysId, table, before);
  });
  /** Passwords by user name. They are no column, so that nothing can show them. */
  readonly passwords = new Map<string, string>();
  /** Changes whose approvals were requested and have not appeared yet, with the reads that are still to pass. */
  readonly pendingApprovals = new Map<string, number>();
  /** The bytes of attachments by the sys_id of their `sys_attachment` row. */
  readonly files = new Map<string, Buffer>();
  /** Tokens that were given out at /oauth_token.do. */
  readonly tokens = new TokenStore();
  readonly #seed: number;
  readonly #now: () => Date;
  readonly #lastNumbers = new Map<string, number>();
  #settings: Settings;
  #sysIds = 0;
  #transactions = 0;
  #tokens = 0;

  constructor(options: WorldOptions) {
    this.#seed = options.seed;
    this.basePath = options.basePath ?? '';
    this.#now = options.now ?? (() => new Date());
    this.#settings = { ...defaultSettings, ...options.settings };
    seedInstance(this);
  }

  get settings(): Settings {
    return this.#settings;
  }

  changeSettings(change: SettingsChange): void {
    this.#settings = { ...this.#settings, ...change };
  }

  /** The instance's own clock, which may be wrong. */
  now(): Date {
    return new Date(this.machineNow().getTime() + this.#settings.clockSkewSeconds * 1000);
  }

  /** The machine's clock, for what is the simulator's own. */
  machineNow(): Date {
    return this.#now();
  }

  nextSysId(): string {
    this.#sysIds += 1;
    return this.#hash(`record:${this.#sysIds}`).slice(0, 32);
  }

  nextTransactionId(): string {
    this.#transactions += 1;
    return this.#hash(`transaction:${this.#transactions}`).slice(0, 12);
  }

  nextToken(): string {
    this.#tokens += 1;
    return this.#hash(`token:${this.#tokens}`).slice(0, 43);
  }

  nextNumber(table: string): string {
    const numbering = this.schema.find(table)?.numbering;
    if (!numbering) return '';
    const next = this.#lastNumbers.has(table) ? (this.#lastNumbers.get(table) ?? 0) + 1 : numbering.first;
    this.#lastNumbers.set(table, next);
    return `${numbering.prefix}${String(next).padStart(7, '0')}`;
  }

  /** Adds a record with its defaults and system columns; checks nothing. */
  insert(table: string, values: Row, by: string): Row {
    const row = this.draft(table, values, by);
    this.store.put({ table, row });
    return row;
  }

  /** Makes the record that insert would add, and adds it nowhere. */
  draft(table: string, values: Row, by: string): Row {
    const now = toStoredDateTime(this.now());
    const row: Record<string, string> = {};
    for (const column of this.schema.columns(table).values()) row[column.name] = column.fallback ?? '';
    Object.assign(row, values);
    if (row.number === '') row.number = this.nextNumber(table);
    if ('task_effective_number' in row) row.task_effective_number = row.number ?? '';
    if ('sys_class_name' in row) row.sys_class_name = table;
    Object.assign(row, {
      sys_id: values.sys_id ?? this.nextSysId(),
      sys_created_on: now,
      sys_created_by: by,
      sys_updated_on: now,
      sys_updated_by: by,
      sys_mod_count: '0',
    });
    return row;
  }

  /**
   * Stores a record's new values and counts the update; checks nothing. Without a difference nothing is stored, unless
   * `touch` says that something beside the record, such as a note, has changed it.
   */
  update(table: string, sysId: string, values: Row, by: string, touch = false): Row | undefined {
    const record = this.store.get(table, sysId);
    if (!record) return undefined;
    const same = Object.entries(values).every(([name, value]) => record.row[name] === value);
    if (same && !touch) return record.row;
    const row = {
      ...record.row,
      ...values,
      sys_updated_on: toStoredDateTime(this.now()),
      sys_updated_by: by,
      sys_mod_count: String(Number(record.row.sys_mod_count) + 1),
    };
    this.store.put({ table: record.table, row });
    return row;
  }

  #hash(text: string): string {
    return createHash('sha256').update(`${this.#seed}:${text}`).digest('hex');
  }
}
