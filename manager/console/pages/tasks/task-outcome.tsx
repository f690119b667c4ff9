import { Alert, Code, Stack, Text, Title } from '@mantine/core';
import { FailureAlert } from '../../parts/failure-alert.tsx';
import { FieldValues } from '../../parts/field-values.tsx';
import { Findings } from '../../parts/findings.tsx';
import { readResult } from './read-result.ts';
import type { Task } from './use-tasks.ts';

/** How a task ended: what it brought, or why not and what to do. */
export function TaskOutcome({ task, outcome }: { task: Task; outcome: NonNullable<Task['outcome']> }) {
  switch (outcome.kind) {
    case 'succeeded':
      return <Result task={task} result={outcome.result} />;
    case 'cancelled':
      return <Alert variant="outline" color="gray" title={`Cancelled: ${outcome.reason}`} />;
    case 'failed':
    case 'expired': {
      const { partialResult } = outcome.failure;
      return (
        <Stack>
          <FailureAlert title={outcome.kind === 'failed' ? 'It failed' : 'It expired'} failure={outcome.failure} />
          {partialResult !== undefined && <Result task={task} result={partialResult} />}
        </Stack>
      );
    }
  }
}

function Result({ task, result }: { task: Task; result: unknown }) {
  const read = readResult(result);
  return (
    <section aria-labelledby="result">
      <Title order={2} size="h3" id="result" mb="sm">
        Result
      </Title>
      <Stack>
        {read.findings.length > 0 && <Findings findings={read.findings} ranBy={task.attempts.at(-1)?.delegateName} />}
        {read.tickets.map((ticket) => (
          <div key={`${ticket.table} ${ticket.sysId}`}>
            <Text fw={500}>
              <a href={ticket.link} target="_blank" rel="noreferrer">
                {ticket.number || ticket.sysId}
              </a>{' '}
              in {ticket.table}
            </Text>
            <FieldValues fields={ticket.fields} label={`Fields of ${ticket.number || ticket.sysId}`} />
          </div>
        ))}
        <details open={read.findings.length + read.tickets.length === 0}>
          <summary>All of it, as JSON</summary>
          <Code block tabIndex={0} aria-label="Result as JSON" mah={480} style={{ overflow: 'auto' }}>
            {JSON.stringify(result, null, 2)}
          </Code>
        </details>
      </Stack>
    </section>
  );
}
