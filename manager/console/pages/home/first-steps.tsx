import { List, Paper, Stack, Text, Title } from '@mantine/core';
import type { ReactNode } from 'react';
import { useMay } from '../../api/session.ts';
import { TextLink } from '../../parts/links.tsx';
import { StateBadge } from '../../parts/state-badge.tsx';
import type { FirstStep } from './getting-going.ts';

/** How to get going, ticked as it is done. */
export function FirstSteps({ steps }: { steps: readonly FirstStep[] }) {
  return (
    <Paper component="section" withBorder p="lg" aria-labelledby="first-steps">
      <Title order={2} size="h3" id="first-steps" mb="sm">
        Get going
      </Title>
      <List type="ordered" spacing="md" aria-label="First steps">
        {steps.map(({ step, isDone }) => (
          <List.Item key={step}>
            <StateBadge tone={isDone ? 'good' : 'quiet'}>{isDone ? '✓ done' : 'to do'}</StateBadge> <Step step={step} />
          </List.Item>
        ))}
      </List>
    </Paper>
  );
}

function Step({ step }: { step: FirstStep['step'] }) {
  const isAdmin = useMay('admin');
  const mayStart = useMay('pipeline');
  switch (step) {
    case 'delegate':
      return (
        <Described about="It runs where ServiceNow can be reached, dials out to this manager, and does the calling.">
          {isAdmin ? (
            <TextLink to="/delegates/install">Install a delegate</TextLink>
          ) : (
            'An administrator installs a delegate'
          )}
        </Described>
      );
    case 'connector':
      return (
        <Described about="It says which ServiceNow instance is meant, and how to log in there.">
          {isAdmin ? <TextLink to="/connectors">Add a provider</TextLink> : 'An administrator adds a provider'}
        </Described>
      );
    case 'approval':
      return (
        <Described about="It waits until a ticket is approved; a pipeline does the same by one command.">
          {mayStart ? <TextLink to="/approvals/start">Start a gate</TextLink> : 'A pipeline starts a gate'}
        </Described>
      );
  }
}

function Described({ about, children }: { about: string; children: ReactNode }) {
  return (
    <Stack gap={0} display="inline-flex">
      <Text span>{children}</Text>
      <Text span size="sm" c="dimmed">
        {about}
      </Text>
    </Stack>
  );
}
