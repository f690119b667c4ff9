import { Code, Text } from '@mantine/core';
import type { ReactNode } from 'react';
import { DataTable } from './data-table.tsx';

export interface FieldValue {
  readonly value: string;
  readonly displayValue: string;
}

interface FieldValuesProps {
  readonly fields: Readonly<Record<string, FieldValue>>;
  readonly label: string;
  /** What else is told of each field. */
  readonly more?: readonly { readonly header: string; readonly cell: (name: string) => ReactNode }[];
}

/** Fields of a ticket, as stored and as ServiceNow shows them. */
export function FieldValues({ fields, label, more = [] }: FieldValuesProps) {
  return (
    <DataTable
      label={label}
      keyOf={([name]) => name}
      rows={Object.entries(fields)}
      columns={[
        { header: 'Field', cell: ([name]) => <Code>{name}</Code> },
        { header: 'Shown as', cell: ([, { displayValue }]) => displayValue || <Empty /> },
        { header: 'Stored as', cell: ([, { value }]) => (value === '' ? <Empty /> : <Code>{value}</Code>) },
        ...more.map(({ header, cell }) => ({ header, cell: ([name]: [string, FieldValue]) => cell(name) })),
      ]}
    />
  );
}

function Empty() {
  return (
    <Text span c="dimmed">
      empty
    </Text>
  );
}
