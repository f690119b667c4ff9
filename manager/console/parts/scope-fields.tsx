import { Fieldset, TagsInput, Text } from '@mantine/core';
import type { ScopeFields as Fields } from './usage-scope.ts';

interface ScopeFieldsProps {
  readonly legend: string;
  readonly value: Fields;
  readonly onChange: (value: Fields) => void;
  readonly errors: Readonly<Record<string, string | undefined>>;
}

/** The fields of a form in which a scope can be at fault. */
export const scopeFieldNames = ['scope', 'scope.applications', 'scope.environments'] as const;

export function ScopeFields({ legend, value, onChange, errors }: ScopeFieldsProps) {
  return (
    <Fieldset legend={legend}>
      <TagsInput
        label="Applications"
        description="Names as your pipelines give them; none stands for all."
        value={value.applications}
        onChange={(applications) => onChange({ ...value, applications })}
        error={errors['scope.applications']}
        splitChars={[',', ' ']}
      />
      <TagsInput
        mt="sm"
        label="Environments"
        description="production, non-production, or one of either by name, such as production/eu; none stands for all."
        data={['production', 'non-production']}
        value={value.environments}
        onChange={(environments) => onChange({ ...value, environments })}
        error={errors['scope.environments']}
        splitChars={[',', ' ']}
      />
      {errors.scope !== undefined && (
        <Text size="sm" c="var(--mantine-color-error)" mt="xs">
          {errors.scope}
        </Text>
      )}
    </Fieldset>
  );
}
