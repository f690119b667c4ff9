import type { FieldInfo } from '#protocol/metadata.ts';
import type { Refused } from './answer.ts';
import type { Calls } from './calls.ts';
import { readDictionary } from './dictionary.ts';
import { readFormMetadata } from './form-metadata.ts';

/** The columns of a table, those that it inherits among them, by their names. */
export type Columns = ReadonlyMap<string, FieldInfo>;

/**
 * What the columns of a table are. `unknown`: the user may not know, and later it may not either; unless there is a
 * `fault`, which may pass.
 */
export type MetadataReading =
  | {
      readonly kind: 'known';
      readonly columns: Columns;
      /** Whether a column that is not among them does not exist, or may not be read. */
      readonly whole: boolean;
      /** Whether a column that has choices has no others. */
      readonly wholeChoices: boolean;
      readonly warnings: readonly string[];
    }
  | { readonly kind: 'unknown'; readonly reason: string; readonly fault?: Refused }
  | Refused;

export type ReadTableMetadata = (calls: Calls, table: string) => Promise<MetadataReading>;

/** Reads what forms are made of, which needs no role; where that is not offered, the dictionary, as far as the user may. */
export async function readTableMetadata(calls: Calls, table: string): Promise<MetadataReading> {
  const fromForm = await readFormMetadata(calls, table);
  switch (fromForm.kind) {
    case 'read':
      return { kind: 'known', columns: fromForm.columns, whole: true, wholeChoices: true, warnings: [] };
    case 'failed':
      return fromForm;
    case 'not-offered': {
      const { fault, reason } = fromForm;
      const reading = await readDictionary(calls, table, reason);
      return reading.kind === 'unknown' && fault !== undefined ? { ...reading, fault } : reading;
    }
  }
}
