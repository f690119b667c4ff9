import { setTimeout } from 'node:timers/promises';
import type { Injection } from './faults.ts';
import type { PlannedFault } from './plan.ts';
import type { Condition, LinkProxy } from './proxy.ts';
import { timing } from './timing.ts';
import type { Arrow, Direction } from './trip-wires.ts';
import { mostlyShort, within } from './within.ts';

export type LinkDamage = 'cut' | 'stall' | 'half-stall' | 'drop' | 'delay' | 'refuse';

/** Damages a link for a while. Resolves when it is damaged. */
export async function damageLink(
  link: LinkProxy,
  arrow: Arrow,
  damage: LinkDamage,
  planned: PlannedFault,
): Promise<Injection> {
  const { length, side, end } = planned;
  const target = `${link.dialler} → ${arrow}`;
  const lengthMs = mostlyShort(length, 100, timing.longestFaultMs);
  const direction: Direction = side < 0.5 ? 'to-server' : 'to-client';
  const done = (detail: string, over: Promise<void>): Injection => ({ verdict: 'forward', target, detail, over });
  switch (damage) {
    case 'cut':
      link.cut();
      return done('', Promise.resolve());
    case 'stall':
      return done(...stall(link, ['to-server', 'to-client'], arrow, lengthMs, end));
    case 'half-stall':
      return done(...stall(link, [direction], arrow, lengthMs, end));
    case 'drop':
      link.set(direction, { kind: 'swallow' });
      return done(
        `${direction} for ${lengthMs} ms, then cut`,
        setTimeout(lengthMs).then(() => restore(link, 'cut')),
      );
    case 'delay': {
      const ms = within(end, 5, arrow === 'redis' ? 40 : 120);
      link.set('to-server', { kind: 'delay', ms });
      link.set('to-client', { kind: 'delay', ms });
      return done(
        `each chunk by ${ms} ms, for ${lengthMs} ms`,
        setTimeout(lengthMs).then(() => restore(link)),
      );
    }
    case 'refuse':
      await link.refuse();
      return done(
        `for ${lengthMs} ms`,
        setTimeout(lengthMs).then(() => link.accept()),
      );
  }
}

/**
 * What was held arrives late, or never. On the way to ServiceNow a request must not arrive later than `settleMs` allows
 * for: there, what is held for long never arrives.
 */
function stall(
  link: LinkProxy,
  directions: readonly Direction[],
  arrow: Arrow,
  wantedMs: number,
  end: number,
): [detail: string, over: Promise<void>] {
  const isCut = end < 0.5;
  const holdsRequests = arrow === 'servicenow' && directions.includes('to-server');
  const forMs = holdsRequests && !isCut ? Math.min(wantedMs, timing.longestWorkMs * 0.4) : wantedMs;
  const outcome = isCut ? 'cut' : 'deliver';
  const over = setTimeout<'cut' | 'deliver'>(forMs, outcome);
  const held: Condition = { kind: 'hold', over };
  for (const direction of directions) link.set(direction, held);
  return [`${directions.join(' and ')} for ${forMs} ms, then ${outcome}`, over.then(() => restore(link, outcome))];
}

function restore(link: LinkProxy, outcome: 'cut' | 'deliver' = 'deliver'): void {
  link.clear();
  if (outcome === 'cut') link.cut();
}
