import { Text, Title } from '@mantine/core';
import { DataTable } from '../../parts/data-table.tsx';
import { Loaded } from '../../parts/loaded.tsx';
import { StateBadge, type Tone } from '../../parts/state-badge.tsx';
import { When } from '../../parts/when.tsx';
import { type HistoryItem, useHistory } from './use-delegates.ts';

const tones: Readonly<Record<HistoryItem['standing'], Tone>> = {
  proven: 'good',
  'not-live': 'waiting',
  'set-aside': 'bad',
  unchecked: 'quiet',
};

/** Whether the delegate reaches the instances that connectors name. */
export function DelegateHistory({ delegateId }: { delegateId: string }) {
  const query = useHistory(delegateId);
  return (
    <section aria-labelledby="history">
      <Title order={2} size="h3" id="history">
        Its way to each instance
      </Title>
      <Loaded query={query}>
        {({ items }) =>
          items.length === 0 ? (
            <Text>There is no connector yet.</Text>
          ) : (
            <DataTable
              label="Its way to each instance"
              keyOf={({ baseUrl }) => baseUrl}
              rows={items}
              columns={columns}
            />
          )
        }
      </Loaded>
    </section>
  );
}

const columns = [
  { header: 'Instance', cell: ({ baseUrl }: HistoryItem) => baseUrl },
  {
    header: 'Standing',
    cell: ({ standing }: HistoryItem) => <StateBadge tone={tones[standing]}>{standing}</StateBadge>,
  },
  { header: 'Since or until', cell: (item: HistoryItem) => <Time item={item} /> },
  { header: 'Because', cell: ({ because }: HistoryItem) => because ?? '' },
];

function Time({ item: { provenAt, lookedAt, setAsideUntil } }: { item: HistoryItem }) {
  const at = provenAt ?? lookedAt ?? setAsideUntil;
  return at === undefined ? 'nothing is known' : <When at={at} />;
}
