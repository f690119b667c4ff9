import { Button, Group, Stack, Text, Title } from '@mantine/core';
import { useState } from 'react';
import { useMay, useSession } from '../../api/session.ts';
import { type Column, DataTable } from '../../parts/data-table.tsx';
import { EmptyState } from '../../parts/empty-state.tsx';
import { Loaded } from '../../parts/loaded.tsx';
import { Page } from '../../parts/page.tsx';
import { StateBadge, type Tone } from '../../parts/state-badge.tsx';
import { describeScope } from '../../parts/usage-scope.ts';
import { When } from '../../parts/when.tsx';
import { RevokeToken } from './revoke-token.tsx';
import { TokenDialog } from './token-dialog.tsx';
import { sortTokens, stateOf, type TokenState } from './token-state.ts';
import { type ShownToken, type TokenKind, useTokens } from './use-tokens.ts';

export function TokensPage() {
  const isAdmin = useMay('admin');
  return (
    <Page
      title="Tokens"
      about="What opens this manager. The text of a token is shown once, when it is created; only its hash is kept."
    >
      {isAdmin ? (
        <Stack gap="xl">
          <TokenSection
            kind="api-tokens"
            title="API tokens"
            about="For people, who sign in with one, and for pipelines."
            create="Create an API token"
          />
          <TokenSection
            kind="delegate-tokens"
            title="Delegate tokens"
            about="A delegate joins with one. Revoking it ends the sessions of its delegates within seconds."
            create="Create a delegate token"
          />
        </Stack>
      ) : (
        <Text>Only an administrator sees tokens.</Text>
      )}
    </Page>
  );
}

interface TokenSectionProps {
  readonly kind: TokenKind;
  readonly title: string;
  readonly about: string;
  readonly create: string;
}

function TokenSection({ kind, title, about, create }: TokenSectionProps) {
  const query = useTokens(kind);
  const [isCreating, setCreating] = useState(false);
  const [doomed, setDoomed] = useState<ShownToken>();
  const revoke: Column<ShownToken> = {
    header: 'Actions',
    cell: (token) =>
      token.revokedAt === undefined && (
        <Button
          variant="default"
          size="compact-sm"
          onClick={() => setDoomed(token)}
          aria-label={`Revoke ${token.name}`}
        >
          Revoke
        </Button>
      ),
  };
  return (
    <section aria-labelledby={kind}>
      <Group justify="space-between" align="flex-start" mb="sm">
        <div>
          <Title order={2} size="h3" id={kind}>
            {title}
          </Title>
          <Text c="dimmed">{about}</Text>
        </div>
        <Button onClick={() => setCreating(true)}>{create}</Button>
      </Group>
      <Loaded query={query}>
        {({ items }) =>
          items.length === 0 ? (
            <NoTokens />
          ) : (
            <DataTable
              label={title}
              keyOf={({ id }) => id}
              rows={sortTokens(items, new Date())}
              columns={[...columnsOf[kind], revoke]}
            />
          )
        }
      </Loaded>
      <TokenDialog kind={kind} title={create} opened={isCreating} onClose={() => setCreating(false)} />
      <RevokeToken kind={kind} token={doomed} onClose={() => setDoomed(undefined)} />
    </section>
  );
}

function NoTokens() {
  return (
    <EmptyState title="There is none">
      Create one here, or with the kit that installs a delegate, which holds a token of its own.
    </EmptyState>
  );
}

const tones: Readonly<Record<TokenState, Tone>> = { valid: 'good', expired: 'quiet', revoked: 'bad' };

const state: Column<ShownToken> = {
  header: 'State',
  cell: (token) => {
    const word = stateOf(token, new Date());
    return (
      <>
        <StateBadge tone={tones[word]}>{word}</StateBadge>{' '}
        {token.revokedAt !== undefined && <When at={token.revokedAt} />}
      </>
    );
  },
};

const dates: readonly Column<ShownToken>[] = [
  { header: 'Created', cell: ({ createdAt }) => <When at={createdAt} /> },
  { header: 'Expires', cell: ({ expiresAt }) => (expiresAt === undefined ? 'never' : <When at={expiresAt} />) },
];

const columnsOf: Readonly<Record<TokenKind, readonly Column<ShownToken>[]>> = {
  'api-tokens': [
    { header: 'Name', cell: ({ name }) => <ApiTokenName name={name} /> },
    {
      header: 'Role',
      cell: ({ role }) => (
        <Text span size="sm" style={{ whiteSpace: 'nowrap' }}>
          {role}
        </Text>
      ),
    },
    { header: 'Scope', cell: ({ scope }) => (scope ? describeScope(scope) : 'not limited') },
    state,
    ...dates,
  ],
  'delegate-tokens': [{ header: 'Name', cell: ({ name }) => name }, state, ...dates],
};

function ApiTokenName({ name }: { name: string }) {
  return useSession().name === name ? `${name} (you are signed in with it)` : name;
}
