import { canChangeRecord, canInsert } from './access.ts';
import { applyAfterRules, applyBeforeRules } from './business-rules.ts';
import type { Row, StoredRecord } from './record-store.ts';
import { errors } from './service-now-error.ts';
import type { User } from './users.ts';
import type { World } from './world.ts';
import { type JournalEntry, readWriteInput } from './write-input.ts';

export interface WriteRequest {
  readonly world: World;
  readonly user: User;
  readonly body: Readonly<Record<string, unknown>>;
  /** Dates in the user's zone and labels for values (sysparm_input_display_value). */
  readonly displayInput: boolean;
  /** Answers as if the write had happened, and changes nothing: the fault `ignore-writes`. */
  readonly pretend: boolean;
}

/** Creates a record the way the Table API does: rights, rules before, the record, its journals, rules after. */
export function createRecord(request: WriteRequest, table: string): StoredRecord {
  const { world, user } = request;
  if (!canInsert(world, user, table)) throw errors.writeRefused('Insert');
  const input = readWriteInput(world, user, table, request.body, request.displayInput);
  const drafted = world.draft(table, input.values, user.userName);
  const row = applyBeforeRules({ world, user, table, before: undefined, after: drafted });
  const record = { table, row };
  if (request.pretend) return record;
  world.store.put(record);
  addJournals(request, record, input.journals);
  applyAfterRules({ world, user, table, before: undefined, after: row });
  const answered = world.store.get(table, row.sys_id ?? '') ?? record;
  setBack(world, answered, defaultsOf(world, table), input.values);
  return answered;
}

/** Changes what the body names and nothing else: PUT does the same as PATCH. */
export function updateRecord(request: WriteRequest, record: StoredRecord): StoredRecord {
  const { world, user } = request;
  const { table, row: before } = record;
  if (!canChangeRecord(world, user, record)) throw errors.writeRefused('Update');
  const input = readWriteInput(world, user, table, request.body, request.displayInput);
  const ruled = applyBeforeRules({ world, user, table, before, after: { ...before, ...input.values } });
  const after = { ...ruled, ...oddState(world, table, request.body) };
  if (request.pretend) return record;
  const sysId = before.sys_id ?? '';
  addJournals(request, record, input.journals);
  // A note alone is an update of the record too: its sys_updated_on moves.
  const stored = world.update(table, sysId, after, user.userName, input.journals.length > 0);
  if (stored) applyAfterRules({ world, user, table, before, after: stored });
  const answered = world.store.get(table, sysId) ?? record;
  setBack(world, answered, before, input.values);
  return answered;
}

export function deleteRecord(request: WriteRequest, record: StoredRecord): void {
  if (!canChangeRecord(request.world, request.user, record)) throw errors.writeRefused('Delete');
  if (!request.pretend) request.world.store.remove(record);
}

/** Where a label written as the state of a change lands: one state further, its approval begun anew, as was recorded. */
function oddState(world: World, table: string, { state }: WriteRequest['body']): Row {
  if (world.settings.stateLabels !== 'odd' || table !== 'change_request' || typeof state !== 'string') return {};
  const choices = world.schema.columns(table).get('state')?.choices ?? [];
  const named = choices.findIndex(({ label }) => label.toLowerCase() === state.toLowerCase());
  const next = choices[Math.min(named + 1, choices.length - 1)];
  return named < 0 || !next ? {} : { state: next.value, approval: 'not requested' };
}

/** What an asynchronous business rule does when the answer is on its way: puts former values back. */
function setBack(world: World, { table, row }: StoredRecord, former: Row, written: Row): void {
  const reverted = Object.keys(written).filter((name) =>
    world.schema.lineage(table).some((ancestor) => world.settings.revertedFields.includes(`${ancestor}.${name}`)),
  );
  const values = Object.fromEntries(reverted.map((name) => [name, former[name] ?? '']));
  if (reverted.length > 0) world.update(table, row.sys_id ?? '', values, 'system');
}

function defaultsOf(world: World, table: string): Row {
  return Object.fromEntries(
    [...world.schema.columns(table).values()].map(({ name, fallback = '' }) => [name, fallback]),
  );
}

function addJournals({ world, user }: WriteRequest, record: StoredRecord, entries: readonly JournalEntry[]): void {
  for (const { element, text } of entries) {
    const values = { name: record.table, element, element_id: record.row.sys_id ?? '', value: text };
    world.insert('sys_journal_field', values, user.userName);
  }
}
