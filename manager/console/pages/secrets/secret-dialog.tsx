import { Button, Group, PasswordInput, Stack, Text, TextInput } from '@mantine/core';
import { type FormEvent, useRef, useState } from 'react';
import { useSession } from '../../api/session.ts';
import { Dialog } from '../../parts/dialog.tsx';
import { faultsByField } from '../../parts/form-faults.ts';
import { placeFaults } from '../../parts/place-faults.ts';
import { ProblemAlert } from '../../parts/problem-alert.tsx';
import { ScopeFields, scopeFieldNames } from '../../parts/scope-fields.tsx';
import { describeScope, readScopeFields, type UsageScope, writeScopeFields } from '../../parts/usage-scope.ts';
import { type Secret, usePutSecret } from '../../parts/use-secrets.ts';

export type SecretTask =
  | { readonly kind: 'create' }
  | { readonly kind: 'change-value'; readonly secret: Secret }
  | { readonly kind: 'narrow-scope'; readonly secret: Secret };

export function SecretDialog({ task, onClose }: { task: SecretTask | undefined; onClose: () => void }) {
  return (
    <Dialog title={task ? titleOf(task) : ''} opened={task !== undefined} onClose={onClose} held="against-clicks">
      {task && <SecretForm task={task} onDone={onClose} />}
    </Dialog>
  );
}

function titleOf(task: SecretTask): string {
  switch (task.kind) {
    case 'create':
      return 'Create a secret';
    case 'change-value':
      return `Change the value of ${task.secret.name}`;
    case 'narrow-scope':
      return `Narrow the scope of ${task.secret.name}`;
  }
}

function SecretForm({ task, onDone }: { task: SecretTask; onDone: () => void }) {
  const session = useSession();
  const [name, setName] = useState(task.kind === 'create' ? '' : task.secret.name);
  const [scope, setScope] = useState(() => writeScopeFields(scopeBefore(task, session.scope)));
  const value = useRef<HTMLInputElement>(null);
  const [isMissing, setMissing] = useState(false);
  const put = usePutSecret();
  const faults = placeFaults(faultsByField(put.error), ['name', 'value', ...scopeFieldNames]);
  const hasValue = task.kind !== 'narrow-scope';
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const field = value.current;
    const lacksValue = hasValue && !field?.value;
    setMissing(lacksValue);
    if (lacksValue) return;
    put.mutate(
      {
        name: name.trim(),
        ...(field && { readValue: () => field.value }),
        scope: task.kind === 'change-value' ? undefined : givenScope(task, readScopeFields(scope)),
        isNew: task.kind === 'create',
      },
      {
        onSuccess: () => {
          if (field) field.value = '';
          onDone();
        },
      },
    );
  };
  return (
    <form onSubmit={submit} noValidate>
      <Stack gap="sm">
        {task.kind === 'create' && (
          <TextInput
            label="Name"
            description="Letters, digits, dot, dash, underscore."
            withAsterisk
            data-autofocus
            autoComplete="off"
            value={name}
            onChange={({ currentTarget }) => setName(currentTarget.value)}
            error={faults.name}
          />
        )}
        {task.kind === 'change-value' && (
          <Text size="sm">What uses it has the new value from its next task on. The old one is gone.</Text>
        )}
        {hasValue && (
          <PasswordInput
            ref={value}
            label={task.kind === 'create' ? 'Value' : 'New value'}
            withAsterisk
            data-autofocus={task.kind === 'change-value' || undefined}
            autoComplete="new-password"
            error={isMissing ? 'Type its value.' : faults.value}
          />
        )}
        {task.kind === 'narrow-scope' && (
          <Text size="sm">
            Now: {describeScope(task.secret.scope)}. It can be narrowed and never widened; connectors that use it have
            the same scope at once.
          </Text>
        )}
        {task.kind !== 'change-value' && (
          <ScopeFields legend="Usage Scope" value={scope} onChange={setScope} errors={faults} />
        )}
        {put.error && <ProblemAlert error={put.error} title="Not stored" />}
        <Group justify="flex-end">
          <Button variant="default" onClick={onDone}>
            Cancel
          </Button>
          <Button type="submit" loading={put.isPending}>
            {task.kind === 'create' ? 'Create' : 'Store'}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

/** A new one reaches no further than whoever makes it. */
function scopeBefore(task: SecretTask, own: UsageScope): UsageScope {
  return task.kind === 'create' ? own : task.secret.scope;
}

/** A new secret without names has the manager's default scope, which need not be everywhere. */
function givenScope({ kind }: SecretTask, scope: UsageScope): UsageScope | undefined {
  const isDefault = kind === 'create' && scope.applications === 'all' && scope.environments === 'all';
  return isDefault ? undefined : scope;
}
