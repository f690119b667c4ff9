import { Button, Group, MultiSelect, Select, TagsInput, TextInput } from '@mantine/core';
import { choicesFor, hintFor, operatorsFor } from './choices.ts';
import { arityOf, type Operator, operators, type Row } from './criteria-draft.ts';
import classes from './criteria-row.module.css';
import { NamedInput } from './named-input.tsx';
import type { Field } from './use-metadata.ts';

interface CriteriaRowProps {
  readonly row: Row;
  /** Names the condition for those who do not see it. */
  readonly name: string;
  readonly fields: readonly Field[];
  readonly fault: string | undefined;
  readonly onChange: (row: Row) => void;
  readonly onRemove: () => void;
}

/** One condition: a field, an operator and what it is compared with. */
export function CriteriaRow({ row, name, fields, fault, onChange, onRemove }: CriteriaRowProps) {
  const field = fields.find((each) => each.name === row.field);
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset would draw a frame around each of many
    <div role="group" aria-label={name} className={classes.row}>
      <NamedInput
        label="Field"
        items={fields}
        value={row.field}
        error={fault}
        // What was chosen belongs to the field before.
        onChange={(next) => onChange({ ...row, field: next, values: next === row.field ? row.values : [] })}
      />
      <Select
        label="Operator"
        data={operatorsFor(field)}
        value={row.operator}
        allowDeselect={false}
        onChange={(next) => onChange({ ...row, operator: toOperator(next) ?? row.operator })}
      />
      <Values row={row} field={field} onChange={(values) => onChange({ ...row, values })} />
      <Group className={classes.remove}>
        <Button variant="default" onClick={onRemove} aria-label={`Remove ${name.toLowerCase()}`}>
          Remove
        </Button>
      </Group>
    </div>
  );
}

function toOperator(value: string | null): Operator | undefined {
  return (Object.keys(operators) as Operator[]).find((operator) => operator === value);
}

const below: ('label' | 'input' | 'description' | 'error')[] = ['label', 'input', 'description', 'error'];

interface ValuesProps {
  readonly row: Row;
  readonly field: Field | undefined;
  readonly onChange: (values: string[]) => void;
}

function Values({ row: { operator, values }, field, onChange }: ValuesProps) {
  const choices = choicesFor(field, operator);
  switch (arityOf(operator)) {
    case 'none':
      return <div />;
    case 'several':
      return choices ? (
        <MultiSelect label="Values" data={choices} value={[...values]} onChange={onChange} searchable />
      ) : (
        <TagsInput
          label="Values"
          description="Enter after each"
          inputWrapperOrder={below}
          value={[...values]}
          onChange={onChange}
        />
      );
    case 'one':
      return choices ? (
        <Select
          label="Value"
          data={choices}
          value={values[0] ?? null}
          onChange={(value) => onChange(value === null ? [] : [value])}
          searchable
        />
      ) : (
        <TextInput
          label="Value"
          description={hintFor(field, operator)}
          inputWrapperOrder={below}
          value={values[0] ?? ''}
          onChange={({ currentTarget }) => onChange([currentTarget.value])}
        />
      );
  }
}
