interface Named {
  readonly id: string;
  readonly name: string;
}

export interface User {
  readonly words: string;
  /** Of the connector that this is; undefined: it is none, or not known here. */
  readonly connectorId: string | undefined;
}

/** What uses a secret, each with the connector whose page tells more. */
export function findUsers(usedBy: readonly string[], connectors: readonly Named[]): User[] {
  return usedBy.map((words) => ({
    words,
    connectorId: connectors.find(({ name }) => words === `connector "${name}"`)?.id,
  }));
}
