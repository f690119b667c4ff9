/** Counts changes of PROTOCOL.md. */
export const revision = 2;

/** The oldest revision that a manager still speaks. */
export const oldestRevision = 1;

export const subprotocol = 'ticketgate.v1';

/**
 * Optional abilities: hello and welcome list those that a side has, and only what both have is used. `reach-check`: the
 * delegate answers `reach.check`.
 */
export const knownFeatures = ['reach-check'] as const;
export type Feature = (typeof knownFeatures)[number];
