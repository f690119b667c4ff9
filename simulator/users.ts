import { type DateStyle, isTimeZone, systemDateFormat, systemTimeFormat } from './date-time.ts';
import type { Row } from './record-store.ts';
import type { World } from './world.ts';

/** The person or program that a request comes from. */
export interface User {
  readonly sysId: string;
  readonly userName: string;
  readonly name: string;
  readonly roles: ReadonlySet<string>;
  /** A user of programs, who never signs in at the pages. */
  readonly webServiceOnly: boolean;
  readonly dateStyle: DateStyle;
}

export function findUser(world: World, userName: string): User | undefined {
  const row = userRow(world, userName);
  return row ? toUser(world, row) : undefined;
}

/** The user of a token or key; undefined when the user is locked out, as with a password. */
export function findActiveUser(world: World, userName: string): User | undefined {
  const row = userRow(world, userName);
  return row && isActive(row) ? toUser(world, row) : undefined;
}

/**
 * Answers who the credentials belong to. A wrong password, an unknown name and a locked user are one answer, as on
 * the real thing: undefined.
 */
export function authenticate(world: World, userName: string, password: string): User | undefined {
  const row = userRow(world, userName);
  if (!row) return undefined;
  const sysId = row.sys_id ?? '';
  if (world.passwords.get(userName) !== password) {
    const failed = Number(row.failed_attempts) + 1;
    const limit = world.settings.lockOutAfter;
    const lockedOut = limit > 0 && failed >= limit ? { locked_out: 'true' } : {};
    world.update('sys_user', sysId, { failed_attempts: String(failed), ...lockedOut }, 'system');
    return undefined;
  }
  if (!isActive(row)) return undefined;
  if (row.failed_attempts !== '0') world.update('sys_user', sysId, { failed_attempts: '0' }, 'system');
  return toUser(world, row);
}

export function isAdmin(user: User): boolean {
  return user.roles.has('admin');
}

function isActive(row: Row): boolean {
  return row.locked_out !== 'true' && row.active === 'true';
}

function userRow(world: World, userName: string): Row | undefined {
  return world.store.rows('sys_user').find((row) => row.user_name === userName);
}

function toUser(world: World, row: Row): User {
  const roleIds = world.store
    .rows('sys_user_has_role')
    .filter(({ user }) => user === row.sys_id)
    .map(({ role }) => role ?? '');
  const zone = row.time_zone ?? '';
  return {
    sysId: row.sys_id ?? '',
    userName: row.user_name ?? '',
    name: row.name ?? '',
    roles: new Set(roleIds.map((id) => world.store.get('sys_user_role', id)?.row.name ?? '')),
    webServiceOnly: row.web_service_access_only === 'true',
    dateStyle: {
      timeZone: isTimeZone(zone) ? zone : world.settings.systemTimeZone,
      dateFormat: row.date_format || systemDateFormat,
      timeFormat: row.time_format || systemTimeFormat,
    },
  };
}
