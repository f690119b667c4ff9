/** Counts changes of PROTOCOL.md. */
export const revision = 3;

/** The oldest revision that a manager still speaks. */
export const oldestRevision = 1;

export const subprotocol = 'ticketgate.v1';

/**
 * Optional abilities: hello and welcome list those that a side has, and only what both have is used. `reach-check`: the
 * delegate answers `reach.check`. `authentication-kinds`: it logs in by other ways than basic authentication.
 * `ticket-forms`: it knows templates, change types and labels; without it a create would silently be another.
 * `task-progress`: it tells what it finds while a task runs.
 */
export const knownFeatures = ['reach-check', 'authentication-kinds', 'ticket-forms', 'task-progress'] as const;
export type Feature = (typeof knownFeatures)[number];
