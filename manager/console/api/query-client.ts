import { type Query, QueryCache, QueryClient, type QueryFilters } from '@tanstack/react-query';
import { ApiError, Unreachable } from './client.ts';
import { noteAnswer, noteSilence, readConnection } from './connection.ts';

export const sessionKey = ['session'] as const;

/** How often everything on the page is asked for again: beside events, which may be lost; without them; and when nothing answers. */
const pollMs = { live: 15_000, polling: 3_000, lost: 2_000 } as const;

/** Told to have changed while they were being read. */
const changedMeanwhile = new WeakSet<Query>();

/** The first word of each key is a topic of the event stream, so that an event makes all of its topic stale. */
export const queryClient = new QueryClient({
  queryCache: new QueryCache({
    onError: (error) => {
      if (isAway(error)) noteSilence(error.message);
      endSessionAfter(error);
    },
    onSuccess: noteAnswer,
    onSettled: (_data, _error, query) => {
      if (changedMeanwhile.delete(query as Query)) renew({ queryKey: query.queryKey, exact: true });
    },
  }),
  defaultOptions: {
    queries: {
      retry: false,
      staleTime: 1_000,
      // A browser that believes itself offline may still reach a manager on its own machine.
      networkMode: 'always',
      refetchInterval: () => (isSignedOut() ? false : pollMs[readConnection().kind]),
    },
    mutations: {
      retry: false,
      networkMode: 'always',
      onError: endSessionAfter,
    },
  },
});

/**
 * Reads again what has changed. What is being read at this moment is let end and then read once more: events that come
 * faster than the answers must not keep them from ever arriving.
 */
export function renew(filters: QueryFilters): void {
  for (const query of queryClient.getQueryCache().findAll(filters)) {
    if (query.state.fetchStatus === 'idle')
      void queryClient.invalidateQueries({ queryKey: query.queryKey, exact: true });
    else changedMeanwhile.add(query);
  }
}

export function isSignedOut(): boolean {
  return queryClient.getQueryData(sessionKey) === null;
}

/** Whether nothing can be known for now: no manager answers, or the one that does has lost its Redis. */
function isAway(error: Error): boolean {
  return error instanceof Unreachable || (error instanceof ApiError && error.problem.status === 503);
}

function endSessionAfter(error: Error): void {
  if (error instanceof ApiError && error.problem.status === 401) queryClient.setQueryData(sessionKey, null);
}
