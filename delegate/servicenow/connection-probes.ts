import type { Finding } from '#protocol/finding.ts';
import type { Judged, Refused } from './answer.ts';
import type { Calls } from './calls.ts';
import { gatewayWords, judgeAnonymous, recogniseInstance } from './instance.ts';
import type { Asked } from './refusal.ts';
import { hasField, readField } from './row.ts';
import { findRows, getRecord, peekRow, readTotalCount } from './table-api.ts';
import type { TransportResult } from './transport.ts';

/** What a probe found; a decisive one carries the refusal that fails the whole test. */
export interface Probed {
  readonly finding: Finding;
  readonly refused?: Refused;
}

/** Tells whether the host was reached: DNS, TCP and TLS, with the time they took. */
export function probeReach(baseUrl: string, anonymous: TransportResult): Probed {
  if (anonymous.kind !== 'answer') return fail('reach', judgeAnonymous(anonymous));
  const connected = anonymous.connectMs === undefined ? '' : `connected in ${Math.round(anonymous.connectMs)} ms, `;
  const steps = baseUrl.startsWith('https:') ? 'DNS, TCP and TLS' : 'DNS and TCP (no TLS)';
  const message = `reached ${baseUrl} by ${steps}: ${connected}answered in ${Math.round(anonymous.ms)} ms`;
  return { finding: { probe: 'reach', status: 'passed', message } };
}

/** Tells whether a live instance answers. What only looks like none warns: the credentials decide then. */
export function probeInstance(anonymous: TransportResult): Probed {
  const probe = 'instance';
  const met = recogniseInstance(anonymous);
  switch (met.kind) {
    case 'guarded':
      return { finding: { probe, status: 'passed', message: 'a live instance answers' } };
    case 'open': {
      const message = 'an instance answers, and it answers table sys_user without credentials';
      const remedy = 'Let the administrator of the instance see why anonymous calls may read users.';
      return { finding: { probe, status: 'warning', message, remedy } };
    }
    case 'gateway':
      return { finding: { probe, status: 'warning', ...gatewayWords } };
    case 'forbidding': {
      const { message: said } = met.refused.failure;
      const message = `an instance answers, and it refuses anonymous calls in its own way: ${said}`;
      return { finding: { probe, status: 'warning', message, remedy: 'Nothing, if the credentials are accepted.' } };
    }
    case 'other':
      return fail(probe, met.refused);
  }
}

/** Tells whether the credentials are accepted; 403 proves that they are. */
export async function probeCredentials(calls: Calls): Promise<Probed> {
  const judged = await peekRow(calls, 'task', ['sys_id']);
  const { authentication } = calls.context.target;
  const whose = 'username' in authentication ? authentication.username : `the ${authentication.kind}`;
  if (judged.kind === 'ok' || judged.failure.code === 'servicenow-forbidden') {
    const message = `the credentials of ${whose} are accepted`;
    return { finding: { probe: 'credentials', status: 'passed', message } };
  }
  return fail('credentials', judged);
}

export interface CurrentUser {
  readonly sysId: string;
  readonly userName: string;
}

/** Asks who the credentials belong to; undefined when the instance does not say. */
export async function readCurrentUser(calls: Calls): Promise<CurrentUser | undefined> {
  const asked: Asked = { method: 'GET', subject: 'current_user', addressesRecord: false };
  const judged = await calls.readRecord(asked, 'api/now/ui/user/current_user');
  if (judged.kind === 'failed') return undefined;
  const sysId = readField(judged.value, 'user_sys_id').value;
  return sysId === '' ? undefined : { sysId, userName: readField(judged.value, 'user_name').value };
}

