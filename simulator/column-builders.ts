import type { Column } from './schema.ts';

export function text(name: string, label: string, maxLength: number, fallback = ''): Column {
  return { name, label, type: 'string', maxLength, fallback };
}

export function choice(name: string, label: string, choices: Column['choices'] & object, fallback: string): Column {
  return { name, label, type: 'choice', choices, fallback };
}

export function flag(name: string, label: string, fallback: 'true' | 'false'): Column {
  return { name, label, type: 'boolean', fallback };
}

export function integer(name: string, label: string, fallback: string): Column {
  return { name, label, type: 'integer', fallback };
}

export function reference(name: string, label: string, table: string): Column {
  return { name, label, type: 'reference', reference: table };
}

export function date(name: string, label: string): Column {
  return { name, label, type: 'glide_date_time' };
}

/** A date without a time, and so without a zone. */
export function day(name: string, label: string): Column {
  return { name, label, type: 'glide_date' };
}

export function currency(name: string, label: string): Column {
  return { name, label, type: 'currency' };
}

export function journal(name: string, label: string): Column {
  return { name, label, type: 'journal_input' };
}
