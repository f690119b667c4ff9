import { Group, Text, Title } from '@mantine/core';
import { FieldValues } from '../../parts/field-values.tsx';
import { StateBadge } from '../../parts/state-badge.tsx';
import { When } from '../../parts/when.tsx';
import { fieldsInRules, type NamedBy } from './rule-fields.ts';
import type { Approval } from './use-approvals.ts';

type Values = Approval['current'];

/** The fields as they were read last, for an end those that it was decided by, with which of the rules name each. */
export function CurrentValues({ approval }: { approval: Approval }) {
  const { current, state, lastPolledAt, evidence } = approval;
  const readAt = state === 'waiting' ? lastPolledAt : evidence?.reading?.readAt;
  return (
    <section aria-labelledby="values">
      <Title order={2} size="h3" id="values" mb="sm">
        {state === 'waiting' ? 'Current values' : 'Snapshot of the ticket'}
      </Title>
      {Object.keys(current).length === 0 ? (
        <Text>
          {lastPolledAt === undefined ? 'The ticket was not read yet.' : 'No reading of the ticket has succeeded.'}
        </Text>
      ) : (
        <>
          {readAt !== undefined && (
            <Text size="sm" c="dimmed">
              As read <When at={readAt} />
            </Text>
          )}
          <ValueTable label="Values of the ticket" approval={approval} fields={current} />
        </>
      )}
    </section>
  );
}

interface ValueTableProps {
  readonly label: string;
  readonly approval: Pick<Approval, 'criteria' | 'window'>;
  readonly fields: Values;
}

function ValueTable({ label, approval, fields }: ValueTableProps) {
  const named = fieldsInRules(approval, Object.keys(fields));
  return (
    <FieldValues
      label={label}
      fields={fields}
      more={[{ header: 'Named by', cell: (name) => <Marks named={named.get(name) ?? []} /> }]}
    />
  );
}

const words: Readonly<Record<NamedBy, string>> = {
  approves: 'approval',
  rejects: 'rejection',
  window: 'window',
};

function Marks({ named }: { named: readonly NamedBy[] }) {
  if (named.length === 0) return '—';
  return (
    <Group gap={4}>
      {named.map((rule) => (
        <StateBadge key={rule} tone="busy">
          {words[rule]}
        </StateBadge>
      ))}
    </Group>
  );
}
