import { Code, List, Text, Timeline } from '@mantine/core';
import { TextLink } from '../../parts/links.tsx';
import { When } from '../../parts/when.tsx';
import type { Attempt, Task } from './use-tasks.ts';

/** From the submission to the end, with every attempt. */
export function TaskTimeline({ task }: { task: Task }) {
  const steps = task.attempts.length + 1;
  return (
    <Timeline active={task.outcome ? steps : steps - 1} bulletSize={18}>
      <Timeline.Item title="Submitted">
        <Text size="sm">
          <When at={task.createdAt} />
        </Text>
      </Timeline.Item>
      {task.attempts.map((attempt) => (
        <Timeline.Item key={attempt.attempt} title={`Attempt ${attempt.attempt}: ${wordFor(attempt)}`}>
          <AttemptDetails attempt={attempt} />
        </Timeline.Item>
      ))}
      {task.endedAt !== undefined && (
        <Timeline.Item title={`Ended: ${task.state}`}>
          <Text size="sm">
            <When at={task.endedAt} />
          </Text>
        </Timeline.Item>
      )}
    </Timeline>
  );
}

function AttemptDetails({ attempt }: { attempt: Attempt }) {
  const { delegateId, delegateName, assignedAt, endedAt, outcome, notes = [], sideEffect } = attempt;
  return (
    <>
      <Text size="sm">
        On{' '}
        <TextLink to="/delegates/$delegateId" params={{ delegateId }}>
          {delegateName}
        </TextLink>
        , given <When at={assignedAt} />
        {endedAt !== undefined && (
          <>
            , ended <When at={endedAt} />
          </>
        )}
      </Text>
      {outcome?.kind === 'failed' && (
        <Text size="sm">
          <Code>{outcome.failure.code}</Code> {outcome.failure.message}
        </Text>
      )}
      {sideEffect && <Text size="sm">It may have changed something at ServiceNow.</Text>}
      {notes.length > 0 && (
        <List size="sm">
          {notes.map((note) => (
            <List.Item key={note}>{note}</List.Item>
          ))}
        </List>
      )}
    </>
  );
}

function wordFor({ outcome, endedAt }: Attempt): string {
  if (outcome) return outcome.kind;
  return endedAt === undefined ? 'under way' : 'not reported';
}
