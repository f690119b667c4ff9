import { Alert } from '@mantine/core';
import { useConnection } from '../api/connection.ts';
import { useSession } from '../api/session.ts';
import { StateBadge } from '../parts/state-badge.tsx';
import { useNow } from '../parts/use-now.ts';
import { When } from '../parts/when.tsx';

export function ConnectionBadge() {
  const { kind } = useConnection();
  if (kind === 'live') return <StateBadge tone="good">Live</StateBadge>;
  if (kind === 'polling') return <StateBadge tone="waiting">Polling</StateBadge>;
  return <StateBadge tone="bad">Lost</StateBadge>;
}

/** Says above the page that what it shows is old. */
export function ConnectionNote() {
  const connection = useConnection();
  if (connection.kind !== 'lost') return null;
  return (
    <Alert role="status" color="red" variant="outline" title="What you see is from before" mb="md">
      Since <When at={connection.since.toISOString()} />: {connection.because}. It is tried again by itself.
    </Alert>
  );
}

const soonMs = 600_000;

/** Says above the page that its session ends soon. */
export function SessionNote() {
  const { expiresAt } = useSession();
  const now = useNow();
  if (expiresAt === undefined || Date.parse(expiresAt) - now.getTime() > soonMs) return null;
  return (
    <Alert role="status" color="yellow" variant="outline" title="Your token expires soon" mb="md">
      It expires <When at={expiresAt} />. Then you are asked for another one.
    </Alert>
  );
}
