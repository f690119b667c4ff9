import { Group, Text, TextInput } from '@mantine/core';
import { useState } from 'react';
import { useMay } from '../../api/session.ts';
import { DataTable } from '../../parts/data-table.tsx';
import { EmptyState } from '../../parts/empty-state.tsx';
import { ButtonLink, TextLink } from '../../parts/links.tsx';
import { Loaded } from '../../parts/loaded.tsx';
import { Page } from '../../parts/page.tsx';
import { StateBadge } from '../../parts/state-badge.tsx';
import { When } from '../../parts/when.tsx';
import { delegateTones, sortDelegates } from './delegate-words.ts';
import { type Delegate, useDelegates } from './use-delegates.ts';

export function DelegatesPage() {
  const query = useDelegates();
  return (
    <Page
      title="Delegates"
      about="The daemons in your networks that call ServiceNow. All that connected in the last seven days."
      actions={useMay('admin') && <ButtonLink to="/delegates/install">Install a delegate</ButtonLink>}
    >
      <Loaded query={query}>
        {({ items }) => (items.length === 0 ? <NoDelegates /> : <DelegateTable delegates={items} />)}
      </Loaded>
    </Page>
  );
}

function NoDelegates() {
  return (
    <EmptyState title="No delegate has connected">
      Without one nothing is asked of ServiceNow. An administrator installs one where ServiceNow can be reached; it
      dials out to this manager.
    </EmptyState>
  );
}

function DelegateTable({ delegates }: { delegates: readonly Delegate[] }) {
  const [wanted, setWanted] = useState('');
  const shown = sortDelegates(delegates.filter((delegate) => matches(delegate, wanted)));
  return (
    <>
      <Group>
        <TextInput
          label="Name, host or tag"
          value={wanted}
          onChange={({ currentTarget }) => setWanted(currentTarget.value)}
        />
      </Group>
      {shown.length === 0 && <Text>No delegate has that in its name, host or tags.</Text>}
      {shown.length > 0 && <DataTable label="Delegates" keyOf={({ id }) => id} rows={shown} columns={columns} />}
    </>
  );
}

const columns = [
  {
    header: 'Name',
    cell: ({ id, name }: Delegate) => (
      <TextLink to="/delegates/$delegateId" params={{ delegateId: id }}>
        {name}
      </TextLink>
    ),
  },
  {
    header: 'State',
    cell: ({ state, conflict }: Delegate) => (
      <Group gap={4}>
        <StateBadge tone={delegateTones[state]}>{state}</StateBadge>
        {conflict && <StateBadge tone="bad">conflict</StateBadge>}
      </Group>
    ),
  },
  { header: 'Tags', cell: ({ tags }: Delegate) => tags.join(', ') },
  { header: 'Load', cell: ({ inFlight, capacity }: Delegate) => `${inFlight} of ${capacity}` },
  { header: 'Version', cell: ({ version }: Delegate) => version },
  { header: 'Last heartbeat', cell: ({ lastSeenAt }: Delegate) => <When at={lastSeenAt} /> },
  {
    header: 'Last canary',
    cell: ({ lastCanaryAt }: Delegate) => (lastCanaryAt === undefined ? 'none yet' : <When at={lastCanaryAt} />),
  },
];

function matches({ name, hostname, tags }: Delegate, wanted: string): boolean {
  const text = wanted.trim().toLowerCase();
  return [name, hostname, ...tags].some((each) => each.toLowerCase().includes(text));
}
