import { Stack, Text, Title } from '@mantine/core';
import { DataTable } from '../../parts/data-table.tsx';
import { TextLink } from '../../parts/links.tsx';
import { Loaded } from '../../parts/loaded.tsx';
import { StateBadge, type Tone } from '../../parts/state-badge.tsx';
import { hasEnded } from './task-words.ts';
import { type Explanation, type Task, useWhy } from './use-tasks.ts';

type Considered = Explanation['delegates'][number];

const tones: Readonly<Partial<Record<string, Tone>>> = {
  eligible: 'good',
  full: 'waiting',
  checking: 'waiting',
  joining: 'waiting',
  pending: 'waiting',
};

/** Why the task stands as it does, with a verdict on every delegate. */
export function Why({ task }: { task: Task }) {
  const query = useWhy(task.id);
  return (
    <section aria-labelledby="why">
      <Title order={2} size="h3" id="why" mb="sm">
        {hasEnded(task) ? 'Why it ended so' : 'Why it waits'}
      </Title>
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
    </section>
  );
}

function Delegate({ id, name }: Considered) {
  return (
    <TextLink to="/delegates/$delegateId" params={{ delegateId: id }}>
      {name}
    </TextLink>
  );
}
