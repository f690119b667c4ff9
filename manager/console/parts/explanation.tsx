import { Stack, Text } from '@mantine/core';
import type { UseQueryResult } from '@tanstack/react-query';
import { ApiError } from '../api/client.ts';
import type { paths } from '../api/schema.d.ts';
import { DataTable } from './data-table.tsx';
import { TextLink } from './links.tsx';
import { Loaded } from './loaded.tsx';
import { StateBadge, type Tone } from './state-badge.tsx';

type Explained = paths['/api/v1/tasks/{id}/why']['get']['responses'][200]['content']['application/json'];
type Considered = Explained['delegates'][number];

const tones: Readonly<Partial<Record<string, Tone>>> = {
  eligible: 'good',
  full: 'waiting',
  checking: 'waiting',
  joining: 'waiting',
  pending: 'waiting',
};

/** Why a task stands as it does, or would, with a verdict on every delegate. */
export function Explanation({ query }: { query: Pick<UseQueryResult<Explained>, 'data' | 'error'> }) {
  if (query.error instanceof ApiError && query.error.problem.code === 'scope-refused')
    return <Text>It is not told to your token, whose scope does not admit the connector.</Text>;
  return (
    <Loaded query={query}>
      {({ summary, remedy, delegates }) => (
        <Stack gap="sm">
          <div aria-live="polite">
            <Text>{summary}</Text>
            <Text fw={500}>{remedy}</Text>
          </div>
          {delegates.length > 0 && (
            <DataTable
              label="Verdict on each delegate"
              keyOf={({ id }) => id}
              rows={delegates}
              columns={[
                { header: 'Delegate', cell: (delegate) => <Delegate {...delegate} /> },
                {
                  header: 'Verdict',
                  cell: ({ verdict: { kind } }) => <StateBadge tone={tones[kind] ?? 'bad'}>{kind}</StateBadge>,
                },
                { header: 'Reason', cell: ({ text }) => text },
              ]}
            />
          )}
        </Stack>
      )}
    </Loaded>
  );
}

function Delegate({ id, name }: Considered) {
  return (
    <TextLink to="/delegates/$delegateId" params={{ delegateId: id }}>
      {name}
    </TextLink>
  );
}
