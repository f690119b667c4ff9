import type { Finding } from '#protocol/finding.ts';
import type { Calls } from './calls.ts';
import type { Asked } from './refusal.ts';
import { hasField, readField } from './row.ts';
import { findRows, getRecord, readTotalCount } from './table-api.ts';

export interface CurrentUser {
  readonly sysId: string;
  readonly userName: string;
}

/**
 * Asks who the credentials belong to; undefined when the instance does not say. Never by a script in a query, which may
 * be dropped and then gives a stranger (trap 2): where the path is missing, the user name that was given is looked up.
 */
export async function readCurrentUser(calls: Calls): Promise<CurrentUser | undefined> {
  const asked: Asked = { method: 'GET', subject: 'current_user', addressesRecord: false };
  const judged = await calls.readRecord(asked, 'api/now/ui/user/current_user');
  if (judged.kind === 'ok') {
    const sysId = readField(judged.value, 'user_sys_id').value;
    return isSysId(sysId) ? { sysId, userName: readField(judged.value, 'user_name').value } : undefined;
  }
  const { authentication } = calls.context.target;
  const isMissing = judged.status === 400 || judged.status === 404;
  return isMissing && 'username' in authentication ? findUser(calls, authentication.username) : undefined;
}

async function findUser(calls: Calls, userName: string): Promise<CurrentUser | undefined> {
  const judged = await findRows(calls, {
    table: 'sys_user',
    terms: [{ field: 'user_name', operator: '=', value: userName }],
    fields: ['user_name'],
    limit: 2,
  });
  if (judged.kind === 'failed' || judged.value.length !== 1) return undefined;
  const [sysId = ''] = judged.value.map((row) => readField(row, 'sys_id').value);
  return isSysId(sysId) ? { sysId, userName } : undefined;
}

function isSysId(text: string): boolean {
  return /^[0-9a-f]{32}$/.test(text);
}

/** The roles that the user was seen to have; unknown when they may not be seen, which is not *none*. */
export type SeenRoles =
  | { readonly kind: 'seen'; readonly roles: ReadonlySet<string>; readonly isAll: boolean }
  | { readonly kind: 'unknown'; readonly reason: string };

/** Reads the user's roles from the right table, by sys_id: the wrong one always says yes (trap 3). */
export async function readRoles(calls: Calls, user: CurrentUser | undefined): Promise<SeenRoles> {
  if (user === undefined) return { kind: 'unknown', reason: 'the instance does not tell who the user is' };
  const judged = await findRows(calls, {
    table: 'sys_user_has_role',
    terms: [{ field: 'user', operator: '=', value: user.sysId }],
    fields: ['role.name'],
    limit: mostRoles,
  });
  if (judged.kind === 'failed') return { kind: 'unknown', reason: judged.failure.message };
  const names = judged.value.map((row) => readField(row, 'role.name').value).filter((name) => name !== '');
  if (names.length === 0) return { kind: 'unknown', reason: 'the user sees none of its roles' };
  // The count is taken before ACLs (trap 10): when it is higher, roles are hidden.
  return { kind: 'seen', roles: new Set(names), isAll: (readTotalCount(judged) ?? names.length) <= names.length };
}

/** Says what the roles are good for; a role that was not seen is missing only when all were shown. */
export function judgeRoles(seen: SeenRoles): Finding[] {
  return [
    judgeRoleSet('roles', seen, {
      wanted: ticketRoles,
      need: 'all',
      purpose: 'for tickets',
      remedy: (missing) =>
        `Give the user the role ${missing}, or admin, or see that it has the rights on the tables it works with by other roles.`,
    }),
    judgeRoleSet('import-roles', seen, {
      wanted: importRoles,
      need: 'one',
      purpose: 'for import sets',
      remedy: () => 'For import sets give the user the role import_transformer; nothing to do if there are none.',
    }),
  ];
}

const mostRoles = 1_000;
const ticketRoles = ['itil_admin', 'itil', 'personalize_choices'];
const importRoles = ['import_admin', 'import_transformer'];

interface RoleSet {
  readonly wanted: readonly string[];
  readonly need: 'all' | 'one';
  readonly purpose: string;
  readonly remedy: (missing: string) => string;
}

function judgeRoleSet(probe: string, seen: SeenRoles, { wanted, need, purpose, remedy }: RoleSet): Finding {
  const unknown = (why: string): Finding => ({
    probe,
    status: 'unknown',
    message: `whether the user has the roles ${purpose} is not known: ${why}`,
    remedy: `Let an administrator see that the user has the role admin, or ${wanted.join(need === 'all' ? ', ' : ' or ')}.`,
  });
  if (seen.kind === 'unknown') return unknown(seen.reason);
  const { roles, isAll } = seen;
  if (roles.has('admin')) return { probe, status: 'passed', message: 'the user has the role admin' };
  const held = wanted.filter((role) => roles.has(role));
  const missing = wanted.filter((role) => !roles.has(role));
  if (need === 'all' ? missing.length === 0 : held.length > 0)
    return { probe, status: 'passed', message: `${purpose} the user has ${held.join(', ')}` };
  const lacks = `${purpose} the user lacks ${missing.join(need === 'all' ? ', ' : ' and ')}`;
  const message = held.length === 0 ? lacks : `${lacks}; it has ${held.join(', ')}`;
  if (!isAll)
    return unknown(`some of its roles are hidden from it, and ${missing.join(', ')} is not among those it sees`);
  return { probe, status: 'warning', message, remedy: remedy(missing.join(', ')) };
}

/** Tells the user's time zone, which dates that people see are in. */
export async function probeTimeZone(calls: Calls, user: CurrentUser | undefined): Promise<Finding> {
  const probe = 'time-zone';
  const unknown: Finding = {
    probe,
    status: 'unknown',
    message: "the user's time zone is not known",
    remedy: 'Nothing: times are read and written in UTC whatever it is.',
  };
  if (user === undefined) return unknown;
  // Never without a list of fields: a whole row of sys_user can carry a password (trap 62).
  const judged = await getRecord(calls, 'sys_user', user.sysId, ['time_zone']);
  if (judged.kind === 'failed' || !hasField(judged.value, 'time_zone')) return unknown;
  const zone = readField(judged.value, 'time_zone').value;
  const message = zone === '' ? "the user's time zone is the instance's own" : `the user's time zone is ${zone}`;
  return { probe, status: 'passed', message };
}
