import { Button, Code, Group, Stack, Tabs, Text, TextInput } from '@mantine/core';
import { getRouteApi } from '@tanstack/react-router';
import { type FormEvent, useState } from 'react';
import { useMay } from '../../api/session.ts';
import { CopyText } from '../../parts/copy-text.tsx';
import { type Column, DataTable } from '../../parts/data-table.tsx';
import { EmptyState } from '../../parts/empty-state.tsx';
import { ButtonLink, TextLink } from '../../parts/links.tsx';
import { Loaded } from '../../parts/loaded.tsx';
import { Page } from '../../parts/page.tsx';
import { StateBadge } from '../../parts/state-badge.tsx';
import { When } from '../../parts/when.tsx';
import { approvalTones } from './approval-tones.ts';
import { describeWhom, ticketName } from './approval-words.ts';
import { NextPoll } from './next-poll.tsx';
import { type ApprovalsSearch, readApprovalsSearch } from './search.ts';
import { TicketLink } from './ticket-link.tsx';
import { type Approval, useApprovals } from './use-approvals.ts';

const route = getRouteApi('/approvals');

export function ApprovalsPage() {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const mayStart = useMay('pipeline');
  const shown = search.show ?? 'waiting';
  return (
    <Page
      title="Approvals"
      about="Gates that wait for a ticket. What they hold up goes on when they are approved."
      actions={mayStart && <ButtonLink to="/approvals/start">Start an approval</ButtonLink>}
    >
      <Tabs
        value={shown}
        onChange={(show) => navigate({ search: (before) => readApprovalsSearch({ ...before, show }) })}
      >
        <Tabs.List aria-label="Which approvals">
          <Tabs.Tab value="waiting">Waiting</Tabs.Tab>
          <Tabs.Tab value="ended">Ended</Tabs.Tab>
        </Tabs.List>
        {(['waiting', 'ended'] as const).map((tab) => (
          <Tabs.Panel key={tab} value={tab} pt="md">
            {tab === shown && <ApprovalList search={search} />}
          </Tabs.Panel>
        ))}
      </Tabs>
    </Page>
  );
}

function ApprovalList({ search }: { search: ApprovalsSearch }) {
  const query = useApprovals(search);
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = query;
  return (
    <Stack>
      <NumberFilter key={search.number ?? ''} number={search.number ?? ''} />
      <Loaded query={query}>
        {({ pages }) => {
          const approvals = pages.flatMap(({ items }) => items);
          if (approvals.length === 0 && !hasNextPage) return <NoApprovals search={search} />;
          const ended = search.show === 'ended';
          return (
            <>
              <DataTable
                label={ended ? 'Ended approvals' : 'Waiting approvals'}
                columns={ended ? endedColumns : waitingColumns}
                rows={approvals}
                keyOf={({ id }) => id}
              />
              <Group>
                {hasNextPage && (
                  <Button variant="default" loading={isFetchingNextPage} onClick={() => fetchNextPage()}>
                    Show more
                  </Button>
                )}
                <Text size="sm" c="dimmed" role="status">
                  {hasNextPage ? `The newest ${approvals.length} are shown.` : `${approvals.length} in all.`}
                </Text>
              </Group>
            </>
          );
        }}
      </Loaded>
    </Stack>
  );
}

function NumberFilter({ number }: { number: string }) {
  const navigate = route.useNavigate();
  const [typed, setTyped] = useState(number);
  const filter = (wanted: string) =>
    navigate({ search: (before) => readApprovalsSearch({ ...before, number: wanted.trim() }) });
  return (
    <form
      onSubmit={(event: FormEvent) => {
        event.preventDefault();
        void filter(typed);
      }}
    >
      <Group align="flex-end" gap="sm">
        <TextInput
          label="Ticket number"
          placeholder="any"
          value={typed}
          onChange={({ currentTarget }) => setTyped(currentTarget.value)}
        />
        <Button type="submit" variant="default">
          Filter
        </Button>
        {number !== '' && (
          <Button variant="subtle" onClick={() => filter('')}>
            Clear the filter
          </Button>
        )}
      </Group>
    </form>
  );
}

const command = `ticketgate approval start --connector NAME --table change_request --ticket CHG0030001 \\
  --approve 'state = Scheduled' --reject 'approval = rejected'`;

function NoApprovals({ search }: { search: ApprovalsSearch }) {
  const mayStart = useMay('pipeline');
  if (search.number !== undefined)
    return (
      <EmptyState title="No approval of this ticket here">
        Look at the other tab, or clear the filter. Ticket numbers are compared as a whole: <Code>{search.number}</Code>
      </EmptyState>
    );
  if (search.show === 'ended')
    return (
      <EmptyState title="No approval has ended yet">
        Each stays here with its evidence for a year by default.
      </EmptyState>
    );
  return (
    <EmptyState title="No approval waits">
      <Stack align="flex-start">
        <Text>
          A pipeline starts one where a deployment has to wait for its ticket; on the command line, or in any CI:
        </Text>
        <CopyText label="Command" text={command} />
        {mayStart ? (
          <ButtonLink to="/approvals/start">Start an approval by hand</ButtonLink>
        ) : (
          <Text>It needs a token with the role pipeline.</Text>
        )}
      </Stack>
    </EmptyState>
  );
}

const first: readonly Column<Approval>[] = [
  {
    header: 'Approval',
    cell: ({ id, ticket }) => (
      <TextLink
        to="/approvals/$approvalId"
        params={{ approvalId: id }}
        aria-label={`Approval of ${ticketName(ticket)}`}
      >
        {ticketName(ticket)}
      </TextLink>
    ),
  },
  { header: 'Ticket', cell: ({ ticket }) => <TicketLink ticket={ticket} /> },
  { header: 'State', cell: ({ state }) => <StateBadge tone={approvalTones[state]}>{state}</StateBadge> },
  {
    header: 'Criteria',
    cell: ({ criteria }) => (
      <div>
        <Code>{criteria.approve}</Code>
        {criteria.reject !== undefined && (
          <Text size="sm" c="dimmed">
            rejects: <Code>{criteria.reject}</Code>
          </Text>
        )}
      </div>
    ),
  },
];

const waitingColumns: readonly Column<Approval>[] = [
  ...first,
  { header: 'Waits for', cell: (approval) => <WaitsFor approval={approval} /> },
  { header: 'Started', cell: ({ createdAt }) => <When at={createdAt} /> },
  {
    header: 'Next poll',
    cell: ({ nextPollAt, lastFailure }) => (
      <div>
        <NextPoll at={nextPollAt} />
        {lastFailure && (
          <>
            {' '}
            <StateBadge tone="bad">last failed</StateBadge>
          </>
        )}
      </div>
    ),
  },
];

const endedColumns: readonly Column<Approval>[] = [
  ...first,
  { header: 'Because', cell: ({ evidence, failure }) => failure?.message ?? evidence?.rule ?? '—' },
  { header: 'Started', cell: ({ createdAt }) => <When at={createdAt} /> },
  { header: 'Ended', cell: ({ endedAt }) => (endedAt === undefined ? '—' : <When at={endedAt} />) },
];

function WaitsFor({ approval: { waitingFor } }: { approval: Approval }) {
  const { text, since } = describeWhom(waitingFor);
  return (
    <div>
      {text}
      {since !== undefined && (
        <Text size="sm" c="dimmed">
          since <When at={since} />
        </Text>
      )}
    </div>
  );
}
