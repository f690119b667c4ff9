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
  return [judgeTicketRoles('roles', seen), judgeImportRoles('import-roles', seen)];
}

const mostRoles = 1_000;
const ticketRoles = ['itil', 'itil_admin'];
const choicesRole = 'personalize_choices';
const importRoles = ['import_transformer', 'import_admin'];
const choicesCondition = `${choicesRole} is needed only where the instance does not offer api/now/ui/meta`;

function judgeTicketRoles(probe: string, seen: SeenRoles): Finding {
  const lookedAt = `Let an administrator see that the user has the role itil; ${choicesCondition}.`;
  if (seen.kind === 'unknown') return unknownRoles(probe, 'for tickets', seen.reason, lookedAt);
  const { roles, isAll } = seen;
  if (roles.has('admin')) return { probe, status: 'passed', message: 'the user has the role admin' };
  const held = [...ticketRoles, choicesRole, ...importRoles].filter((role) => roles.has(role));
  const maySeeTickets = ticketRoles.some((role) => roles.has(role));
  if (maySeeTickets && roles.has(choicesRole))
    return { probe, status: 'passed', message: `for tickets the user has ${held.join(', ')}` };
  const missing = maySeeTickets ? choicesRole : 'itil';
  if (!isAll) return unknownRoles(probe, 'for tickets', describeHidden(missing), lookedAt);
  const has = held.length === 0 ? '' : `; it has ${held.join(', ')}`;
  if (maySeeTickets) {
    const message = `for tickets the user lacks ${choicesRole}, which only filtering sys_choice needs${has}`;
    return { probe, status: 'warning', message, remedy: `Mostly nothing: ${choicesCondition}.` };
  }
  const elseNothing = importRoles.some((role) => roles.has(role)) ? '; nothing if it only loads import sets' : '';
  return {
    probe,
    status: 'warning',
    message: `for tickets the user lacks itil${has}`,
    remedy: `Tickets need the role itil, or rights on the tables in use by other roles: give the user one of these${elseNothing}.`,
  };
}

function judgeImportRoles(probe: string, seen: SeenRoles): Finding {
  const lookedAt = 'If import sets are loaded, let an administrator see that the user has the role import_transformer.';
  if (seen.kind === 'unknown') return unknownRoles(probe, 'for import sets', seen.reason, lookedAt);
  const { roles, isAll } = seen;
  if (roles.has('admin')) return { probe, status: 'passed', message: 'the user has the role admin' };
  const held = importRoles.filter((role) => roles.has(role));
  if (held.length > 0) return { probe, status: 'passed', message: `for import sets the user has ${held.join(', ')}` };
  const missing = importRoles.join(' and ');
  if (!isAll) return unknownRoles(probe, 'for import sets', describeHidden(missing), lookedAt);
  return {
    probe,
    status: 'warning',
    message: `for import sets the user lacks ${missing}`,
    remedy: 'For import sets give the user the role import_transformer; nothing to do if there are none.',
  };
}

function unknownRoles(probe: string, purpose: string, why: string, remedy: string): Finding {
  const message = `whether the user has the roles ${purpose} is not known: ${why}`;
  return { probe, status: 'unknown', message, remedy };
}

function describeHidden(missing: string): string {
  return `some of its roles are hidden from it, and ${missing} is not among those it sees`;
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
