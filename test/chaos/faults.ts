import { setTimeout } from 'node:timers/promises';
import type { FaultKind, InstantName } from './cells.ts';
import type { DelegateSite } from './delegate-site.ts';
import { damageLink, type LinkDamage } from './link-damage.ts';
import type { ManagerSite } from './manager-site.ts';
import type { PlannedFault } from './plan.ts';
import { faultOfServiceNow } from './servicenow-faults.ts';
import type { Supervised } from './supervised.ts';
import { timing } from './timing.ts';
import type { Sighting, Verdict } from './trip-wires.ts';
import { mostlyShort, within } from './within.ts';
import type { World } from './world.ts';

/** A fault as it happened. */
export interface InjectedFault {
  readonly instant: InstantName;
  readonly fault: FaultKind;
  readonly target: string;
  /** Since the beginning of the run. */
  readonly atMs: number;
  /** What it was, beyond its kind. */
  readonly detail: string;
}

export interface Injection {
  readonly verdict: Verdict;
  readonly target: string;
  readonly detail: string;
  /** Settles when the world is as it was before, as far as this fault goes. */
  readonly over: Promise<void>;
}

/** Does what was planned, where it was seen; undefined when there is nobody to do it to. Resolves when it is done. */
export async function inject(world: World, planned: PlannedFault, sighting: Sighting): Promise<Injection | undefined> {
  const { fault } = planned;
  switch (fault) {
    case 'kill-manager':
      return kill(pickManager(world, planned, sighting)?.program, planned, sighting);
    case 'kill-delegate':
      return kill(pickDelegate(world, planned, sighting)?.program, planned, sighting);
    case 'kill-redis':
      return kill(world.redis, planned, sighting);
    case 'suspend-manager':
      return suspend(pickManager(world, planned, sighting)?.program, planned);
    case 'suspend-delegate':
      return suspend(pickDelegate(world, planned, sighting)?.program, planned);
    case 'suspend-redis':
      return suspend(world.redis, planned);
    case 'terminate-manager':
      return terminate(pickManager(world, planned, sighting)?.program, planned);
    case 'terminate-delegate':
      return terminate(pickDelegate(world, planned, sighting)?.program, planned);
    case 'cut-redis-link':
    case 'stall-redis-link':
    case 'half-stall-redis-link':
    case 'drop-redis-link':
    case 'delay-redis-link':
    case 'refuse-redis-link': {
      const manager = pickManager(world, planned, sighting) ?? world.managers[0];
      return damageLink(manager.redisLink, 'redis', damageOf(fault), planned);
    }
    case 'cut-delegate-link':
    case 'stall-delegate-link':
    case 'half-stall-delegate-link':
    case 'drop-delegate-link':
    case 'delay-delegate-link':
    case 'refuse-delegate-link': {
      const delegate = pickDelegate(world, planned, sighting) ?? world.delegates[0];
      return damageLink(delegate.managerLink, 'manager', damageOf(fault), planned);
    }
    case 'cut-servicenow-link':
    case 'stall-servicenow-link':
    case 'half-stall-servicenow-link':
    case 'drop-servicenow-link':
    case 'delay-servicenow-link': {
      const delegate = pickDelegate(world, planned, sighting) ?? world.delegates[0];
      return damageLink(delegate.serviceNowLink, 'servicenow', damageOf(fault), planned);
    }
    case 'servicenow-away': {
      const links = new Set(world.delegates.map(({ serviceNowLink }) => serviceNowLink));
      const all = await Promise.all([...links].map((link) => damageLink(link, 'servicenow', 'refuse', planned)));
      const over = Promise.all(all.map((each) => each.over)).then(() => {});
      return { verdict: 'forward', target: 'servicenow', detail: all[0]?.detail ?? '', over };
    }
    case 'servicenow-commit-then-500':
    case 'servicenow-commit-then-hang':
    case 'servicenow-commit-then-reset':
    case 'servicenow-server-error':
    case 'servicenow-rate-limited':
    case 'servicenow-slow':
      return faultOfServiceNow(world.simulator, fault, planned);
  }
}

async function kill(
  program: Supervised | undefined,
  { end }: PlannedFault,
  { heldFrom }: Sighting,
): Promise<Injection | undefined> {
  if (program?.state !== 'up') return undefined;
  const awayMs = mostlyShort(end, 0, timing.longestFaultMs);
  await program.kill();
  const over = setTimeout(awayMs).then(() => program.start());
  // What the dead program had not sent never arrives.
  const verdict = heldFrom === program.name ? 'drop' : 'forward';
  return { verdict, target: program.name, detail: `started again after ${awayMs} ms`, over };
}

function suspend(program: Supervised | undefined, { length }: PlannedFault): Injection | undefined {
  if (program?.state !== 'up') return undefined;
  const forMs = mostlyShort(length, 200, timing.longestFaultMs);
  program.stop();
  const over = setTimeout(forMs).then(() => program.resume());
  return { verdict: 'forward', target: program.name, detail: `for ${forMs} ms`, over };
}

function terminate(program: Supervised | undefined, { end }: PlannedFault): Injection | undefined {
  if (program?.state !== 'up') return undefined;
  const awayMs = within(end, 0, 800);
  const { left } = program.terminate();
  const over = left.then(() => setTimeout(awayMs)).then(() => program.start());
  return { verdict: 'forward', target: program.name, detail: `started again ${awayMs} ms after its end`, over };
}

/** Mostly the one that has to do with what was seen, now and then another. */
const concernedShare = 0.75;

function pickManager(world: World, { victim }: PlannedFault, sighting: Sighting): ManagerSite | undefined {
  return pick(world.managers, managerOf(world, sighting), victim);
}

function pickDelegate(world: World, { victim }: PlannedFault, sighting: Sighting): DelegateSite | undefined {
  return pick(world.delegates, delegateOf(sighting), victim);
}

function pick<T extends { readonly name: string; readonly program: Supervised }>(
  all: readonly T[],
  concerned: string | undefined,
  share: number,
): T | undefined {
  const up = all.filter(({ program }) => program.state === 'up');
  const meant = up.find(({ name }) => name === concerned);
  if (meant && share < concernedShare) return meant;
  const others = up.length > 1 ? up.filter((each) => each !== meant) : up;
  return others[Math.floor(share * 1_000) % others.length];
}

function managerOf(world: World, { arrow, dialler, dialled }: Sighting): string | undefined {
  switch (arrow) {
    case 'redis':
      return dialler;
    case 'manager':
      return dialled;
    case 'servicenow':
      return world.delegates.find(({ name }) => name === dialler)?.managerLink.dialled;
  }
}

/** Assignments and ends of attempts name their delegate. */
function delegateOf({ arrow, dialler, text }: Sighting): string | undefined {
  return arrow === 'redis' ? /delegate-\d/.exec(text)?.[0] : dialler;
}

function damageOf(fault: FaultKind): LinkDamage {
  const found = linkDamages.find((damage) => fault.startsWith(`${damage}-`));
  if (!found) throw new Error(`${fault} damages no link`);
  return found;
}

const linkDamages: readonly LinkDamage[] = ['cut', 'stall', 'half-stall', 'drop', 'delay', 'refuse'];
