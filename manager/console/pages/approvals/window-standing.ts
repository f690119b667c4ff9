import { describeSpan } from './approval-words.ts';
import type { Approval } from './use-approvals.ts';

type Window = NonNullable<Approval['window']>;

/** How a change window stands at a moment. */
export type WindowStanding =
  | { readonly kind: 'unknown' }
  | { readonly kind: 'before' | 'open'; readonly startsAt: string; readonly endsAt: string; readonly left: string }
  | { readonly kind: 'over'; readonly startsAt: string; readonly endsAt: string };

/** Judges a change window; `left` is the time until it opens, or until it is over. At its end it is over. */
export function standingOf({ startsAt, endsAt }: Window, now: Date): WindowStanding {
  if (startsAt === undefined || endsAt === undefined) return { kind: 'unknown' };
  const times = { startsAt, endsAt };
  const until = (time: string) => Date.parse(time) - now.getTime();
  if (until(endsAt) <= 0) return { kind: 'over', ...times };
  if (until(startsAt) > 0) return { kind: 'before', ...times, left: describeSpan(until(startsAt)) };
  return { kind: 'open', ...times, left: describeSpan(until(endsAt)) };
}
