import type { Failure, FailureCode } from '#protocol/failure.ts';
import type { Params } from '#protocol/task-types.ts';
import type { ApprovalRecord } from './approval-record.ts';
import { fieldsNeeded } from './gate-decision.ts';
import { mostPerRead } from './watch.ts';

/** Gates whose tickets one task reads. */
export interface ReadBatch {
  readonly records: readonly ApprovalRecord[];
  readonly params: Params<'ticket.read'>;
}

/** Names of fields stand in the address beside the sys_ids: as many bytes are left for them (trap 37). */
const mostFieldBytes = 800;
/** As many as a task may ask for. */
const mostFields = 100;

/** A gate that waits, the most pressing first. */
export interface Waiting {
  readonly record: ApprovalRecord;
  readonly isDue: boolean;
}

/**
 * Makes one batch of waiting gates; undefined when none is due. Whoever is not due yet rides along where there is room,
 * since more tickets in a request cost ServiceNow no more requests. Tickets that are known by their number alone are read
 * by themselves, once: from then on their sys_id is known.
 */
export function makeBatch(waiting: readonly Waiting[]): ReadBatch | undefined {
  const due = waiting.filter(({ isDue }) => isDue);
  const byNumber = due.filter(({ record }) => keyOf(record).by === 'number');
  const bySysId = due.length === 0 ? [] : waiting.filter(({ record }) => keyOf(record).by === 'sysId');
  const records: ApprovalRecord[] = [];
  const fields = new Set<string>();
  for (const { record } of byNumber.length > 0 ? byNumber : bySysId) {
    const more = fieldsNeeded(record.spec).filter((field) => !fields.has(field));
    if (records.length > 0 && !areFew([...fields, ...more])) continue;
    for (const field of more) fields.add(field);
    records.push(record);
    if (records.length === mostPerRead) break;
  }
  return batchOf(records);
}

function areFew(fields: readonly string[]): boolean {
  return fields.length <= mostFields && fields.join().length <= mostFieldBytes;
}

/** Halves a batch; undefined for a single gate. */
export function halve({ records }: ReadBatch): readonly ReadBatch[] | undefined {
  if (records.length < 2) return undefined;
  const middle = Math.ceil(records.length / 2);
  return [records.slice(0, middle), records.slice(middle)].flatMap((half) => batchOf(half) ?? []);
}

/** Whether a reading failed for what one of its gates asked; all else concerns every gate of the group alike. */
export function isOfOneGate({ code }: Failure): boolean {
  return ofOneGate.has(code);
}

const ofOneGate: ReadonlySet<FailureCode> = new Set<FailureCode>([
  'field-unknown',
  'ticket-ambiguous',
  'servicenow-bad-request',
  'result-too-large',
]);

/** What a gate's ticket is asked for by. */
export function keyOf({ spec, progress }: ApprovalRecord): { readonly by: 'number' | 'sysId'; readonly value: string } {
  if (progress.reading) return { by: 'sysId', value: progress.reading.ticket.sysId };
  return 'sysId' in spec.ticket
    ? { by: 'sysId', value: spec.ticket.sysId }
    : { by: 'number', value: spec.ticket.number };
}

function batchOf(records: readonly ApprovalRecord[]): ReadBatch | undefined {
  const [first] = records;
  if (!first) return undefined;
  const keys = records.map(keyOf);
  const values = [...new Set(keys.map(({ value }) => value))];
  const fields = [...new Set(records.flatMap(({ spec }) => fieldsNeeded(spec)))].sort();
  const { table } = first.spec;
  const params =
    keys[0]?.by === 'number'
      ? { table, numbers: values, fields, approvers: true }
      : { table, sysIds: values, fields, approvers: true };
  return { records, params };
}
