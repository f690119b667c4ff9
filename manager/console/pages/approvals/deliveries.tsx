import { Button, Code, Group, Paper, Stack, Text, Title } from '@mantine/core';
import { useMay } from '../../api/session.ts';
import { DataTable } from '../../parts/data-table.tsx';
import { type Fact, Facts } from '../../parts/facts.tsx';
import { TextLink } from '../../parts/links.tsx';
import { Loaded } from '../../parts/loaded.tsx';
import { ProblemAlert } from '../../parts/problem-alert.tsx';
import { StateBadge, type Tone } from '../../parts/state-badge.tsx';
import { When } from '../../parts/when.tsx';
import { type Approval, type Delivery, useDeliveries, useRetryDelivery } from './use-approvals.ts';

/** Where the end of an approval is told, and how that goes. */
export function Deliveries({ approval }: { approval: Approval }) {
  if (!approval.webhook && !approval.workNotes) return null;
  return (
    <section aria-labelledby="deliveries">
      <Title order={2} size="h3" id="deliveries" mb="sm">
        How its end is told
      </Title>
      <DeliveryList approval={approval} />
    </section>
  );
}

function DeliveryList({ approval }: { approval: Approval }) {
  const query = useDeliveries(approval.id);
  return (
    <Loaded query={query}>
      {({ items }) => (
        <Stack>
          {items.map((delivery) => (
            <DeliveryCard key={delivery.kind} approval={approval} delivery={delivery} />
          ))}
        </Stack>
      )}
    </Loaded>
  );
}

const names: Readonly<Record<Delivery['kind'], string>> = { webhook: 'Webhook', 'work-notes': 'Work note' };

const tones: Readonly<Record<Delivery['state'], Tone>> = {
  pending: 'quiet',
  waiting: 'waiting',
  delivered: 'good',
  'given-up': 'bad',
};

const meanings: Readonly<Record<Delivery['state'], string>> = {
  pending: 'The approval has not ended, so there is nothing to tell.',
  waiting: 'It is tried until it arrives.',
  delivered: 'It was told.',
  'given-up': 'It is not tried again by itself.',
};

function DeliveryCard({ approval, delivery }: { approval: Approval; delivery: Delivery }) {
  const { kind, state, because, tries } = delivery;
  const mayRetry = useMay('pipeline') && (state === 'waiting' || state === 'given-up');
  const retry = useRetryDelivery(approval.id);
  return (
    <Paper withBorder p="md">
      <Stack gap="sm">
        <Group justify="space-between">
          <Title order={3} size="h4">
            {names[kind]}
          </Title>
          {mayRetry && (
            <Button
              variant="default"
              loading={retry.isPending}
              onClick={() => retry.mutate(kind)}
              aria-label={`Retry the ${names[kind].toLowerCase()} now`}
            >
              Retry now
            </Button>
          )}
        </Group>
        <div role="status">
          <StateBadge tone={tones[state]}>{state}</StateBadge> <Text span>{because ?? meanings[state]}</Text>
        </div>
        {retry.error && <ProblemAlert error={retry.error} title="Not tried again" />}
        <Facts facts={factsOf(approval, delivery)} />
        {tries.length > 0 && (
          <DataTable
            label={`Tries of the ${names[kind].toLowerCase()}`}
            keyOf={({ at }) => at}
            rows={tries.toReversed()}
            columns={tryColumns}
          />
        )}
      </Stack>
    </Paper>
  );
}

function factsOf({ webhook }: Approval, { kind, target, messageId, taskId, nextTryAt }: Delivery): Fact[] {
  const isWebhook = kind === 'webhook' && webhook;
  return [
    ...(isWebhook ? ([['Sent to', target ?? webhook.url]] as const) : []),
    ...(isWebhook ? ([['Signed with secret', webhook.secret]] as const) : []),
    ...(messageId === undefined ? [] : ([['Message id', <Code key="message">{messageId}</Code>]] as const)),
    ...(taskId === undefined ? [] : ([['Task', <TaskLink key="task" taskId={taskId} />]] as const)),
    ...(nextTryAt === undefined ? [] : ([['Next try', <When key="next" at={nextTryAt} />]] as const)),
  ];
}

type Try = Delivery['tries'][number];

const tryColumns = [
  { header: 'Tried', cell: ({ at }: Try) => <When at={at} /> },
  {
    header: 'Came of it',
    cell: ({ delivered }: Try) => (
      <StateBadge tone={delivered ? 'good' : 'bad'}>{delivered ? 'delivered' : 'failed'}</StateBadge>
    ),
  },
  {
    header: 'Detail',
    cell: ({ detail, answer, taskId }: Try) => (
      <div>
        {detail} {taskId !== undefined && <TaskLink taskId={taskId} />}
        {answer !== undefined && answer !== '' && (
          <Text size="sm" c="dimmed">
            It answered: {answer}
          </Text>
        )}
      </div>
    ),
  },
  { header: 'Took', cell: ({ durationMs }: Try) => `${durationMs} ms` },
];

function TaskLink({ taskId }: { taskId: string }) {
  return (
    <TextLink to="/tasks/$taskId" params={{ taskId }}>
      {taskId}
    </TextLink>
  );
}
