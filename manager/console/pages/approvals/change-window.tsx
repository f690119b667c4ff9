import { Text, Title } from '@mantine/core';
import { Facts } from '../../parts/facts.tsx';
import { StateBadge, type Tone } from '../../parts/state-badge.tsx';
import { useNow } from '../../parts/use-now.ts';
import type { Approval } from './use-approvals.ts';
import { standingOf, type WindowStanding } from './window-standing.ts';

const zoned = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'long' });
const utc = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'long', timeZone: 'UTC' });

/** When what is held up may go on, in UTC and in the viewer's zone. */
export function ChangeWindow({ window }: { window: NonNullable<Approval['window']> }) {
  const standing = standingOf(window, useNow());
  return (
    <section aria-labelledby="window">
      <Title order={2} size="h3" id="window" mb="sm">
        Change window
      </Title>
      <Text mb="sm">
        <StateBadge tone={tones[standing.kind]}>{words[standing.kind]}</StateBadge> {describe(standing)}
      </Text>
      {standing.kind !== 'unknown' && (
        <Facts
          facts={[
            [`Starts (${window.startField})`, <Moment key="start" at={standing.startsAt} />],
            [`Ends (${window.endField})`, <Moment key="end" at={standing.endsAt} />],
          ]}
        />
      )}
    </section>
  );
}

const tones: Readonly<Record<WindowStanding['kind'], Tone>> = {
  unknown: 'quiet',
  before: 'waiting',
  open: 'good',
  over: 'bad',
};

const words: Readonly<Record<WindowStanding['kind'], string>> = {
  unknown: 'not known',
  before: 'not open yet',
  open: 'open',
  over: 'over',
};

function describe(standing: WindowStanding): string {
  switch (standing.kind) {
    case 'unknown':
      return 'One of its two fields was not read yet, or is blank or no time.';
    case 'before':
      return `It opens in ${standing.left}.`;
    case 'open':
      return `It is over in ${standing.left}.`;
    case 'over':
      return 'Plan the change anew in ServiceNow.';
  }
}

function Moment({ at }: { at: string }) {
  const moment = new Date(at);
  return (
    <time dateTime={at}>
      {utc.format(moment)}
      <br />
      {zoned.format(moment)} here
    </time>
  );
}
