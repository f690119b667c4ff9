import { Button, Fieldset, Group, PasswordInput, Stack, TextInput } from '@mantine/core';
import { type KeyboardEvent, useRef, useState } from 'react';
import { useSession } from '../../api/session.ts';
import { faultsByField } from '../../parts/form-faults.ts';
import { ProblemAlert } from '../../parts/problem-alert.tsx';
import { isEverywhere } from '../../parts/usage-scope.ts';
import { usePutSecret } from '../../parts/use-secrets.ts';

interface NewSecretProps {
  readonly suggestedName: string;
  readonly onStored: (name: string) => void;
  readonly onCancel: () => void;
}

/** Stores a secret in the midst of another form. What is typed stays in its field, and goes when it is stored. */
export function NewSecret({ suggestedName, onStored, onCancel }: NewSecretProps) {
  const { scope } = useSession();
  const [name, setName] = useState(suggestedName);
  const [isMissing, setMissing] = useState(false);
  const value = useRef<HTMLInputElement>(null);
  const put = usePutSecret();
  const faults = faultsByField(put.error);
  const store = () => {
    const field = value.current;
    setMissing(field === null || field.value === '');
    if (field === null || field.value === '') return;
    const wanted = name.trim();
    put.mutate(
      {
        name: wanted,
        readValue: () => field.value,
        // Whoever is limited may store none that reaches further.
        scope: isEverywhere(scope) ? undefined : scope,
        isNew: true,
      },
      {
        onSuccess: () => {
          field.value = '';
          onStored(wanted);
        },
      },
    );
  };
  // Else it would submit the form that this stands in.
  const storeOnEnter = (event: KeyboardEvent) => {
    if (event.key !== 'Enter' || !(event.target instanceof HTMLInputElement)) return;
    event.preventDefault();
    store();
  };
  return (
    <Fieldset legend="New secret" onKeyDown={storeOnEnter}>
      <Stack gap="sm">
        <TextInput
          label="Secret name"
          description="Letters, digits, dot, dash, underscore."
          value={name}
          onChange={({ currentTarget }) => setName(currentTarget.value)}
          error={faults.name}
          autoComplete="off"
        />
        <PasswordInput
          ref={value}
          label="Secret value"
          error={isMissing ? 'Type its value.' : faults.value}
          autoComplete="new-password"
          data-autofocus
        />
        {put.error && <ProblemAlert error={put.error} title="The secret was not stored" />}
        <Group justify="flex-end" gap="xs">
          <Button type="button" variant="default" size="compact-sm" onClick={onCancel}>
            Do not store
          </Button>
          <Button type="button" variant="light" size="compact-sm" onClick={store} loading={put.isPending}>
            Store secret
          </Button>
        </Group>
      </Stack>
    </Fieldset>
  );
}
