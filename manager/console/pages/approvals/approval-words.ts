import type { Approval } from './use-approvals.ts';

/** What people call the ticket by. */
export function ticketName({ number, sysId }: Approval['ticket']): string {
  return number || sysId;
}

type Pending = NonNullable<Approval['waitingFor']>[number];

/** Those who are asked, in few words, and since when the first of them is. */
export interface Whom {
  readonly text: string;
  readonly since?: string;
}

const mostNamed = 3;

/** Says in few words whom an approval waits for. */
export function describeWhom(pending: readonly Pending[] | undefined): Whom {
  if (pending === undefined) return { text: 'not known' };
  if (pending.length === 0) return { text: 'nobody is asked' };
  const names = [...new Set(pending.map(nameOf))];
  const more = names.length - mostNamed;
  const text = names.slice(0, mostNamed).join(', ') + (more > 0 ? ` and ${more} more` : '');
  const since = pending
    .map((each) => storedTime(each.since))
    .filter((time) => time !== undefined)
    .toSorted()[0];
  return since === undefined ? { text } : { text, since };
}

function nameOf({ approver, group }: Pending): string {
  if (approver === '') return group === '' ? 'somebody without a name' : group;
  return group === '' ? approver : `${approver} (${group})`;
}

/** A time as ServiceNow stores it, which is in UTC and does not say so, in ISO 8601; undefined for what is none. */
export function storedTime(text: string): string | undefined {
  return /^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}$/.test(text) ? `${text.replace(' ', 'T')}Z` : undefined;
}

/** A span in its two largest units: `1d 2h`, `5m`. */
export function describeSpan(ms: number): string {
  const units = [
    ['d', 86_400_000],
    ['h', 3_600_000],
    ['m', 60_000],
    ['s', 1_000],
  ] as const;
  let left = Math.max(0, ms);
  const parts = units.map(([unit, size]) => {
    const count = Math.floor(left / size);
    left -= count * size;
    return { unit, count };
  });
  const first = parts.findIndex(({ count }) => count > 0);
  if (first < 0) return '0s';
  return parts
    .slice(first, first + 2)
    .filter(({ count }) => count > 0)
    .map(({ unit, count }) => `${count}${unit}`)
    .join(' ');
}
