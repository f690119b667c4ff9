import { useNow } from '../../parts/use-now.ts';
import { When } from '../../parts/when.tsx';

/** When a ticket is read next; one that is due is being read. */
export function NextPoll({ at }: { at: string | undefined }) {
  const now = useNow();
  if (at === undefined) return '—';
  return Date.parse(at) <= now.getTime() ? 'now' : <When at={at} />;
}
