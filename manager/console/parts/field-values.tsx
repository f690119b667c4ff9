import { Code, Text } from '@mantine/core';
import { DataTable } from './data-table.tsx';

export interface FieldValue {
  readonly value: string;
  readonly displayValue: string;
}

/** Fields of a ticket, as stored and as ServiceNow shows them. */
export function FieldValues({ fields, label }: { fields: Readonly<Record<string, FieldValue>>; label: string }) {
  return (
    <DataTable
      label={label}
      keyOf={([name]) => name}
      rows={Object.entries(fields)}
      columns={[
        { header: 'Field', cell: ([name]) => <Code>{name}</Code> },
        { header: 'Shown as', cell: ([, { displayValue }]) => displayValue || <Empty /> },
        { header: 'Stored as', cell: ([, { value }]) => (value === '' ? <Empty /> : <Code>{value}</Code>) },
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
