import type { Schema } from './schema.ts';

/** The values of one record as the database holds them: texts, all of them, dates in UTC. */
export type Row = Readonly<Record<string, string>>;

export interface StoredRecord {
  /** The table that the record was inserted into, never one of its parents. */
  readonly table: string;
  readonly row: Row;
}

/** Hears of every change before it is made. */
type RecordListener = (sysId: string, table: string, before: StoredRecord | undefined) => void;

/** Holds every record in memory; a table's records are found through its parents too. */
export class RecordStore {
  readonly #schema: Schema;
  readonly #tables: ReadonlyMap<string, Map<string, StoredRecord>>;

  readonly #onChange: RecordListener;

  constructor(schema: Schema, onChange: RecordListener) {
    this.#schema = schema;
    this.#onChange = onChange;
    this.#tables = new Map(schema.tables.map(({ name }) => [name, new Map()]));
  }

  get(table: string, sysId: string): StoredRecord | undefined {
    for (const member of this.#schema.family(table)) {
      const found = this.#tables.get(member)?.get(sysId);
      if (found) return found;
    }
    return undefined;
  }

  records(table: string): readonly StoredRecord[] {
    return this.#schema.family(table).flatMap((member) => [...(this.#tables.get(member)?.values() ?? [])]);
  }

  rows(table: string): readonly Row[] {
    return this.records(table).map(({ row }) => row);
  }

  /** Adds the record or replaces the one of the same sys_id. */
  put(record: StoredRecord): void {
    const sysId = record.row.sys_id;
    const rows = this.#tables.get(record.table);
    if (sysId === undefined || rows === undefined) throw new Error('a record needs a sys_id and a known table');
    this.#onChange(sysId, record.table, rows.get(sysId));
    rows.set(sysId, record);
  }

  remove(record: StoredRecord): void {
    const sysId = record.row.sys_id ?? '';
    this.#onChange(sysId, record.table, record);
    this.#tables.get(record.table)?.delete(sysId);
  }
}
