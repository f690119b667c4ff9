import type { StoredRecord } from './record-store.ts';

interface Change {
  readonly sysId: string;
  readonly table: string;
  /** Undefined where the change made the record. */
  readonly before: StoredRecord | undefined;
  readonly atRead: number;
}

/** A replica that lists are read from: it shows a change only when so many lists were read since. */
export class Replica {
  #reads = 0;
  #changes: readonly Change[] = [];

  remember(sysId: string, table: string, before: StoredRecord | undefined): void {
    this.#changes = [...this.#changes, { sysId, table, before, atRead: this.#reads }];
  }

  /** The records of a family of tables as the replica has them, and counts one list. */
  list(records: readonly StoredRecord[], family: readonly string[], lag: number): readonly StoredRecord[] {
    const hidden = this.#changes.filter(({ atRead }) => atRead + lag > this.#reads);
    this.#changes = hidden;
    this.#reads += 1;
    const shown = new Map(records.map((record) => [record.row.sys_id ?? '', record]));
    for (const { sysId, before } of hidden.filter(({ table }) => family.includes(table)).toReversed()) {
      if (before) shown.set(sysId, before);
      else shown.delete(sysId);
    }
    return [...shown.values()];
  }
}
