import { Alert, Group, Loader, Text } from '@mantine/core';
import { TextLink } from '../../parts/links.tsx';
import { StateBadge } from '../../parts/state-badge.tsx';
import { delegateTones, stateMeanings } from './delegate-words.ts';
import { type Delegate, useDelegates } from './use-delegates.ts';
import type { Made } from './use-install.ts';

/** Waits until the delegate of a kit is heard of, and says how it is. */
export function FirstHeartbeat({ name, before }: Made) {
  const { data } = useDelegates();
  const namesakes = data?.items.filter((delegate) => delegate.name === name) ?? [];
  const found = namesakes.find((delegate) => !before.some((earlier) => isSameSession(earlier, delegate)));
  const rival = namesakes.find(({ state }) => state !== 'offline');
  return (
    <div aria-live="polite">
      {found ? (
        <Found delegate={found} />
      ) : (
        <>
          <Group gap="xs">
            <Loader size="sm" aria-hidden />
            <Text>Waiting for the first heartbeat of {name}.</Text>
          </Group>
          {rival && (
            <Alert variant="outline" color="yellow" mt="sm" title={`A delegate named ${name} is connected already`}>
              While it lives, another of that name is refused, unless it has the same data directory. Choose another
              name, or stop that one first.
            </Alert>
          )}
        </>
      )}
    </div>
  );
}

function Found({ delegate: { id, name, state } }: { delegate: Delegate }) {
  return (
    <Group gap="xs">
      <StateBadge tone={delegateTones[state]}>{state}</StateBadge>
      <Text>
        {name} {state === 'online' ? 'is online' : 'has connected'}. {stateMeanings[state]}
      </Text>
      <TextLink to="/delegates/$delegateId" params={{ delegateId: id }}>
        Look at it
      </TextLink>
    </Group>
  );
}

function isSameSession(one: Delegate, other: Delegate): boolean {
  return one.id === other.id && one.connectedAt === other.connectedAt;
}
