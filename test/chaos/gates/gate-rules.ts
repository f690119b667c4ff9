import type { StoredRow } from '../simulator-client.ts';
import type { PlannedGate, TicketStory } from './plan-gates.ts';

/** A criterion in the words of the API, and what it means, told by the harness itself. */
export interface Rule {
  readonly text: string;
  readonly fields: readonly string[];
  readonly holds: (row: StoredRow) => boolean;
}

export interface GateRules {
  readonly approve: Rule;
  readonly reject: Rule | undefined;
  readonly hasWindow: boolean;
}

export const windowFields = { startField: 'start_date', endField: 'end_date' } as const;

const windowStories: ReadonlySet<TicketStory> = new Set(['open-window', 'move-window', 'close-window', 'blank-window']);
/** Stories whose ticket is never approved in its state. */
const neverScheduled: ReadonlySet<TicketStory> = new Set(['both-at-once', 'flicker']);

/** What a gate waits for. The marker is part of it, so that whatever Redis holds can be told by it. */
export function rulesFor(story: TicketStory, planned: PlannedGate, marker: string): GateRules {
  const isMarked = (text: string) => `${text} and short_description != '${marker}'`;
  const approve: Rule =
    planned.isStrict && !neverScheduled.has(story)
      ? {
          text: isMarked('state = Scheduled and approval in (approved, not_required)'),
          fields: ['state', 'approval', 'short_description'],
          holds: ({ state, approval }) => state === '-2' && (approval === 'approved' || approval === 'not_required'),
        }
      : {
          text: isMarked('approval = approved'),
          fields: ['approval', 'short_description'],
          holds: ({ approval }) => approval === 'approved',
        };
  const reject: Rule = {
    text: 'approval = rejected or state = Canceled',
    fields: ['approval', 'state'],
    holds: ({ state, approval }) => approval === 'rejected' || state === '4',
  };
  return { approve, reject: planned.hasRejection ? reject : undefined, hasWindow: windowStories.has(story) };
}

/** Whether the story's end leaves the gate undecided, until its time-out. */
export function isLeftOpen(story: TicketStory, { hasRejection }: PlannedGate): boolean {
  if (story === 'reject' || story === 'approve-then-reject') return !hasRejection;
  return story === 'leave' || story === 'flicker';
}

export type WindowOf = { readonly startsAt: number; readonly endsAt: number } | 'invalid';

export function windowOf({ start_date: start = '', end_date: end = '' }: StoredRow): WindowOf {
  const [startsAt, endsAt] = [parseStored(start), parseStored(end)];
  return startsAt < endsAt ? { startsAt, endsAt } : 'invalid';
}

/** ServiceNow stores times in UTC, by the second. */
export function toStored(at: number): string {
  return new Date(at).toISOString().slice(0, 19).replace('T', ' ');
}

function parseStored(text: string): number {
  return Date.parse(`${text.replace(' ', 'T')}Z`);
}
