import { Code, Grid, Stack, Text, Title } from '@mantine/core';
import { getRouteApi } from '@tanstack/react-router';
import { CopyText } from '../../parts/copy-text.tsx';
import { type Fact, Facts } from '../../parts/facts.tsx';
import { FailureAlert } from '../../parts/failure-alert.tsx';
import { TextLink } from '../../parts/links.tsx';
import { Loaded } from '../../parts/loaded.tsx';
import { Page } from '../../parts/page.tsx';
import { StateBadge } from '../../parts/state-badge.tsx';
import { When } from '../../parts/when.tsx';
import { approvalTones } from './approval-tones.ts';
import { describeSpan, ticketName } from './approval-words.ts';
import { CancelApproval } from './cancel-approval.tsx';
import { ChangeWindow } from './change-window.tsx';
import { CurrentValues } from './current-values.tsx';
import { Deliveries } from './deliveries.tsx';
import { EvidenceSection } from './evidence.tsx';
import { NextPoll } from './next-poll.tsx';
import { TicketLink } from './ticket-link.tsx';
import { type Approval, useApproval, useConnectors } from './use-approvals.ts';
import { Warnings } from './warnings.tsx';
import { WhomSection } from './whom.tsx';

const route = getRouteApi('/approvals/$approvalId');

export function ApprovalPage() {
  const { approvalId } = route.useParams();
  const query = useApproval(approvalId);
  return (
    <Page
      title={query.data ? `Approval of ${ticketName(query.data.ticket)}` : 'Approval'}
      above={<TextLink to="/approvals">Approvals</TextLink>}
      about={<Code>{approvalId}</Code>}
      actions={query.data?.state === 'waiting' && <CancelApproval approval={query.data} />}
    >
      <Loaded query={query}>{(approval) => <Details approval={approval} />}</Loaded>
    </Page>
  );
}

function Details({ approval }: { approval: Approval }) {
  const { warnings, criteria, window, evidence, state } = approval;
  return (
    <Stack gap="lg">
      <Standing approval={approval} />
      <Warnings title="Warnings" warnings={warnings} />
      <Facts facts={factsOf(approval)} />
      <Grid gap="lg">
        <Grid.Col span={{ base: 12, md: 5 }}>
          <section aria-labelledby="criteria">
            <Title order={2} size="h3" id="criteria" mb="sm">
              Criteria
            </Title>
            <Stack gap="sm">
              <CopyText label="Approves" text={criteria.approve} />
              {criteria.reject === undefined ? (
                <Text>Nothing rejects it.</Text>
              ) : (
                <CopyText label="Rejects, and is looked at first" text={criteria.reject} />
              )}
            </Stack>
          </section>
        </Grid.Col>
        <Grid.Col span={{ base: 12, md: 7 }}>
          <CurrentValues approval={approval} />
        </Grid.Col>
      </Grid>
      {window && <ChangeWindow window={window} />}
      {state === 'waiting' && <WhomSection approval={approval} />}
      {evidence && <EvidenceSection approval={approval} evidence={evidence} />}
      <Deliveries approval={approval} />
    </Stack>
  );
}

/** What one came for; told anew to those who listen when it changes. */
function Standing({ approval }: { approval: Approval }) {
  const { state, waitingBecause, evidence, failure, lastFailure } = approval;
  return (
    <Stack gap="sm">
      <div role="status">
        <StateBadge tone={approvalTones[state]}>{state}</StateBadge>{' '}
        <Text span>{state === 'waiting' ? waitingBecause : evidence?.rule}</Text>
      </div>
      {failure && <FailureAlert title={`Why it ${state === 'failed' ? 'failed' : 'expired'}`} failure={failure} />}
      {state === 'waiting' && lastFailure && (
        <FailureAlert title="The last poll failed; it goes on waiting" failure={lastFailure} />
      )}
    </Stack>
  );
}

function factsOf(approval: Approval): Fact[] {
  const { ticket, connectorId, createdAt, endedAt, deadlineAt, intervalMs, lastPolledAt, nextPollAt } = approval;
  const { expectedDurationMs } = approval;
  const last: Fact = ['Last poll', lastPolledAt === undefined ? 'none yet' : <When key="last" at={lastPolledAt} />];
  return [
    ['Ticket', <TicketLink key="ticket" ticket={ticket} />],
    ['Table', ticket.table],
    ['Connector', <Connector key="connector" id={connectorId} />],
    ['Started', <When key="started" at={createdAt} />],
    last,
    ...(endedAt === undefined
      ? ([
          ['Next poll', <NextPoll key="next" at={nextPollAt} />],
          ['Polled every', describeSpan(intervalMs)],
          ['Gives up', <When key="deadline" at={deadlineAt} />],
        ] as const)
      : ([['Ended', <When key="ended" at={endedAt} />]] as const)),
    ...(expectedDurationMs === undefined
      ? []
      : ([['What it holds up takes', describeSpan(expectedDurationMs)]] as const)),
  ];
}

function Connector({ id }: { id: string }) {
  const { data } = useConnectors();
  return (
    <TextLink to="/connectors/$connectorId" params={{ connectorId: id }}>
      {data?.items.find((connector) => connector.id === id)?.name ?? id}
    </TextLink>
  );
}
