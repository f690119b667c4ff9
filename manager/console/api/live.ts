import type { Query } from '@tanstack/react-query';
import { useEffect } from 'react';
import { readConnection, setConnection } from './connection.ts';
import { queryClient } from './query-client.ts';

const reopenMs = 5_000;

/** Asks again for whatever an event says has changed, as long as the page is shown. Without events the queries poll faster. */
export function useLiveUpdates(): void {
  useEffect(() => {
    let events: EventSource;
    let reopen: ReturnType<typeof setTimeout> | undefined;
    const open = () => {
      events = new EventSource('/api/v1/events');
      events.addEventListener('open', () => {
        setConnection({ kind: 'live' });
        // What changed while nobody listened is not told again.
        void queryClient.invalidateQueries({ predicate: isAtRest });
      });
      events.addEventListener('changed', ({ data }: MessageEvent<string>) => {
        for (const topic of topicsIn(data))
          void queryClient.invalidateQueries({ queryKey: [topic], predicate: isAtRest });
      });
      events.addEventListener('error', () => {
        if (readConnection().kind === 'live') {
          setConnection({ kind: 'polling' });
          // The next poll was planned while events came.
          void queryClient.invalidateQueries({ predicate: isAtRest });
        }
        // After an answer that is no stream, such as 401 or 503, a browser does not try again by itself.
        if (events.readyState === EventSource.CLOSED) reopen = setTimeout(open, reopenMs);
      });
    };
    open();
    return () => {
      clearTimeout(reopen);
      events.close();
    };
  }, []);
}

/** To read a list anew would take back that more of it is being loaded. */
function isAtRest({ state }: Query): boolean {
  return state.fetchMeta?.fetchMore === undefined;
}

function topicsIn(data: string): readonly string[] {
  const told: unknown = JSON.parse(data);
  if (typeof told !== 'object' || told === null || !('topics' in told) || !Array.isArray(told.topics)) return [];
  return told.topics.filter((topic) => typeof topic === 'string');
}
