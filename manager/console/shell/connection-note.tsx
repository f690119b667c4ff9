import { Alert } from '@mantine/core';
import { useConnection } from '../api/connection.ts';
import { StateBadge } from '../parts/state-badge.tsx';
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
    <Alert role="status" color="red" variant="outline" title="The manager does not answer" mb="md">
      Since <When at={connection.since.toISOString()} />. What you see is from before; it is tried again by itself.
    </Alert>
  );
}
