import type { Failure, FailureCode } from '#protocol/failure.ts';

/** What is true of one thing of several, when it is no success. */
export interface Shortfall {
  /** Such as `CTASK0010001` or `row 3`. */
  readonly name: string;
  /** Absent when it was not tried. */
  readonly failure: Failure | undefined;
}

/** Tells whether a failure would meet whatever is tried next as well. */
export function holdsForAll({ code }: Failure): boolean {
  return codesForAll.has(code);
}

/** Tells whether a failure lies in the way or in the attempt, and says nothing of what was asked. */
export function isOfTheWay(found: Failure): boolean {
  return holdsForAll(found) || found.code === 'servicenow-reset' || found.code === 'servicenow-timeout';
}

/**
 * Makes one failure of several. It is the first that may be repeated, since a repetition finds what is done already; else
 * one whose outcome is unknown, which must not read as a refusal; else the first.
 */
export function joinFailures(shortfalls: readonly Shortfall[], ofAll: string, partialResult: unknown): Failure {
  const failures = shortfalls.flatMap(({ failure }) => failure ?? []);
  const leading =
    failures.find(({ retry }) => retry === 'same-delegate' || retry === 'other-delegate') ??
    failures.find(({ retry }) => retry === 'unknown-outcome') ??
    failures[0];
  if (leading === undefined) throw new Error('nothing has failed');
  const each = shortfalls.map(({ name, failure }) => `${name}: ${failure?.message ?? 'not tried'}`);
  return { ...leading, message: `${ofAll}: ${each.join('; ')}`, partialResult };
}

const codesForAll: ReadonlySet<FailureCode> = new Set([
  'servicenow-unreachable',
  'servicenow-tls',
  'servicenow-hibernating',
  'servicenow-login-page',
  'servicenow-redirect',
  'servicenow-maintenance',
  'servicenow-unauthenticated',
  'servicenow-rate-limited',
  'task-timeout',
  'lease-lost',
]);
