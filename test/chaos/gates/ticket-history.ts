import type { StoredRow } from '../simulator-client.ts';

/** A ticket as it was made or changed: at some instant from `askedAt` to `doneAt`, in milliseconds since the epoch. */
export interface TicketStep {
  readonly askedAt: number;
  readonly doneAt: number;
  /** As it is stored from then on; undefined when it was deleted. */
  readonly row: StoredRow | undefined;
}

/** All that ever happened to one ticket: nobody but the harness changes it. */
export interface TicketHistory {
  readonly table: string;
  readonly number: string;
  readonly sysId: string;
  /** The first one made it. */
  readonly steps: TicketStep[];
}

/** Every state that the ticket may have been in at some instant of a span. */
export function possibleBetween({ steps }: Pick<TicketHistory, 'steps'>, from: number, to: number): TicketStep[] {
  return steps.filter(({ askedAt }, index) => askedAt <= to && (steps[index + 1]?.doneAt ?? to) >= from);
}

/** Whether the ticket may have been deleted before an instant. */
export function mayBeGoneBefore({ steps }: Pick<TicketHistory, 'steps'>, at: number): boolean {
  return steps.some(({ askedAt, row }) => row === undefined && askedAt <= at);
}
