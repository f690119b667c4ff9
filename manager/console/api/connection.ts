import { useSyncExternalStore } from 'react';

/** How the page hears of the manager: events tell it at once, polling tells it late, lost tells it nothing. */
export type Connection =
  | { readonly kind: 'live' }
  | { readonly kind: 'polling' }
  | { readonly kind: 'lost'; readonly since: Date };

let connection: Connection = { kind: 'polling' };
const listeners = new Set<() => void>();

export function readConnection(): Connection {
  return connection;
}

export function setConnection(next: Connection): void {
  if (next.kind === connection.kind) return;
  connection = next;
  for (const listener of listeners) listener();
}

export function useConnection(): Connection {
  return useSyncExternalStore((listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  }, readConnection);
}
