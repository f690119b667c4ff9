import { Alert, Code, Group, Loader, Stack, Text } from '@mantine/core';
import { Findings } from '../../parts/findings.tsx';
import { TextLink } from '../../parts/links.tsx';
import { StateBadge, type Tone } from '../../parts/state-badge.tsx';
import type { TestTask } from './api-shapes.ts';
import { readTest, type TestReading } from './read-test.ts';

const looks: Readonly<Record<TestReading['state'], readonly [Tone, string]>> = {
  waiting: ['waiting', 'waiting'],
  running: ['busy', 'running'],
  passed: ['good', 'passed'],
  failed: ['bad', 'failed'],
  expired: ['bad', 'expired'],
  cancelled: ['quiet', 'cancelled'],
};

interface TestReportProps {
  readonly task: TestTask;
  /** How it ended stands beside it already. */
  readonly isStateTold?: boolean;
}

/** What a connection test found: so far while it runs, in the end all. */
export function TestReport({ task, isStateTold = false }: TestReportProps) {
  const { state, findings, delegate, because } = readTest(task);
  const [tone, word] = looks[state];
  const isUnderWay = state === 'waiting' || state === 'running';
  return (
    <Stack gap="xs">
      <Group gap="xs">
        {!isStateTold && <StateBadge tone={tone}>{word}</StateBadge>}
        {isUnderWay && <Loader size="xs" aria-hidden />}
        {state === 'waiting' && <Text size="sm">It waits for a delegate.</Text>}
        <TextLink size="sm" to="/tasks/$taskId" params={{ taskId: task.id }}>
          Its task, with time line and why
        </TextLink>
      </Group>
      {because && (
        <Alert variant="outline" color={state === 'cancelled' ? 'gray' : 'red'}>
          <Text size="sm">{because.message}</Text>
          {because.remedy !== undefined && (
            <Text size="sm" fw={500}>
              {because.remedy}
            </Text>
          )}
          {because.code !== undefined && (
            <Text size="xs" c="dimmed">
              Code: <Code>{because.code}</Code>
            </Text>
          )}
        </Alert>
      )}
      {findings.length > 0 && <Findings findings={findings} ranBy={delegate} />}
      {findings.length === 0 && delegate !== undefined && (
        <Text size="sm" c="dimmed">
          Run by delegate {delegate}
        </Text>
      )}
    </Stack>
  );
}
