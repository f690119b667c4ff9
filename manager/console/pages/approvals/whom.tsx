import { Text, Title } from '@mantine/core';
import { DataTable } from '../../parts/data-table.tsx';
import { When } from '../../parts/when.tsx';
import { storedTime } from './approval-words.ts';
import type { Approval } from './use-approvals.ts';

type Pending = NonNullable<Approval['waitingFor']>[number];

/** Who has to approve in ServiceNow. */
export function WhomSection({ approval: { waitingFor } }: { approval: Approval }) {
  return (
    <section aria-labelledby="whom">
      <Title order={2} size="h3" id="whom" mb="sm">
        Whom it waits for
      </Title>
      {waitingFor === undefined && (
        <Text>
          Not known: it was not read yet, or the connector's user may not read the approvers (sysapproval_approver).
        </Text>
      )}
      {waitingFor?.length === 0 && <Text>Nobody is asked for an approval in ServiceNow now.</Text>}
      {waitingFor !== undefined && waitingFor.length > 0 && (
        <DataTable
          label="Approvers who are asked"
          keyOf={({ approver, group, since }) => `${approver} ${group} ${since}`}
          rows={waitingFor}
          columns={[
            { header: 'Approver', cell: ({ approver }) => approver || '—' },
            { header: 'Group', cell: ({ group }) => group || '—' },
            { header: 'State', cell: ({ state }) => state },
            { header: 'Since', cell: (pending) => <Since pending={pending} /> },
          ]}
        />
      )}
    </section>
  );
}

function Since({ pending: { since } }: { pending: Pending }) {
  const time = storedTime(since);
  return time === undefined ? since || '—' : <When at={time} />;
}
