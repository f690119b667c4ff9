import { distance } from 'fastest-levenshtein';
import type { FieldInfo } from '#protocol/metadata.ts';
import type { Columns } from './table-metadata.ts';

export type ColumnLookup =
  | { readonly kind: 'column'; readonly column: FieldInfo }
  | { readonly kind: 'ambiguous'; readonly columns: readonly FieldInfo[] }
  | { readonly kind: 'unknown'; readonly similar: readonly FieldInfo[] };

/** Finds the column that a caller means, by its name or by its label, in any case; a name goes before a label. */
export function findColumn(columns: Columns, key: string): ColumnLookup {
  const wanted = key.trim().toLowerCase();
  const named = columns.get(wanted);
  if (named !== undefined) return { kind: 'column', column: named };
  const labelled = [...columns.values()].filter(({ label }) => label.toLowerCase() === wanted);
  const [first, second] = labelled;
  if (first === undefined) return { kind: 'unknown', similar: findSimilar(columns, wanted) };
  return second === undefined ? { kind: 'column', column: first } : { kind: 'ambiguous', columns: labelled };
}

const mostSimilar = 6;
const longestText = 100;

/** The columns that differ from the text by letters; else those that have its words. */
function findSimilar(columns: Columns, text: string): FieldInfo[] {
  const misspelt = findMisspelt(columns, text);
  return misspelt.length > 0 ? misspelt : findByWords(columns, text);
}

/** The columns whose name or label differs from the text by a letter in four at most, the nearest first. */
function findMisspelt(columns: Columns, text: string): FieldInfo[] {
  if (text.length > longestText) return [];
  const mostLetters = Math.floor(text.length / 4);
  return [...columns.values()]
    .map((column) => ({ column, letters: Math.min(...namesOf(column).map((name) => distance(text, name))) }))
    .filter(({ letters }) => letters <= mostLetters)
    .toSorted((one, other) => one.letters - other.letters)
    .slice(0, mostSimilar)
    .map(({ column }) => column);
}

function namesOf({ name, label }: FieldInfo): string[] {
  return [name, label.toLowerCase()];
}

/** The columns that have all words of the text in their name or label; those that have one, when none has all. */
function findByWords(columns: Columns, text: string): FieldInfo[] {
  const words = text.split(/[^\p{L}\p{N}]+/u).filter((word) => word.length > 2);
  if (words.length === 0) return [];
  const all = [...columns.values()];
  const has = ({ name, label }: FieldInfo) => {
    const said = `${name} ${label}`.toLowerCase();
    return (word: string) => said.includes(word);
  };
  const whole = all.filter((column) => words.every(has(column)));
  return (whole.length > 0 ? whole : all.filter((column) => words.some(has(column)))).slice(0, mostSimilar);
}

/** Writes a column for people: `start_date (Planned start date)`. */
export function describeColumn({ name, label }: FieldInfo): string {
  return label === name ? name : `${name} (${label})`;
}
