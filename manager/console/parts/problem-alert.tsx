import { Alert, Code, List, Text } from '@mantine/core';
import { ApiError, type Problem, Unreachable } from '../api/client.ts';

interface ProblemAlertProps {
  readonly error: unknown;
  readonly title?: string;
  /** It was a question, which is put again by itself: not a change, which may have been made though nobody heard of it. */
  readonly isTriedAgain?: boolean;
}

/** What went wrong, where and what to do, in the manager's own words. */
export function ProblemAlert({ error, title = 'This did not work', isTriedAgain = false }: ProblemAlertProps) {
  const { detail, remedy, code, faults } = describe(error, isTriedAgain);
  const isUnknown = error instanceof Unreachable && !isTriedAgain;
  return (
    <Alert role="alert" color="red" variant="outline" title={isUnknown ? 'Whether this was done is not known' : title}>
      <Text size="sm">{detail}</Text>
      {faults.length > 0 && (
        <List size="sm">
          {faults.map(({ path, message }) => (
            <List.Item key={`${path} ${message}`}>
              <Code>{path}</Code> {message}
            </List.Item>
          ))}
        </List>
      )}
      {remedy && (
        <Text size="sm" fw={500}>
          {remedy}
        </Text>
      )}
      {code && (
        <Text size="xs" c="dimmed">
          Code: <Code>{code}</Code>
        </Text>
      )}
    </Alert>
  );
}

type Described = Pick<Problem, 'detail' | 'remedy'> & { code?: string; faults: NonNullable<Problem['faults']> };

function describe(error: unknown, isTriedAgain: boolean): Described {
  if (error instanceof ApiError) return { ...error.problem, faults: error.problem.faults ?? [] };
  if (error instanceof Unreachable)
    return {
      detail: error.message,
      remedy: isTriedAgain
        ? 'It is tried again by itself. If this stays, look whether a manager runs.'
        : 'Look whether it was done before you repeat it. If this stays, look whether a manager runs.',
      faults: [],
    };
  return { detail: error instanceof Error ? error.message : String(error), faults: [] };
}
