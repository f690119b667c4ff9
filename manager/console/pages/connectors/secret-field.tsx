import { Select } from '@mantine/core';
import { useState } from 'react';
import { describeScope } from '../../parts/usage-scope.ts';
import type { Secret } from '../../parts/use-secrets.ts';
import { NewSecret } from './new-secret.tsx';

interface SecretFieldProps {
  readonly label: string;
  readonly isOptional: boolean;
  readonly secrets: readonly Secret[];
  readonly value: string;
  readonly onChange: (name: string) => void;
  readonly error?: string | undefined;
  readonly suggestedName: string;
}

/** No secret has a name that begins like this. */
const another = '+';

/** Chooses a secret by its name, or makes one on the spot. */
export function SecretField(props: SecretFieldProps) {
  const { label, isOptional, secrets, value, onChange, error, suggestedName } = props;
  const [isCreating, setCreating] = useState(false);
  const names = secrets.map(({ name }) => name);
  const known = value === '' || names.includes(value) ? names : [value, ...names];
  const stored = (name: string) => {
    setCreating(false);
    onChange(name);
  };
  return (
    <>
      <Select
        label={label}
        description="A stored secret; its value is never shown."
        placeholder="Choose a secret"
        withAsterisk={!isOptional}
        clearable={isOptional}
        allowDeselect={false}
        searchable
        data={[
          ...known.map((name) => ({ value: name, label: name })),
          { value: another, label: 'Create a new secret…' },
        ]}
        renderOption={({ option }) => option.label + scopeOf(option.value, secrets)}
        value={isCreating ? another : value || null}
        onChange={(chosen) => {
          setCreating(chosen === another);
          onChange(chosen === null || chosen === another ? '' : chosen);
        }}
        error={error}
      />
      {isCreating && <NewSecret suggestedName={suggestedName} onStored={stored} onCancel={() => setCreating(false)} />}
    </>
  );
}

function scopeOf(name: string, secrets: readonly Secret[]): string {
  const secret = secrets.find((each) => each.name === name);
  return secret ? ` (${describeScope(secret.scope)})` : '';
}
