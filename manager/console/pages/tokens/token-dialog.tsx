import { Button, Checkbox, Group, NativeSelect, Stack, Text, TextInput } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import { ApiError } from '../../api/client.ts';
import { useSession } from '../../api/session.ts';
import { CopyText } from '../../parts/copy-text.tsx';
import { Dialog } from '../../parts/dialog.tsx';
import { faultsByField } from '../../parts/form-faults.ts';
import { placeFaults } from '../../parts/place-faults.ts';
import { ProblemAlert } from '../../parts/problem-alert.tsx';
import { ScopeFields, scopeFieldNames } from '../../parts/scope-fields.tsx';
import { isEverywhere, readScopeFields, writeScopeFields } from '../../parts/usage-scope.ts';
import { type NewToken, roles, type TokenKind, useCreateToken } from './use-tokens.ts';

interface TokenDialogProps {
  readonly kind: TokenKind;
  readonly title: string;
  readonly opened: boolean;
  readonly onClose: () => void;
}

export function TokenDialog({ kind, title, opened, onClose }: TokenDialogProps) {
  const create = useCreateToken(kind);
  const close = () => {
    create.reset();
    onClose();
  };
  return (
    <Dialog
      title={title}
      opened={opened}
      onClose={close}
      // A token that is being made, or was, is shown this once.
      held={create.isPending || create.isSuccess ? 'fast' : 'against-clicks'}
    >
      <TokenForm kind={kind} create={create} onClose={close} />
    </Dialog>
  );
}

const meanings: Readonly<Record<NewToken['role'], string>> = {
  viewer: 'Sees everything but secrets, tokens and the audit.',
  pipeline: 'Also submits tasks, and starts and cancels approvals.',
  operator: 'Also tests connectors, and sees which secrets there are.',
  admin: 'Also changes secrets, connectors and tokens.',
};

interface TokenFormProps {
  readonly kind: TokenKind;
  readonly create: ReturnType<typeof useCreateToken>;
  readonly onClose: () => void;
}

function TokenForm({ kind, create, onClose }: TokenFormProps) {
  const session = useSession();
  const [name, setName] = useState('');
  const [role, setRole] = useState<NewToken['role']>('pipeline');
  const [expires, setExpires] = useState('');
  const [scope, setScope] = useState(() => writeScopeFields(session.scope));
  const [requiresApproval, setRequiresApproval] = useState(false);
  if (create.data) return <Created name={create.data.name} token={create.data.token} onClose={onClose} />;

  const faults = placeFaults(faultsByField(create.error), ['name', 'role', 'expires', ...scopeFieldNames]);
  const isTaken = create.error instanceof ApiError && create.error.problem.code === 'token-name-taken';
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const given = readScopeFields(scope);
    create.mutate({
      name: name.trim(),
      role,
      ...(expires.trim() !== '' && { expires: expires.trim() }),
      ...(!isEverywhere(given) && { scope: given }),
      ...(requiresApproval && { requiresApproval }),
    });
  };
  return (
    <form onSubmit={submit} noValidate>
      <Stack gap="sm">
        <TextInput
          label="Name"
          description="Whose it is. It stands in the audit, and stays taken when the token is revoked."
          withAsterisk
          data-autofocus
          autoComplete="off"
          value={name}
          onChange={({ currentTarget }) => setName(currentTarget.value)}
          error={isTaken ? create.error?.message : faults.name}
        />
        {kind === 'api-tokens' && (
          <NativeSelect
            label="Role"
            description={meanings[role]}
            data={[...roles]}
            value={role}
            onChange={({ currentTarget }) => setRole(roles.find((each) => each === currentTarget.value) ?? role)}
            error={faults.role}
          />
        )}
        <TextInput
          label="Expires after"
          description="Such as 90d or 1d 12h; empty: never."
          autoComplete="off"
          value={expires}
          onChange={({ currentTarget }) => setExpires(currentTarget.value)}
          error={faults.expires}
        />
        {kind === 'api-tokens' && <ScopeFields legend="Scope" value={scope} onChange={setScope} errors={faults} />}
        {kind === 'delegate-tokens' && (
          <Checkbox
            label="Its delegates wait for an administrator's approval"
            checked={requiresApproval}
            onChange={({ currentTarget }) => setRequiresApproval(currentTarget.checked)}
          />
        )}
        {create.error && <ProblemAlert error={create.error} title="Not created" />}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose} disabled={create.isPending}>
            Cancel
          </Button>
          <Button type="submit" loading={create.isPending}>
            Create
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

function Created({ name, token, onClose }: { name: string; token: string; onClose: () => void }) {
  return (
    <Stack gap="sm" role="status">
      <Text size="sm">Token {name} is created. Copy it now: it is not shown again.</Text>
      <CopyText label="Token" text={token} />
      <Group justify="flex-end">
        <Button onClick={onClose}>I have it</Button>
      </Group>
    </Stack>
  );
}
