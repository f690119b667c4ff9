import type { Criteria } from '#protocol/criteria.ts';
import { type Failure, failure } from '#protocol/failure.ts';
import { describeCriteria, type FieldValues, fieldsOf, holds } from './criteria.ts';

export interface GateRules {
  readonly approve: Criteria;
  readonly reject: Criteria | undefined;
  readonly window: { readonly startField: string; readonly endField: string } | undefined;
}

export type GateDecision =
  | { readonly kind: 'approved'; readonly rule: string }
  | { readonly kind: 'rejected'; readonly rule: string }
  | { readonly kind: 'waiting'; readonly because: string }
  /** A field that the rules need was not read: nothing can be decided by this reading. */
  | { readonly kind: 'unreadable'; readonly failure: Failure }
  | { readonly kind: 'expired'; readonly failure: Failure }
  | { readonly kind: 'failed'; readonly failure: Failure };

/**
 * Decides a gate by one reading of its ticket: rejection first (a ticket that is both is not approved), then approval,
 * then the change window. Nothing but criteria that hold, and a window that is open, approves.
 */
export function decideGate(rules: GateRules, fields: FieldValues, now: number): GateDecision {
  const absent = fieldsNeeded(rules).filter((field) => !Object.hasOwn(fields, field));
  if (absent.length > 0) return unreadable(absent);
  if (rules.reject && holds(rules.reject, fields)) return { kind: 'rejected', rule: describeCriteria(rules.reject) };
  const rule = describeCriteria(rules.approve);
  if (!holds(rules.approve, fields)) return { kind: 'waiting', because: `not yet: ${rule}` };
  if (!rules.window) return { kind: 'approved', rule };
  return decideWindow(rules.window, rule, fields, now);
}

/** Every field that the rules look at, each once. */
export function fieldsNeeded({ approve, reject, window }: GateRules): string[] {
  const wanted = [...fieldsOf(approve), ...(reject ? fieldsOf(reject) : [])];
  return [...new Set(window ? [...wanted, window.startField, window.endField] : wanted)].sort();
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

function decideWindow(
  window: { startField: string; endField: string },
  rule: string,
  fields: FieldValues,
  now: number,
): GateDecision {
  const start = readTime(fields, window.startField);
  const end = readTime(fields, window.endField);
  if ('fault' in start) return invalidWindow(start.fault);
  if ('fault' in end) return invalidWindow(end.fault);
  if (start.at >= end.at)
    return invalidWindow(
      `it ends (${window.endField} ${end.text} UTC) before it starts (${window.startField} ${start.text} UTC)`,
    );
  if (now >= end.at)
    return {
      kind: 'expired',
      failure: failure(
        'gate-window-over',
        `approved, but the change window was over at ${end.text} UTC (${window.endField})`,
        'Plan the change anew in ServiceNow, then start another approval.',
      ),
    };
  if (now < start.at) return { kind: 'waiting', because: `approved; the change window opens at ${start.text} UTC` };
  return { kind: 'approved', rule: `${rule}, and the change window is open until ${end.text} UTC` };
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

const storedTime = /^(\d{4})-(\d{2})-(\d{2}) (\d{2}):(\d{2}):(\d{2})$/;

/** Reads a stored date-time: ServiceNow keeps it in UTC without saying so (trap 31). */
function readTime(fields: FieldValues, field: string): { at: number; text: string } | { fault: string } {
  const text = fields[field]?.value ?? '';
  if (text === '') return { fault: `${field} is blank` };
  const at = storedTime.test(text) ? Date.parse(`${text.replace(' ', 'T')}Z`) : Number.NaN;
  return Number.isNaN(at) ? { fault: `${field} is no date-time: ${JSON.stringify(text.slice(0, 40))}` } : { at, text };
}
