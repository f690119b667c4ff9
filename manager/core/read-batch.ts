import type { Failure, FailureCode } from '#protocol/failure.ts';
import type { Params } from '#protocol/task-types.ts';
import type { ApprovalRecord } from './approval-record.ts';
import { alsoLookedAt } from './dead-ends.ts';
import { fieldsNeeded } from './gate-decision.ts';
import { mostPerRead } from './watch.ts';

/** Gates whose tickets one task reads. */
export interface ReadBatch {
  readonly records: readonly ApprovalRecord[];
  readonly params: Params<'ticket.read'>;
}

/** How far a failed reading may be the doing of one of its gates: surely, perhaps, or not at all. */
export type Suspicion = 'one' | 'perhaps-one' | 'none';

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
 * by themselves, once: from then on their sys_id is known. Those that are read alone come last: they hold up nobody. A
 * `probe` is one gate, and one that was read before if there is any, since that is more likely to be read again.
 */
export function makeBatch(waiting: readonly Waiting[], size: 'full' | 'probe' = 'full'): ReadBatch | undefined {
  const together = waiting.filter(({ record }) => !record.progress.isReadAlone);
  const due = together.filter(({ isDue }) => isDue);
  if (due.length === 0) return batchOf(waiting.flatMap(({ record, isDue }) => (isDue ? [record] : [])).slice(0, 1));
  const byNumber = due.filter(({ record }) => keyOf(record).by === 'number');
  const bySysId = together.filter(({ record }) => keyOf(record).by === 'sysId');
  if (size === 'probe')
    return batchOf([...bySysId.filter(({ isDue }) => isDue), ...byNumber].slice(0, 1).map(({ record }) => record));
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

/** Whose doing a failed reading may be. What is `none` concerns every gate of the group alike. */
export function suspicionOf({ code }: Failure): Suspicion {
  return suspicions[code] ?? 'none';
}

const suspicions: Readonly<Partial<Record<FailureCode, Suspicion>>> = {
  'field-unknown': 'one',
  'ticket-ambiguous': 'one',
  'result-too-large': 'one',
  // A record or a column that the instance cannot show, or not in time, or that something on the way cannot bear; or the
  // whole instance.
  'servicenow-bad-request': 'perhaps-one',
  'servicenow-maintenance': 'perhaps-one',
  'servicenow-reset': 'perhaps-one',
  'servicenow-server-error': 'perhaps-one',
  'servicenow-timeout': 'perhaps-one',
  'servicenow-undecodable': 'perhaps-one',
  'servicenow-not-json': 'perhaps-one',
  'servicenow-aborted': 'perhaps-one',
  'task-timeout': 'perhaps-one',
  'task-unsupported': 'perhaps-one',
  // What a delegate breaks on, each time anew.
  'delegate-fault': 'perhaps-one',
  'delegate-lost': 'perhaps-one',
  'deadline-exceeded': 'perhaps-one',
};

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
  const asked = { table, fields, optionalFields: alsoLookedAt(table), approvers: true };
  return { records, params: keys[0]?.by === 'number' ? { ...asked, numbers: values } : { ...asked, sysIds: values } };
}
