import type { Row, StoredRecord } from './record-store.ts';
import type { Settings } from './settings.ts';
import { isAdmin, type User } from './users.ts';
import type { World } from './world.ts';

/** What happens to a reader without the role: no rows and 200, or one of the two 403s. */
export type ReadRefusal = 'empty' | 'insufficient-rights' | 'table-not-authorized';

interface AccessRule {
  /** One of these roles reads; `*` is everybody who signed in. */
  readonly read: readonly string[];
  readonly refusal: ReadRefusal;
  readonly write: readonly string[];
  /** Roles that may filter by and sort on the columns, where reading does not suffice. */
  readonly query?: readonly string[];
  /** Lets a user without the role read or change this one row. */
  readonly ownRow?: (user: User, row: Row) => boolean;
  readonly ownWrite?: boolean;
}

const taskRule: AccessRule = { read: ['itil', 'approver_user'], refusal: 'empty', write: ['itil'] };
const nobody: readonly string[] = [];

/** Who may do what, by table; a table without a rule has its parent's. An admin may do everything. */
const rules: Readonly<Record<string, AccessRule>> = {
  task: taskRule,
  sysapproval_approver: {
    read: ['itil'],
    refusal: 'empty',
    write: nobody,
    ownRow: (user, row) => row.approver === user.sysId,
    ownWrite: true,
  },
  sys_user: { read: ['itil'], refusal: 'empty', write: nobody, ownRow: (user, row) => row.sys_id === user.sysId },
  sys_template: { read: ['itil'], refusal: 'empty', write: nobody },
  std_change_record_producer: { read: ['itil'], refusal: 'empty', write: nobody },
  u_release_import: {
    read: ['import_transformer', 'import_admin'],
    refusal: 'empty',
    write: ['import_transformer', 'import_admin'],
  },
  sys_user_group: { read: ['itil'], refusal: 'empty', write: nobody },
  sys_user_role: { read: ['*'], refusal: 'empty', write: nobody },
  sys_user_has_role: { read: nobody, refusal: 'insufficient-rights', write: nobody },
  sys_journal_field: { read: nobody, refusal: 'empty', write: nobody },
  sys_attachment: { read: ['itil'], refusal: 'empty', write: nobody },
  sys_choice: { read: ['*'], refusal: 'empty', write: nobody, query: ['personalize_choices'] },
  sys_db_object: { read: ['itil'], refusal: 'table-not-authorized', write: nobody },
  sys_dictionary: { read: nobody, refusal: 'empty', write: nobody },
};

/** How the settings bend a table's rule. */
const bends: Readonly<Record<string, (rule: AccessRule, settings: Settings) => AccessRule>> = {
  sys_user_has_role: (rule, { roleReads }) => ({
    ...rule,
    refusal: roleReads === 'forbidden' ? 'insufficient-rights' : 'empty',
    ...(roleReads === 'own' ? { ownRow: (user: User, row: Row) => row.user === user.sysId } : {}),
  }),
  sys_journal_field: (rule, { journalReads }) => ({
    ...rule,
    refusal: journalReads === 'forbidden' ? 'insufficient-rights' : 'empty',
    read: journalReads === 'allowed' ? ['itil'] : nobody,
  }),
};

/** Says how a list of this table is refused to a user; undefined when rows are to be judged one by one. */
export function listRefusal(world: World, user: User, table: string): Exclude<ReadRefusal, 'empty'> | undefined {
  const rule = ruleOf(world, table);
  if (holds(user, rule.read) || rule.refusal === 'empty') return undefined;
  return rule.refusal;
}

export function canQuery(world: World, user: User, table: string): boolean {
  const { query } = ruleOf(world, table);
  return query === undefined || holds(user, query);
}

export function canReadRecord(world: World, user: User, { table, row }: StoredRecord): boolean {
  if (isAdmin(user)) return true;
  const hidden = world.settings.unreadableRecords;
  if (hidden.includes(row.number ?? '') || hidden.includes(row.sys_id ?? '')) return false;
  const rule = ruleOf(world, table);
  return holds(user, rule.read) || (rule.ownRow?.(user, row) ?? false);
}

export function canInsert(world: World, user: User, table: string): boolean {
  return holds(user, ruleOf(world, table).write);
}

export function canChangeRecord(world: World, user: User, { table, row }: StoredRecord): boolean {
  const rule = ruleOf(world, table);
  return holds(user, rule.write) || (rule.ownWrite === true && (rule.ownRow?.(user, row) ?? false));
}

export function canReadField(world: World, user: User, table: string, column: string): boolean {
  return isAdmin(user) || !names(world, world.settings.unreadableFields, table, column);
}

/** Whether a user may compare a column by range, search in it and sort by it, where equality needs less. */
export function canQueryRange(world: World, user: User, table: string, column: string): boolean {
  return isAdmin(user) || !names(world, world.settings.rangeQueriesForbidden, table, column);
}

export function canWriteField(world: World, user: User, table: string, column: string): boolean {
  return isAdmin(user) || !names(world, world.settings.unwritableFields, table, column);
}

function names(world: World, list: readonly string[], table: string, column: string): boolean {
  return list.length > 0 && world.schema.lineage(table).some((ancestor) => list.includes(`${ancestor}.${column}`));
}

function ruleOf(world: World, table: string): AccessRule {
  const name = world.schema.lineage(table).find((ancestor) => Object.hasOwn(rules, ancestor));
  const rule = (name === undefined ? undefined : rules[name]) ?? taskRule;
  return bends[table]?.(rule, world.settings) ?? rule;
}

function holds(user: User, roles: readonly string[]): boolean {
  return isAdmin(user) || roles.includes('*') || roles.some((role) => user.roles.has(role));
}
