import Type, { type Static } from 'typebox';

/** What a repetition may do. PROTOCOL.md, section 10. */
export type RetryVerdict = 'never' | 'same-delegate' | 'other-delegate' | 'unknown-outcome';

/** The closed list of failure codes, each with its verdict. PROTOCOL.md, section 10, says what each means. */
export const failureVerdicts = {
  'servicenow-unreachable': 'other-delegate',
  'servicenow-tls': 'other-delegate',
  'servicenow-timeout': 'same-delegate',
  'servicenow-reset': 'same-delegate',
  'servicenow-hibernating': 'never',
  'servicenow-login-page': 'never',
  'servicenow-redirect': 'never',
  'servicenow-maintenance': 'same-delegate',
  'servicenow-not-json': 'same-delegate',
  'servicenow-undecodable': 'same-delegate',
  'servicenow-unauthenticated': 'never',
  'servicenow-forbidden': 'never',
  'servicenow-aborted': 'never',
  'servicenow-table-unknown': 'never',
  'servicenow-bad-request': 'never',
  'servicenow-rate-limited': 'same-delegate',
  'servicenow-server-error': 'same-delegate',
  'ticket-not-found': 'never',
  'ticket-unreadable': 'never',
  'ticket-ambiguous': 'never',
  'field-unknown': 'never',
  'field-ambiguous': 'never',
  'field-ignored': 'never',
  'value-unknown': 'never',
  'state-illegal': 'never',
  'template-unknown': 'never',
  'import-row-failed': 'never',
  'outcome-unknown': 'unknown-outcome',
  'task-timeout': 'same-delegate',
  'lease-lost': 'same-delegate',
  'task-unsupported': 'other-delegate',
  'policy-refused': 'other-delegate',
  'delegate-full': 'other-delegate',
  'delegate-draining': 'other-delegate',
  'secret-unreadable': 'other-delegate',
  'result-too-large': 'never',
  'delegate-fault': 'other-delegate',
  'delegate-lost': 'other-delegate',
  'no-eligible-delegate': 'never',
  'deadline-exceeded': 'never',
  'connector-gone': 'never',
  'criteria-unjudgeable': 'never',
  'gate-timed-out': 'never',
  'gate-window-over': 'never',
  'gate-window-invalid': 'never',
} as const satisfies Record<string, RetryVerdict>;

export type FailureCode = keyof typeof failureVerdicts;

const failureCodes = Object.keys(failureVerdicts) as FailureCode[];

export const Failure = Type.Object({
  code: Type.Enum(failureCodes),
  message: Type.String({ maxLength: 8_192, description: 'What happened, for a person.' }),
  remedy: Type.String({ maxLength: 4_096, description: 'What to do about it.' }),
  retry: Type.Enum(['never', 'same-delegate', 'other-delegate', 'unknown-outcome'] as const),
  /** From `Retry-After` of a 429; absent when ServiceNow gave none (trap 45). */
  retryAfterMs: Type.Optional(Type.Integer({ minimum: 0, maximum: 86_400_000 })),
  /** What was done or found all the same, in the form of the task type's result. */
  partialResult: Type.Optional(Type.Unknown()),
});
export type Failure = Static<typeof Failure>;

/** Makes a failure with the verdict that its code has. */
export function failure(code: FailureCode, message: string, remedy: string, retryAfterMs?: number): Failure {
  const base = { code, message, remedy, retry: failureVerdicts[code] };
  return retryAfterMs === undefined ? base : { ...base, retryAfterMs };
}
