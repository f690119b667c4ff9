import { Anchor, Button, Code, Group, Select, TextInput } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useState } from 'react';
import { api, dataOf } from '../../api/client.ts';
import type { paths } from '../../api/schema.d.ts';
import { DataTable } from '../../parts/data-table.tsx';
import { EmptyState } from '../../parts/empty-state.tsx';
import { Loaded } from '../../parts/loaded.tsx';
import { Page } from '../../parts/page.tsx';
import { StateBadge } from '../../parts/state-badge.tsx';
import { When } from '../../parts/when.tsx';
import { auditActions, readAuditSearch, wordFor } from './search.ts';

type Entry = paths['/api/v1/audit']['get']['responses'][200]['content']['application/json']['items'][number];

const route = getRouteApi('/audit');

export function AuditPage() {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const query = useInfiniteQuery({
    queryKey: ['audit', search],
    queryFn: ({ pageParam, signal }) => {
      const asked = { ...search, ...(pageParam === undefined ? {} : { cursor: pageParam }) };
      return dataOf(api.GET('/api/v1/audit', { params: { query: asked }, signal }));
    },
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last) => last.cursor,
  });
  const set = (change: Readonly<Record<string, unknown>>) =>
    navigate({ search: (before) => readAuditSearch({ ...before, ...change }), replace: true });
  return (
    <Page
      title="Audit"
      about="Who changed what, and what used which secret. Entries are written before the change, and never altered."
      actions={
        <Anchor href={`/api/v1/audit/export?${new URLSearchParams({ ...search })}`} download>
          Export all that fit
        </Anchor>
      }
    >
      <Group align="flex-end" gap="sm">
        <Select
          label="Action"
          placeholder="any"
          data={auditActions}
          value={search.action ?? null}
          onChange={(action) => set({ action })}
          clearable
        />
        <TextFilter
          key={`actor ${search.actor}`}
          label="Token"
          text={search.actor}
          onChange={(actor) => set({ actor })}
        />
        <TextFilter
          key={`subject ${search.subject}`}
          label="Subject"
          text={search.subject}
          onChange={(subject) => set({ subject })}
        />
      </Group>
      <Loaded query={query}>
        {({ pages }) => {
          const entries = pages.flatMap(({ items }) => items);
          return entries.length === 0 && !query.hasNextPage ? (
            <EmptyState title="No entry fits">Clear a filter to see more.</EmptyState>
          ) : (
            <>
              <DataTable label="Audit log" keyOf={({ id }) => id} rows={entries} columns={columns} />
              {query.hasNextPage && (
                <Group>
                  <Button variant="default" loading={query.isFetchingNextPage} onClick={() => query.fetchNextPage()}>
                    Show more
                  </Button>
                </Group>
              )}
            </>
          );
        }}
      </Loaded>
    </Page>
  );
}

/** Looked for when it is left, or on Enter: each search reads through the log. */
function TextFilter({
  label,
  text = '',
  onChange,
}: {
  label: string;
  text: string | undefined;
  onChange: (text: string) => void;
}) {
  const [typed, setTyped] = useState(text);
  const choose = () => {
    if (typed.trim() !== text) onChange(typed.trim());
  };
  return (
    <TextInput
      label={label}
      placeholder="any"
      value={typed}
      onChange={({ currentTarget }) => setTyped(currentTarget.value)}
      onBlur={choose}
      onKeyDown={({ key }) => {
        if (key === 'Enter') choose();
      }}
    />
  );
}

const columns = [
  { header: 'When', cell: ({ at }: Entry) => <When at={at} /> },
  { header: 'Action', cell: ({ action }: Entry) => wordFor(action) },
  { header: 'Subject', cell: ({ subject }: Entry) => <Code>{subject}</Code> },
  { header: 'By', cell: ({ actor, from }: Entry) => (from === '' ? actor : `${actor}, from ${from}`) },
  { header: 'Answered', cell: ({ action, status }: Entry) => <Answer action={action} status={status} /> },
  { header: 'More', cell: ({ details }: Entry) => describe(details) },
];

function Answer({ action, status }: { action: string; status: number | undefined }) {
  if (status === undefined) return action === 'secret.use' || action === 'session.open' ? 'done' : 'not known';
  return <StateBadge tone={status < 400 ? 'good' : 'bad'}>{String(status)}</StateBadge>;
}

function describe({ requestId: _, ...details }: Entry['details']): string {
  return Object.entries(details)
    .map(([name, value]) => `${name}: ${value}`)
    .join(', ');
}
