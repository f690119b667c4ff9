/** Counts changes of PROTOCOL.md. */
export const revision = 1;

/** The oldest revision that a manager still speaks. */
export const oldestRevision = 1;

export const subprotocol = 'ticketgate.v1';
