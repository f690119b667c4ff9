import { Button, Group, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { api, dataOf } from '../../api/client.ts';
import { useMay } from '../../api/session.ts';
import { type Column, DataTable } from '../../parts/data-table.tsx';
import { EmptyState } from '../../parts/empty-state.tsx';
import { TextLink } from '../../parts/links.tsx';
import { Loaded } from '../../parts/loaded.tsx';
import { Page } from '../../parts/page.tsx';
import { describeScope } from '../../parts/usage-scope.ts';
import { type Secret, useSecrets } from '../../parts/use-secrets.ts';
import { When } from '../../parts/when.tsx';
import { DeleteSecret } from './delete-secret.tsx';
import { SecretDialog, type SecretTask } from './secret-dialog.tsx';
import { findUsers } from './secret-users.ts';

export function SecretsPage() {
  const query = useSecrets();
  const mayEdit = useMay('admin');
  const [task, setTask] = useState<SecretTask>();
  const [doomed, setDoomed] = useState<Secret>();
  const actions: Column<Secret> = {
    header: 'Actions',
    cell: (secret) => (
      <Group gap="xs">
        <Action label="Change value" of={secret} onClick={() => setTask({ kind: 'change-value', secret })} />
        <Action label="Narrow scope" of={secret} onClick={() => setTask({ kind: 'narrow-scope', secret })} />
        <Action label="Delete" of={secret} onClick={() => setDoomed(secret)} />
      </Group>
    ),
  };
  return (
    <Page
      title="Secrets"
      about="Encrypted texts, such as passwords. A delegate that runs a task gets the value; nobody else sees it again."
      actions={mayEdit && <Button onClick={() => setTask({ kind: 'create' })}>Create a secret</Button>}
    >
      <Loaded query={query}>
        {({ items }) =>
          items.length === 0 ? (
            <EmptyState title="There is no secret">
              {mayEdit
                ? 'Create one here, or on the spot when you add a collaboration provider.'
                : 'An administrator creates them.'}
            </EmptyState>
          ) : (
            <DataTable
              label="Secrets"
              keyOf={({ name }) => name}
              rows={items.toSorted((one, other) => one.name.localeCompare(other.name))}
              columns={mayEdit ? [...columns, actions] : columns}
            />
          )
        }
      </Loaded>
      <SecretDialog task={task} onClose={() => setTask(undefined)} />
      <DeleteSecret secret={doomed} onClose={() => setDoomed(undefined)} />
    </Page>
  );
}

function Action({ label, of, onClick }: { label: string; of: Secret; onClick: () => void }) {
  return (
    <Button variant="default" size="compact-sm" onClick={onClick} aria-label={`${label} of ${of.name}`}>
      {label}
    </Button>
  );
}

const columns: readonly Column<Secret>[] = [
  { header: 'Name', cell: ({ name }) => name },
  { header: 'Usage Scope', cell: ({ scope }) => describeScope(scope) },
  { header: 'Used by', cell: ({ usedBy }) => <Users usedBy={usedBy} /> },
  { header: 'Changed', cell: ({ updatedAt }) => <When at={updatedAt} /> },
];

function Users({ usedBy }: { usedBy: readonly string[] }) {
  const connectors = useQuery({
    queryKey: ['connectors'],
    queryFn: ({ signal }) => dataOf(api.GET('/api/v1/connectors', { signal })),
  });
  if (usedBy.length === 0)
    return (
      <Text size="sm" c="dimmed">
        nothing
      </Text>
    );
  return (
    <Stack gap={0}>
      {findUsers(usedBy, connectors.data?.items ?? []).map(({ words, connectorId }) =>
        connectorId === undefined ? (
          <Text key={words} size="sm">
            {words}
          </Text>
        ) : (
          <TextLink key={words} size="sm" to="/connectors/$connectorId" params={{ connectorId }}>
            {words}
          </TextLink>
        ),
      )}
    </Stack>
  );
}
