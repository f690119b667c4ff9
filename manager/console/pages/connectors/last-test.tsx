import { Group, Text } from '@mantine/core';
import { StateBadge } from '../../parts/state-badge.tsx';
import { When } from '../../parts/when.tsx';
import type { Connector } from './api-shapes.ts';
import { readTest } from './read-test.ts';

/** How the last test ended, since when every one has, and which delegate ran it. */
export function LastTest({ connector: { lastTest, testedSince } }: { connector: Connector }) {
  if (lastTest === undefined) return <StateBadge tone="quiet">never tested</StateBadge>;
  const { state, delegate } = readTest(lastTest);
  return (
    <Group gap="xs" component="span">
      <StateBadge tone={state === 'passed' ? 'good' : 'bad'}>{state === 'passed' ? 'passed' : 'failed'}</StateBadge>
      <Text size="sm" component="span">
        {testedSince !== undefined && (
          <>
            since <When at={testedSince} />,{' '}
          </>
        )}
        last {lastTest.endedAt !== undefined && <When at={lastTest.endedAt} />}
        {delegate === undefined ? ' by no delegate' : ` by ${delegate}`}
      </Text>
    </Group>
  );
}
