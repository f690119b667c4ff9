import { Alert, List, Text } from '@mantine/core';

/** What is odd, and stops nothing. */
export function Warnings({ title, warnings }: { title: string; warnings: readonly string[] }) {
  if (warnings.length === 0) return null;
  return (
    <Alert
      variant="outline"
      color="yellow"
      title={
        <Text span inherit c="var(--waiting)">
          {title}
        </Text>
      }
    >
      <List size="sm">
        {warnings.map((warning) => (
          <List.Item key={warning}>{warning}</List.Item>
        ))}
      </List>
    </Alert>
  );
}
