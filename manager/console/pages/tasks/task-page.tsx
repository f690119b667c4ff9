import { Button, Code, Stack, Text, Title } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { getRouteApi } from '@tanstack/react-router';
import { useMay } from '../../api/session.ts';
import { ConfirmDialog } from '../../parts/confirm-dialog.tsx';
import { Facts } from '../../parts/facts.tsx';
import { TextLink } from '../../parts/links.tsx';
import { Loaded } from '../../parts/loaded.tsx';
import { Page } from '../../parts/page.tsx';
import { StateBadge } from '../../parts/state-badge.tsx';
import { When } from '../../parts/when.tsx';
import { TaskOutcome } from './task-outcome.tsx';
import { TaskTimeline } from './task-timeline.tsx';
import { hasEnded, stateWord, taskTones } from './task-words.ts';
import { type Task, useCancelTask, useTask } from './use-tasks.ts';
import { Why } from './why.tsx';

const route = getRouteApi('/tasks/$taskId');

export function TaskPage() {
  const { taskId } = route.useParams();
  const query = useTask(taskId);
  return (
    <Page
      title={`Task ${taskId}`}
      above={<TextLink to="/tasks">Tasks</TextLink>}
      actions={query.data && !hasEnded(query.data) && <Cancel task={query.data} />}
    >
      <Loaded query={query}>{(task) => <TaskDetails task={task} />}</Loaded>
    </Page>
  );
}

function TaskDetails({ task }: { task: Task }) {
  return (
    <Stack gap="lg">
      <Facts
        facts={[
          [
            'State',
            <StateBadge key="state" tone={taskTones[task.state]}>
              {stateWord(task)}
            </StateBadge>,
          ],
          ['Type', task.type],
          ['Connector', <Connector key="connector" id={task.connectorId} />],
          ['Selectors', task.selectors.length > 0 ? task.selectors.join(', ') : 'none: any delegate will do'],
          ['Submitted', <When key="submitted" at={task.createdAt} />],
          ...(task.endedAt === undefined
            ? ([
                ['Gives up', <When key="deadline" at={task.attempts.length === 0 ? task.pickUpBy : task.deadlineAt} />],
              ] as const)
            : ([['Ended', <When key="ended" at={task.endedAt} />]] as const)),
        ]}
      />
      {task.cancelAsked !== undefined && <Text>Asked to stop: {task.cancelAsked}</Text>}
      <div aria-live="polite">{task.outcome && <TaskOutcome task={task} outcome={task.outcome} />}</div>
      <section aria-labelledby="attempts">
        <Title order={2} size="h3" id="attempts" mb="sm">
          What happened
        </Title>
        <TaskTimeline task={task} />
      </section>
      <Why task={task} />
    </Stack>
  );
}

function Connector({ id }: { id: string }) {
  if (id === '') return 'none';
  return (
    <TextLink to="/connectors/$connectorId" params={{ connectorId: id }}>
      <Code>{id}</Code>
    </TextLink>
  );
}

function Cancel({ task }: { task: Task }) {
  const [opened, { open, close }] = useDisclosure(false);
  const cancel = useCancelTask(task.id);
  if (!useMay('pipeline')) return null;
  return (
    <>
      <Button variant="default" onClick={open}>
        Cancel the task
      </Button>
      <ConfirmDialog
        title="Cancel this task?"
        label="Cancel the task"
        leave="Keep it"
        failed="Not cancelled"
        opened={opened}
        onClose={close}
        act={cancel}
      >
        <Text>
          A delegate that has it begins no further request. What was already sent to ServiceNow is not taken back.
        </Text>
      </ConfirmDialog>
    </>
  );
}
