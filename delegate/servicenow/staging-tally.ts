import type { Row } from './answer.ts';
import { readField } from './row.ts';
import type { Accounted, SentRow } from './staging-match.ts';

/** Counts which rows of the staging table are accounted for while one task loads its own, one after the other. */
export class StagingTally {
  /** Rows that were there before this attempt, or were found to be one of its rows. */
  readonly #sysIds: Set<string>;
  /** By their values: how often they were loaded, and how often that is not known. */
  readonly #counts = new Map<string, { loaded: number; perhaps: number }>();

  constructor(before: readonly Row[]) {
    this.#sysIds = new Set(before.map(idOf));
  }

  accounted(sent: SentRow): Accounted {
    const { loaded, perhaps } = this.#countsOf(sent);
    return { sysIds: this.#sysIds, surely: loaded, atMost: loaded + perhaps };
  }

  found(row: Row): void {
    this.#sysIds.add(idOf(row));
  }

  /** It is in the table, and which row it is was not told. */
  loaded(sent: SentRow): void {
    this.#countsOf(sent).loaded += 1;
  }

  perhapsLoaded(sent: SentRow): void {
    this.#countsOf(sent).perhaps += 1;
  }

  #countsOf({ values }: SentRow): { loaded: number; perhaps: number } {
    const key = JSON.stringify(Object.entries(values).toSorted(([one], [other]) => (one < other ? -1 : 1)));
    const counts = this.#counts.get(key) ?? { loaded: 0, perhaps: 0 };
    this.#counts.set(key, counts);
    return counts;
  }
}

function idOf(row: Row): string {
  return readField(row, 'sys_id').value;
}
