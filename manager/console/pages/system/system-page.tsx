import { Alert, List, Stack, Text, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { api, dataOf } from '../../api/client.ts';
import type { paths } from '../../api/schema.d.ts';
import { DataTable } from '../../parts/data-table.tsx';
import { Facts } from '../../parts/facts.tsx';
import { Loaded } from '../../parts/loaded.tsx';
import { Page } from '../../parts/page.tsx';
import { StateBadge } from '../../parts/state-badge.tsx';
import { When } from '../../parts/when.tsx';

type System = paths['/api/v1/system']['get']['responses'][200]['content']['application/json'];
type Manager = System['managers'][number];
type Route = System['queue']['routes'][number];
type Group = System['pollGroups']['items'][number];
type Instance = System['instances']['items'][number];

const refreshMs = 5_000;
const bytesPerMegabyte = 1_048_576;

/** How the whole stands, for whoever runs it. */
export function SystemPage() {
  const query = useQuery({
    queryKey: ['system'],
    queryFn: ({ signal }) => dataOf(api.GET('/api/v1/system', { signal })),
    // Most of what is here changes without an event.
    refetchInterval: refreshMs,
  });
  return (
    <Page title="System" about="Managers, Redis, what waits, and how often ServiceNow is asked.">
      <Loaded query={query}>
        {(system) => (
          <Stack gap="xl">
            <Section title="Managers">
              <DataTable label="Managers" keyOf={({ id }) => id} rows={system.managers} columns={managerColumns} />
            </Section>
            <Section title="Redis">
              <RedisFacts redis={system.redis} />
            </Section>
            <Section title="Waiting tasks">
              <Queue queue={system.queue} />
            </Section>
            <Section title="Poll groups">
              <Groups groups={system.pollGroups} />
            </Section>
            <Section title="ServiceNow instances">
              <Instances instances={system.instances} />
            </Section>
          </Stack>
        )}
      </Loaded>
    </Page>
  );
}

function Section({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section>
      <Title order={2} size="h3" mb="xs">
        {title}
      </Title>
      {children}
    </section>
  );
}

const managerColumns = [
  { header: 'Manager', cell: ({ id }: Manager) => id },
  { header: 'Host', cell: ({ hostname }: Manager) => hostname },
  { header: 'Version', cell: ({ version }: Manager) => version },
  { header: 'Delegates', cell: ({ sessions }: Manager) => sessions },
  { header: 'Tasks in flight', cell: ({ inFlight }: Manager) => inFlight },
  { header: 'Started', cell: ({ startedAt }: Manager) => <When at={startedAt} /> },
  { header: 'Last seen', cell: ({ lastSeenAt }: Manager) => <When at={lastSeenAt} /> },
];

function RedisFacts({ redis }: { redis: System['redis'] }) {
  const { mode, version, usedMemoryBytes, maxMemoryBytes, connectedClients, isAppendOnly, isSaving, warnings } = redis;
  const most = maxMemoryBytes === undefined ? '' : ` of ${megabytes(maxMemoryBytes)}`;
  return (
    <Stack gap="sm">
      {!isSaving && (
        <Alert color="red" variant="outline" title="Redis could not write to its files">
          Look at its log and at its disk. What is acknowledged now may be lost.
        </Alert>
      )}
      {warnings.length > 0 && (
        <Alert color="yellow" variant="outline" title="Redis may lose data">
          <List size="sm">
            {warnings.map((warning) => (
              <List.Item key={warning}>{warning}</List.Item>
            ))}
          </List>
        </Alert>
      )}
      <Facts
        facts={[
          ['Kept by', mode === 'embedded' ? 'this manager' : 'you (--redis-url)'],
          ['Version', version],
          ['Memory', `${megabytes(usedMemoryBytes)}${most}`],
          ['Connections', connectedClients],
          ['Appends each write to a file', isAppendOnly ? 'yes' : 'no'],
        ]}
      />
    </Stack>
  );
}

function Queue({ queue: { waiting, later, routes, routesLeftOut } }: { queue: System['queue'] }) {
  return (
    <Stack gap="sm">
      <Text>
        {waiting} wait for a delegate, {later} are due later.
        {routesLeftOut > 0 && ` ${routesLeftOut} routes were not counted.`}
      </Text>
      {routes.length > 0 && (
        <DataTable
          label="Routes that have waited longest"
          keyOf={({ type, selectors, baseUrl, ofGates }) => [type, selectors, baseUrl, ofGates].join(' ')}
          rows={routes}
          columns={[
            { header: 'Type', cell: ({ type, ofGates }: Route) => (ofGates ? `${type} of gates` : type) },
            { header: 'Selectors', cell: ({ selectors }: Route) => selectors.join(', ') || 'none' },
            { header: 'Instance', cell: ({ baseUrl }: Route) => baseUrl ?? 'none' },
            { header: 'Waiting', cell: (route: Route) => route.waiting },
            { header: 'Later', cell: (route: Route) => route.later },
            { header: 'Longest', cell: ({ oldestAt }: Route) => (oldestAt ? <When at={oldestAt} /> : '—') },
          ]}
        />
      )}
    </Stack>
  );
}

function Groups({ groups: { total, items } }: { groups: System['pollGroups'] }) {
  if (total === 0) return <Text>No gate waits.</Text>;
  return (
    <Stack gap="sm">
      <DataTable
        label="Poll groups"
        keyOf={({ id }) => id}
        rows={items}
        columns={[
          { header: 'Instance', cell: ({ baseUrl }: Group) => baseUrl ?? '—' },
          { header: 'Table', cell: ({ table }: Group) => table ?? '—' },
          { header: 'Gates', cell: ({ gates }: Group) => gates },
          { header: 'Interval', cell: ({ intervalMs }: Group) => `${intervalMs / 1_000} s` },
          {
            header: 'Last look',
            cell: ({ lastLookAt }: Group) => (lastLookAt ? <When at={lastLookAt} /> : 'none yet'),
          },
          { header: 'Next look', cell: ({ nextLookAt }: Group) => <When at={nextLookAt} /> },
          { header: 'Standing', cell: (group: Group) => <Standing {...group} failure={group.lastFailure} /> },
        ]}
      />
      <LeftOut total={total} shown={items.length} />
    </Stack>
  );
}

function Instances({ instances: { total, items } }: { instances: System['instances'] }) {
  if (total === 0) return <Text>No instance was asked lately.</Text>;
  return (
    <Stack gap="sm">
      <DataTable
        label="ServiceNow instances"
        keyOf={({ baseUrl }) => baseUrl}
        rows={items}
        columns={[
          { header: 'Instance', cell: ({ baseUrl }: Instance) => baseUrl },
          {
            header: 'Under way',
            cell: ({ underWay, atOnce }: Instance) => `${underWay ?? 0} of ${atOnce ?? 'any number'}`,
          },
          {
            header: 'Rate limit',
            cell: ({ rateLimit }: Instance) =>
              rateLimit === undefined ? (
                'none was told'
              ) : (
                <>
                  {rateLimit.used} of {rateLimit.limit}, ends <When at={rateLimit.endsAt} />
                </>
              ),
          },
          { header: 'Standing', cell: (instance: Instance) => <Standing {...instance} /> },
        ]}
      />
      <LeftOut total={total} shown={items.length} />
    </Stack>
  );
}

interface StandingProps {
  readonly pausedUntil?: string;
  readonly pausedBecause?: string;
  readonly failure?: string | undefined;
}

function Standing({ pausedUntil, pausedBecause, failure }: StandingProps) {
  if (pausedUntil !== undefined)
    return (
      <>
        <StateBadge tone="waiting">paused</StateBadge> until <When at={pausedUntil} />: {pausedBecause}
      </>
    );
  if (failure !== undefined)
    return (
      <>
        <StateBadge tone="bad">failing</StateBadge> {failure}
      </>
    );
  return <StateBadge tone="good">asked</StateBadge>;
}

function LeftOut({ total, shown }: { total: number; shown: number }) {
  return total > shown ? <Text c="dimmed">{total - shown} more are not listed.</Text> : null;
}

function megabytes(bytes: number): string {
  return `${Math.round(bytes / bytesPerMegabyte)} MB`;
}
