import { checkAttempts } from './check-attempts.ts';
import { checkEnds } from './check-ends.ts';
import { checkExplanations } from './check-explanations.ts';
import { checkLeftOvers } from './check-left-overs.ts';
import { checkManyParts } from './check-parts.ts';
import { checkNotes, checkTickets } from './check-tickets.ts';
import type { Snapshot } from './snapshot.ts';
import { type Violation, violation } from './violation.ts';

/** Says everything that a snapshot shows and that must not be. */
export function check(snapshot: Snapshot): Violation[] {
  return [
    ...checkEnds(snapshot),
    ...checkAttempts(snapshot),
    ...checkTickets(snapshot),
    ...checkNotes(snapshot),
    ...checkManyParts(snapshot),
    ...checkLeftOvers(snapshot),
    ...checkExplanations(snapshot),
    ...snapshot.unasked.map(({ name, how, lastLines }) => violation('program-ended', `${name} ${how}`, lastLines)),
    ...snapshot.complaints.map((line) => violation('complaint', 'a program tells of a bug of its own', line)),
    ...snapshot.overdue.map((what) => violation('overdue', what, undefined)),
  ];
}
