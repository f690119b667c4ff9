import { Alert, Grid, List, Loader, Stack, Text, Title } from '@mantine/core';
import { Page } from '../../parts/page.tsx';
import { ProblemAlert } from '../../parts/problem-alert.tsx';
import { useNow } from '../../parts/use-now.ts';
import { findConcerns } from './concerns.ts';
import { FirstSteps } from './first-steps.tsx';
import { firstSteps } from './getting-going.ts';
import { PlaceLink } from './place-link.tsx';
import { RecentApprovals, RecentTasks } from './recent.tsx';
import { useStanding } from './use-standing.ts';

export function HomePage() {
  const { standing, approvals, tasks, isKnown, error } = useStanding();
  const steps = firstSteps({ ...standing, approvals });
  return (
    <Page title="Home" about="What needs a look, and what happened lately.">
      {error && <ProblemAlert error={error} title="Not everything is known" isTriedAgain />}
      {!isKnown && !error && <Loader role="status" aria-label="Loading" />}
      {isKnown && (
        <Stack gap="lg">
          {steps.length > 0 && <FirstSteps steps={steps} />}
          <Attention standing={standing} isFresh={steps.length > 0} />
          <Grid gap="lg">
            <Grid.Col span={{ base: 12, lg: 6 }}>
              <RecentApprovals approvals={approvals} />
            </Grid.Col>
            <Grid.Col span={{ base: 12, lg: 6 }}>
              <RecentTasks tasks={tasks} />
            </Grid.Col>
          </Grid>
        </Stack>
      )}
    </Page>
  );
}

function Attention({ standing, isFresh }: { standing: Parameters<typeof findConcerns>[0]; isFresh: boolean }) {
  const concerns = findConcerns(standing, useNow());
  if (concerns.length === 0 && isFresh) return null;
  return (
    <section aria-labelledby="attention">
      <Title order={2} size="h3" id="attention" mb="sm">
        Needs attention
      </Title>
      <div aria-live="polite">
        {concerns.length === 0 ? (
          <Alert
            variant="outline"
            color="green"
            title={
              <Text span inherit c="var(--good)">
                All is well
              </Text>
            }
          >
            <Text size="sm">Delegates are online, connectors passed their last test, and no gate is in trouble.</Text>
          </Alert>
        ) : (
          <List aria-label="What needs attention" spacing="xs">
            {concerns.map(({ text, place }) => (
              <List.Item key={text}>
                <PlaceLink place={place}>{text}</PlaceLink>
              </List.Item>
            ))}
          </List>
        )}
      </div>
    </section>
  );
}
