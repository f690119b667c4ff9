import { useEffect } from 'react';
import { noteEvents, readConnection } from './connection.ts';
import { isSignedOut, renew } from './query-client.ts';

const reopenMs = 5_000;

/**
 * Asks again for whatever an event says has changed, as long as the page is shown: a browser holds few connections to one
 * host, and pages that nobody sees must not take them all. Without events the queries poll faster.
 */
export function useLiveUpdates(): void {
  useEffect(() => {
    let events: EventSource | undefined;
    let reopen: ReturnType<typeof setTimeout> | undefined;
    const close = () => {
      clearTimeout(reopen);
      events?.close();
      events = undefined;
      noteEvents(false);
    };
    const open = () => {
      close();
      if (document.visibilityState === 'hidden') return;
      if (isSignedOut()) {
        reopen = setTimeout(open, reopenMs);
        return;
      }
      const stream = new EventSource('/api/v1/events');
      events = stream;
      stream.addEventListener('open', () => {
        noteEvents(true);
        // What changed while nobody listened is not told again.
        renew({});
      });
      stream.addEventListener('changed', ({ data }: MessageEvent<string>) => {
        for (const topic of topicsIn(data)) renew({ queryKey: [topic] });
      });
      stream.addEventListener('error', () => {
        const wasLive = readConnection().kind === 'live';
        noteEvents(false);
        // The next poll was planned while events came.
        if (wasLive) renew({});
        // After an answer that is no stream, such as 401 or 503, a browser does not try again by itself.
        if (stream.readyState === EventSource.CLOSED) reopen = setTimeout(open, reopenMs);
      });
    };
    open();
    document.addEventListener('visibilitychange', open);
    return () => {
      document.removeEventListener('visibilitychange', open);
      close();
    };
  }, []);
}

function topicsIn(data: string): readonly string[] {
  const told: unknown = JSON.parse(data);
  if (typeof told !== 'object' || told === null || !('topics' in told) || !Array.isArray(told.topics)) return [];
  return told.topics.filter((topic) => typeof topic === 'string');
}
