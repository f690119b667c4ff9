import { useSyncExternalStore } from 'react';

/** How the page hears of the manager: events tell it at once, polling tells it late, lost tells it nothing. */
export type Connection =
  | { readonly kind: 'live' }
  | { readonly kind: 'polling' }
  | { readonly kind: 'lost'; readonly since: Date; readonly because: string };

let connection: Connection = { kind: 'polling' };
let hasEvents = false;
const listeners = new Set<() => void>();

export function readConnection(): Connection {
  return connection;
}

/** The event stream has opened or ended. */
export function noteEvents(come: boolean): void {
  hasEvents = come;
  if (come || connection.kind === 'live') set({ kind: come ? 'live' : 'polling' });
}

/** A question was answered. */
export function noteAnswer(): void {
  if (connection.kind === 'lost') set({ kind: hasEvents ? 'live' : 'polling' });
}

/** A question got no answer, or none that tells anything. */
export function noteSilence(because: string): void {
  set({ kind: 'lost', since: new Date(), because });
}

export function useConnection(): Connection {
  return useSyncExternalStore((listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  }, readConnection);
}

function set(next: Connection): void {
  if (next.kind === connection.kind) return;
  connection = next;
  for (const listener of listeners) listener();
}
