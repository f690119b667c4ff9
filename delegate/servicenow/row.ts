import type { FieldValue, Ticket } from '#protocol/ticket.ts';
import { isRow, type Row } from './answer.ts';

/** Reads one field of a row, whatever form ServiceNow gave it (traps 15 to 21); absent and null read as empty. */
export function readField(row: Row, field: string): FieldValue {
  return readCell(Object.hasOwn(row, field) ? row[field] : undefined);
}

/** Tells whether the row has the field at all: one that does not exist or may not be read has no key. */
export function hasField(row: Row, field: string): boolean {
  return Object.hasOwn(row, field);
}

/** Makes a ticket of a row; `leaveOut` names fields that are not to be in it. */
export function toTicket(row: Row, table: string, baseUrl: string, leaveOut: ReadonlySet<string> = new Set()): Ticket {
  const sysId = readField(row, 'sys_id').value;
  const fields = Object.keys(row).filter((field) => !leaveOut.has(field));
  return {
    table,
    number: readField(row, 'number').value,
    sysId,
    link: linkTo(baseUrl, table, sysId),
    fields: Object.fromEntries(fields.map((field) => [field, readField(row, field)])),
  };
}

/** Writes the address that opens a record in the classic or the next-experience frame, whichever the user has. */
export function linkTo(baseUrl: string, table: string, sysId: string): string {
  // The sys_id is from an answer: encodeURIComponent throws on half of a surrogate pair.
  const page = `${encodeURIComponent(table)}.do?sys_id=${encodeURIComponent(sysId.toWellFormed())}`;
  return `${baseUrl.replace(/\/+$/, '')}/nav_to.do?uri=${encodeURIComponent(page)}`;
}

function readCell(cell: unknown): FieldValue {
  if (!isRow(cell)) return { value: toText(cell), displayValue: toText(cell) };
  const shown = toText(cell.display_value);
  const value = Object.hasOwn(cell, 'value') ? toText(cell.value) : (readLinkedId(cell.link) ?? shown);
  // Empty dates are shown as "UNKNOWN", empty choices as null (trap 17).
  if (value === '') return { value, displayValue: shown === 'UNKNOWN' ? '' : shown };
  return { value, displayValue: cell.display_value == null ? value : shown };
}

/** Some API answers references as `{display_value, link}`: the id is the end of the link (trap 16). */
function readLinkedId(link: unknown): string | undefined {
  return typeof link === 'string' ? /\/([0-9a-f]{32})$/.exec(link)?.[1] : undefined;
}

function toText(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'string') return value;
  if (typeof value === 'object') return writeNested(value);
  return String(value);
}

function writeNested(value: object): string {
  try {
    return JSON.stringify(value);
  } catch {
    // Nesting that JSON.parse reads can be too deep for JSON.stringify.
    return '';
  }
}
