import { QueryCache, QueryClient } from '@tanstack/react-query';
import { ApiError, Unreachable } from './client.ts';
import { readConnection, setConnection } from './connection.ts';

export const sessionKey = ['session'] as const;

/** How often everything on the page is asked for again: beside events, which may be lost; without them; and when nothing answers. */
const pollMs = { live: 15_000, polling: 3_000, lost: 2_000 } as const;

/** The first word of each key is a topic of the event stream, so that an event makes all of its topic stale. */
export const queryClient = new QueryClient({
  queryCache: new QueryCache({
    onError: (error) => {
      if (error instanceof Unreachable) setConnection({ kind: 'lost', since: new Date() });
      if (error instanceof ApiError && error.problem.status === 401) queryClient.setQueryData(sessionKey, null);
    },
    onSuccess: () => {
      if (readConnection().kind === 'lost') setConnection({ kind: 'polling' });
    },
  }),
  defaultOptions: {
    queries: {
      retry: false,
      staleTime: 1_000,
      // A browser that believes itself offline may still reach a manager on its own machine.
      networkMode: 'always',
      refetchInterval: () => pollMs[readConnection().kind],
    },
    mutations: {
      retry: false,
      networkMode: 'always',
      onError: (error) => {
        if (error instanceof ApiError && error.problem.status === 401) queryClient.setQueryData(sessionKey, null);
      },
    },
  },
});
