import { Alert, List, Stack, Text, Title } from '@mantine/core';
import { getRouteApi } from '@tanstack/react-router';
import { Facts } from '../../parts/facts.tsx';
import { TextLink } from '../../parts/links.tsx';
import { Loaded } from '../../parts/loaded.tsx';
import { Page } from '../../parts/page.tsx';
import { StateBadge } from '../../parts/state-badge.tsx';
import { When } from '../../parts/when.tsx';
import { DelegateActions } from './delegate-actions.tsx';
import { DelegateHistory } from './delegate-history.tsx';
import { delegateTones, describePolicy, stateMeanings } from './delegate-words.ts';
import { LastTask } from './last-task.tsx';
import { type Delegate, useDelegate } from './use-delegates.ts';

const route = getRouteApi('/delegates/$delegateId');

export function DelegatePage() {
  const { delegateId } = route.useParams();
  const query = useDelegate(delegateId);
  return (
    <Page
      title={query.data ? `Delegate ${query.data.name}` : 'Delegate'}
      above={<TextLink to="/delegates">Delegates</TextLink>}
      actions={query.data && <DelegateActions delegate={query.data} />}
    >
      <Loaded query={query}>{(delegate) => <Details delegate={delegate} />}</Loaded>
    </Page>
  );
}

function Details({ delegate }: { delegate: Delegate }) {
  const { state, conflict } = delegate;
  const policy = describePolicy(delegate.policy);
  return (
    <Stack gap="lg">
      <div aria-live="polite">
        <StateBadge tone={delegateTones[state]}>{state}</StateBadge> <Text span>{stateMeanings[state]}</Text>
      </div>
      {conflict && (
        <Alert variant="outline" color="red" title="Another process claims to be this delegate">
          From {conflict.hostname}, <When at={conflict.at} />. It was refused. Give each delegate a name and a data
          directory of its own.
        </Alert>
      )}
      <Facts
        facts={[
          ['Host', delegate.hostname],
          ['Version', delegate.version],
          ['Tags', delegate.tags.join(', ')],
          ['Load', `${delegate.inFlight} of ${delegate.capacity} tasks`],
          ['Last task', <LastTask key="task" delegateId={delegate.id} />],
          ['Connected', <When key="connected" at={delegate.connectedAt} />],
          ['Last heartbeat', <When key="seen" at={delegate.lastSeenAt} />],
          [
            'Last canary',
            delegate.lastCanaryAt === undefined ? 'none yet' : <When key="canary" at={delegate.lastCanaryAt} />,
          ],
          ...(delegate.approval === undefined ? [] : ([['Approval', delegate.approval]] as const)),
          ['Manager', delegate.managerId],
          ['Task types', delegate.taskTypes.join(', ')],
        ]}
      />
      <DelegateHistory delegateId={delegate.id} />
      <section aria-labelledby="policy">
        <Title order={2} size="h3" id="policy">
          Policy of its operator
        </Title>
        {policy.length === 0 ? (
          <Text>None: it may do whatever it is given.</Text>
        ) : (
          <List>
            {policy.map((line) => (
              <List.Item key={line}>{line}</List.Item>
            ))}
          </List>
        )}
      </section>
    </Stack>
  );
}
