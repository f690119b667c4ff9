import { Tooltip } from '@mantine/core';
import { intlFormatDistance } from 'date-fns';
import { useEffect, useState } from 'react';

const refreshMs = 1_000;

const here = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'long' });
const utc = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'long', timeZone: 'UTC' });

/** A moment, as how far it is from now; the exact one in the viewer's zone and in UTC when it is pointed at or focused. */
export function When({ at }: { at: string }) {
  const [now, setNow] = useState(() => new Date());
  useEffect(() => {
    const timer = setInterval(() => setNow(new Date()), refreshMs);
    return () => clearInterval(timer);
  }, []);
  const moment = new Date(at);
  const exact = `${here.format(moment)} · ${utc.format(moment)}`;
  // Its text moves on each second: that is no news, also where news is read out.
  return (
    <Tooltip label={exact} events={{ hover: true, focus: true, touch: true }}>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: the exact time must be reachable by keyboard */}
      <time dateTime={at} tabIndex={0} aria-live="off">
        {intlFormatDistance(moment, now, {
          numeric: Math.abs(moment.getTime() - now.getTime()) < 1_000 ? 'auto' : 'always',
        })}
      </time>
    </Tooltip>
  );
}
