import type { Criteria } from '#protocol/criteria.ts';
import { type Failure, failure } from '#protocol/failure.ts';
import { describeCriteria, type FieldValues, fieldsOf, judge } from './criteria.ts';
import { readDateTime } from './stored-values.ts';
import { writeTime } from './time-text.ts';

export interface GateRules {
  readonly approve: Criteria;
  readonly reject: Criteria | undefined;
  readonly window: WindowFields | undefined;
}

export interface WindowFields {
  readonly startField: string;
  readonly endField: string;
}

/** A change window in milliseconds since the epoch: open at its start, over at its end. */
export interface GateWindow {
  readonly startsAt: number;
  readonly endsAt: number;
}

export type GateDecision =
  | { readonly kind: 'approved'; readonly rule: string }
  | { readonly kind: 'rejected'; readonly rule: string }
  /** `opensAt`: it is approved, and its window opens then. */
  | { readonly kind: 'waiting'; readonly because: string; readonly opensAt?: number }
  /** A field that the rules need was not read, or cannot be compared: nothing can be decided by this reading. */
  | { readonly kind: 'unreadable'; readonly failure: Failure }
  | { readonly kind: 'expired'; readonly failure: Failure }
  | { readonly kind: 'failed'; readonly failure: Failure };

/**
 * Decides a gate by one reading of its ticket: rejection first (a ticket that is both is not approved), then approval,
 * then the change window. Nothing but criteria that hold, a rejection that does not, and a window that is open, approves.
 */
export function decideGate(rules: GateRules, fields: FieldValues, now: number): GateDecision {
  const rejection = rules.reject && judge(rules.reject, fields);
  if (rules.reject && rejection?.kind === 'holds') return { kind: 'rejected', rule: describeCriteria(rules.reject) };
  const absent = fieldsNeeded(rules).filter((field) => !Object.hasOwn(fields, field));
  if (absent.length > 0) return unreadable(absent);
  if (rejection?.kind === 'cannot-be-judged') return unjudgeable('rejects', rejection.because);
  const approval = judge(rules.approve, fields);
  switch (approval.kind) {
    case 'cannot-be-judged':
      return unjudgeable('approves', approval.because);
    case 'does-not-hold':
      return { kind: 'waiting', because: describeWaiting(rules, fields, now) };
    case 'holds': {
      const rule = describeCriteria(rules.approve);
      return rules.window ? decideWindow(rules.window, rule, fields, now) : { kind: 'approved', rule };
    }
  }
}

/** Every field that the rules look at, each once. */
export function fieldsNeeded({ approve, reject, window }: GateRules): string[] {
  const wanted = [...fieldsOf(approve), ...(reject ? fieldsOf(reject) : [])];
  return [...new Set(window ? [...wanted, window.startField, window.endField] : wanted)].sort();
}

/** Whether the stamp of the ticket tells of all that the rules look at: a column of another record changes without it. */
export function isFollowable(rules: GateRules): boolean {
  return fieldsNeeded(rules).every((field) => !field.includes('.'));
}

/** Reads a change window from a ticket's stored values, which are in UTC. Undefined unless both ends are date-times. */
export function readWindow({ startField, endField }: WindowFields, fields: FieldValues): GateWindow | undefined {
  const start = readTime(fields, startField);
  const end = readTime(fields, endField);
  return 'fault' in start || 'fault' in end ? undefined : { startsAt: start.at, endsAt: end.at };
}

/** Says that a window, or what is left of it, is shorter than what is to be done in it is expected to take. */
export function warnOfShortWindow(
  { startsAt, endsAt }: GateWindow,
  expectedDurationMs: number,
  now: number,
): string | undefined {
  const leftMs = endsAt - Math.max(now, startsAt);
  if (leftMs <= 0 || leftMs >= expectedDurationMs) return undefined;
  const expected = `and ${writeMinutes(expectedDurationMs)} are expected`;
  return now < startsAt
    ? `the change window lasts only ${writeMinutes(leftMs)}, ${expected}`
    : `only ${writeMinutes(leftMs)} are left of the change window, ${expected}`;
}

function unreadable(absent: readonly string[]): GateDecision {
  return {
    kind: 'unreadable',
    failure: failure(
      'field-unknown',
      `the ticket was read without ${absent.join(', ')}: no such field, or the connector's user may not read it on this ticket`,
      "Correct the field's name, or give the user the right to read it.",
    ),
  };
}

function unjudgeable(verb: 'approves' | 'rejects', because: string): GateDecision {
  return {
    kind: 'unreadable',
    failure: failure(
      'criteria-unjudgeable',
      `what ${verb} cannot be judged by this ticket: ${because}`,
      'Correct the field of the ticket, or cancel the approval and start one with other criteria.',
    ),
  };
}

/** A window that is over while nobody has approved ends nothing: the ticket may be planned anew. */
function describeWaiting({ approve, window }: GateRules, fields: FieldValues, now: number): string {
  const because = `not yet: ${describeCriteria(approve)}`;
  const read = window && readWindow(window, fields);
  return window && read && now >= read.endsAt
    ? `${because}; besides, the change window was over at ${writeTime(read.endsAt)} (${window.endField}): plan the change anew`
    : because;
}

function decideWindow(
  { startField, endField }: WindowFields,
  rule: string,
  fields: FieldValues,
  now: number,
): GateDecision {
  const start = readTime(fields, startField);
  const end = readTime(fields, endField);
  if ('fault' in start) return invalidWindow(start.fault);
  if ('fault' in end) return invalidWindow(end.fault);
  if (start.at >= end.at)
    return invalidWindow(
      start.at === end.at
        ? `it ends when it starts (${startField} and ${endField}: ${writeTime(end.at)})`
        : `it ends (${endField} ${writeTime(end.at)}) before it starts (${startField} ${writeTime(start.at)})`,
    );
  if (now >= end.at)
    return {
      kind: 'expired',
      failure: failure(
        'gate-window-over',
        `approved, but the change window was over at ${writeTime(end.at)} (${endField})`,
        'Plan the change anew in ServiceNow, then start another approval.',
      ),
    };
  if (now < start.at)
    return {
      kind: 'waiting',
      because: `approved; the change window opens at ${writeTime(start.at)}`,
      opensAt: start.at,
    };
  return { kind: 'approved', rule: `${rule}, and the change window is open until ${writeTime(end.at)}` };
}

function invalidWindow(fault: string): GateDecision {
  return {
    kind: 'failed',
    failure: failure(
      'gate-window-invalid',
      `approved, but the change window cannot be used: ${fault}`,
      'Fill in both ends of the window in ServiceNow, then start another approval.',
    ),
  };
}

function readTime(fields: FieldValues, field: string): { at: number } | { fault: string } {
  const text = (Object.hasOwn(fields, field) ? fields[field]?.value : undefined) ?? '';
  if (text === '') return { fault: `${field} is blank` };
  const at = readDateTime(text);
  return at === undefined ? { fault: `${field} is no date-time: ${JSON.stringify(text.slice(0, 40))}` } : { at };
}

/** Writes a time span in hours and minutes: `1h 30m`; less than a minute in seconds. */
function writeMinutes(ms: number): string {
  const minutes = Math.floor(ms / 60_000);
  if (minutes === 0) return `${Math.floor(ms / 1_000)}s`;
  const [hours, rest] = [Math.floor(minutes / 60), minutes % 60];
  return [...(hours > 0 ? [`${hours}h`] : []), ...(rest > 0 ? [`${rest}m`] : [])].join(' ');
}
