import { Alert, Code, Text } from '@mantine/core';

interface Failure {
  readonly code: string;
  readonly message: string;
  readonly remedy: string;
}

/** Why something failed and what to do, in the words of the manager or of the delegate. */
export function FailureAlert({ title, failure: { code, message, remedy } }: { title: string; failure: Failure }) {
  return (
    <Alert variant="outline" color="red" title={title}>
      <Text size="sm">{message}</Text>
      <Text size="sm" fw={500}>
        {remedy}
      </Text>
      <Text size="xs" c="dimmed">
        Code: <Code>{code}</Code>
      </Text>
    </Alert>
  );
}
