import { Text, Title } from '@mantine/core';
import { DataTable } from '../../parts/data-table.tsx';
import { TextLink } from '../../parts/links.tsx';
import { StateBadge, type Tone } from '../../parts/state-badge.tsx';
import { When } from '../../parts/when.tsx';
import type { Approval, Task } from './standing.ts';

const approvalTones: Readonly<Record<Approval['state'], Tone>> = {
  waiting: 'waiting',
  approved: 'good',
  rejected: 'bad',
  expired: 'bad',
  cancelled: 'quiet',
  failed: 'bad',
};

export function RecentApprovals({ approvals }: { approvals: readonly Approval[] }) {
  return (
    <section aria-labelledby="recent-approvals">
      <Title order={2} size="h3" id="recent-approvals" mb="sm">
        Recent approvals
      </Title>
      {approvals.length === 0 ? (
        <Text>None yet.</Text>
      ) : (
        <DataTable
          label="Recent approvals"
          keyOf={({ id }) => id}
          rows={approvals}
          columns={[
            {
              header: 'Ticket',
              cell: ({ id, ticket }) => (
                <TextLink to="/approvals/$approvalId" params={{ approvalId: id }}>
                  {ticket.number || ticket.sysId}
                </TextLink>
              ),
            },
            { header: 'State', cell: ({ state }) => <StateBadge tone={approvalTones[state]}>{state}</StateBadge> },
            { header: 'Started', cell: ({ createdAt }) => <When at={createdAt} /> },
          ]}
        />
      )}
    </section>
  );
}

const taskTones: Readonly<Record<Task['state'], Tone>> = {
  queued: 'waiting',
  assigned: 'busy',
  running: 'busy',
  succeeded: 'good',
  failed: 'bad',
  cancelled: 'quiet',
  expired: 'bad',
};

export function RecentTasks({ tasks }: { tasks: readonly Task[] }) {
  return (
    <section aria-labelledby="recent-tasks">
      <Title order={2} size="h3" id="recent-tasks" mb="sm">
        Recent tasks
      </Title>
      {tasks.length === 0 ? (
        <Text>None yet.</Text>
      ) : (
        <DataTable
          label="Recent tasks"
          keyOf={({ id }) => id}
          rows={tasks}
          columns={[
            {
              header: 'Task',
              cell: ({ id, type }) => (
                <TextLink to="/tasks/$taskId" params={{ taskId: id }} aria-label={`${type} ${id}`}>
                  {type}
                </TextLink>
              ),
            },
            { header: 'State', cell: ({ state }) => <StateBadge tone={taskTones[state]}>{state}</StateBadge> },
            { header: 'Submitted', cell: ({ createdAt }) => <When at={createdAt} /> },
          ]}
        />
      )}
    </section>
  );
}