/** Tells which of the wanted roles the user has; an empty or refused answer means unknown, never none. */
export async function probeRoles(calls: Calls, user: CurrentUser | undefined): Promise<Finding> {
  const unknown = (why: string): Finding => ({
    probe: 'roles',
    status: 'unknown',
    message: `which roles the user has is not known: ${why}`,
    remedy: `Let an administrator see that the user has the role admin, or ${wantedRoles.join(', ')}.`,
  });
  if (user === undefined) return unknown('the instance does not tell who the user is');
  // The right table, by the user's sys_id: the wrong one always says yes (trap 3).
  const judged = await findRows(calls, {
    table: 'sys_user_has_role',
    terms: [{ field: 'user', operator: '=', value: user.sysId }],
    fields: ['role.name'],
    limit: 1_000,
  });
  if (judged.kind === 'failed') return unknown(judged.failure.message);
  const roles = new Set(judged.value.map((row) => readField(row, 'role.name').value).filter((role) => role !== ''));
  if (roles.size === 0) return unknown('the user may not read its roles');
  if (roles.has('admin')) return { probe: 'roles', status: 'passed', message: 'the user has the role admin' };
  const missing = wantedRoles.filter((role) => !roles.has(role));
  if (missing.length === 0) {
    return { probe: 'roles', status: 'passed', message: `the user has the roles ${wantedRoles.join(', ')}` };
  }
  const held = wantedRoles.filter((role) => roles.has(role));
  return {
    probe: 'roles',
    status: 'warning',
    message: `the user lacks ${missing.join(', ')}${held.length === 0 ? '' : `; it has ${held.join(', ')}`}`,
    remedy: `Give the user the role ${missing.join(', ')}, or see that it has the rights on the tables it works with by other roles.`,
  };
}

const wantedRoles = ['itil', 'itil_admin', 'personalize_choices'];

/** Tells whether the user can read a table; no rows at all is what a user without a role gets, too (trap 8). */
export async function probeTableRead(calls: Calls, table: string): Promise<Finding> {
  const probe = 'table-read';
  const judged = await peekRow(calls, table, ['sys_id', 'number']);
  if (judged.kind === 'failed') {
    return { probe, status: 'warning', message: judged.failure.message, remedy: judged.failure.remedy };
  }
  if (judged.value.length > 0) return { probe, status: 'passed', message: `the user can read table ${table}` };
  const remedy = `Give the user the role itil, or the read role of the application; if table ${table} is empty, test again when it has a record.`;
  const total = readTotalCount(judged);
  return total !== undefined && total > 0
    ? { probe, status: 'warning', message: `table ${table} has records and the user sees none of the first`, remedy }
    : { probe, status: 'unknown', message: `table ${table} shows no record: empty, or not for this user`, remedy };
}

/** Tells how far the instance's clock is from the delegate's, and the user's time zone if it may be read. */
export async function probeClock(
  calls: Calls,
  anonymous: TransportResult,
  user: CurrentUser | undefined,
  nowMs: number,
): Promise<Finding> {
  const probe = 'clock';
  const zone = await readTimeZone(calls, user);
  const date = anonymous.kind === 'answer' ? Date.parse(anonymous.headers.date ?? '') : Number.NaN;
  if (Number.isNaN(date)) {
    const message = `the instance does not tell its time; ${zone}`;
    return {
      probe,
      status: 'unknown',
      message,
      remedy: 'Compare the clocks of the instance and of the delegate by hand.',
    };
  }
  const skewSeconds = Math.round((date - nowMs) / 1_000);
  const side = skewSeconds < 0 ? 'behind' : 'ahead of';
  if (Math.abs(skewSeconds) <= mostSkewSeconds) {
    const message = `the clocks agree to within ${mostSkewSeconds} s; ${zone}`;
    return { probe, status: 'passed', message };
  }
  const message = `the instance's clock is ${Math.abs(skewSeconds)} s ${side} the delegate's; ${zone}`;
  return { probe, status: 'warning', message, remedy: 'Set the clock of the delegate by NTP; instances are.' };
}

const mostSkewSeconds = 5;

async function readTimeZone(calls: Calls, user: CurrentUser | undefined): Promise<string> {
  const unknown = "the user's time zone is not known";
  if (user === undefined) return unknown;
  // Never without a list of fields: a whole row of sys_user can carry a password (trap 62).
  const judged = await getRecord(calls, 'sys_user', user.sysId, ['time_zone']);
  if (judged.kind === 'failed' || !hasField(judged.value, 'time_zone')) return unknown;
  const zone = readField(judged.value, 'time_zone').value;
  return zone === '' ? "the user's time zone is the system's" : `the user's time zone is ${zone}`;
}

function fail(probe: string, judged: Judged<unknown>): Probed {
  if (judged.kind === 'ok') return { finding: { probe, status: 'passed', message: 'answered' } };
  const { message, remedy } = judged.failure;
  return { finding: { probe, status: 'failed', message, remedy }, refused: judged };
}
