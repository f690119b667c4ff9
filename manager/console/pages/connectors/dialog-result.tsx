import { Button, Group, Loader, Paper, Stack, Text, Title } from '@mantine/core';
import { useEffect, useRef } from 'react';
import { ApiError } from '../../api/client.ts';
import { ProblemAlert } from '../../parts/problem-alert.tsx';
import type { TestTask } from './api-shapes.ts';
import { failedTestIn } from './read-test.ts';
import { TestReport } from './test-report.tsx';
import type { useStoreConnector, useTestDraft } from './use-connectors.ts';

interface DialogResultProps {
  readonly test: ReturnType<typeof useTestDraft>;
  /** The one that was begun, as it is now. */
  readonly tested: TestTask | undefined;
  readonly store: ReturnType<typeof useStoreConnector>;
  /** Something was typed since. */
  readonly hasChanged: boolean;
  readonly isPending: boolean;
  readonly onStop: () => void;
}

/** What came of Test or Submit. */
export function DialogResult({ test, tested, store, hasChanged, isPending, onStop }: DialogResultProps) {
  const { error } = store;
  const failed = error instanceof ApiError ? failedTestIn(error.problem) : undefined;
  const task = failed ?? tested;
  const result = useRef<HTMLDivElement>(null);
  const told = isPending ? 'pending' : (task?.outcome?.kind ?? error?.message ?? test.error?.message ?? '');
  useEffect(() => {
    if (told !== '') result.current?.scrollIntoView({ block: 'nearest' });
  }, [told]);
  return (
    <div ref={result} aria-live="polite">
      {isPending && (
        <Group gap="xs" role="status">
          <Loader size="xs" aria-hidden />
          <Text size="sm">A delegate tests it.</Text>
          <Button variant="subtle" size="compact-sm" onClick={onStop}>
            Stop
          </Button>
        </Group>
      )}
      {task && (
        <Paper withBorder p="sm" component="section" aria-label="Test">
          <Stack gap="xs">
            <Title order={3} size="h5">
              {failed ? 'Not stored, since its test did not pass' : 'Test'}
            </Title>
            {hasChanged && <Text size="sm">You have changed something since.</Text>}
            <TestReport task={task} />
          </Stack>
        </Paper>
      )}
      {error && !failed && <ProblemAlert error={error} title="Not stored" />}
      {test.error && <ProblemAlert error={test.error} title="Not tested" />}
    </div>
  );
}
