import { List, Text } from '@mantine/core';
import { StateBadge, type Tone } from './state-badge.tsx';

export interface Finding {
  readonly probe: string;
  readonly status: 'passed' | 'warning' | 'failed' | 'unknown';
  readonly message: string;
  readonly remedy?: string;
}

const tones: Readonly<Record<Finding['status'], Tone>> = {
  passed: 'good',
  warning: 'waiting',
  failed: 'bad',
  unknown: 'quiet',
};

/** What a connection test found, each with what to do. */
export function Findings({ findings, ranBy }: { findings: readonly Finding[]; ranBy?: string | undefined }) {
  return (
    <>
      {ranBy !== undefined && (
        <Text size="sm" c="dimmed">
          Run by delegate {ranBy}
        </Text>
      )}
      <List listStyleType="none" spacing="xs" aria-label="Findings">
        {findings.map(({ probe, status, message, remedy }) => (
          <List.Item key={`${probe} ${message}`}>
            <StateBadge tone={tones[status]}>{status}</StateBadge> <b>{probe}</b>: {message}
            {remedy !== undefined && (
              <Text size="sm" fw={500}>
                {remedy}
              </Text>
            )}
          </List.Item>
        ))}
      </List>
    </>
  );
}
