import type { Bench, PartResult } from '../bench.ts';
import type { Figure } from '../figure.ts';
import { Rounds } from '../rounds.ts';
import { type Fleet, type ManagerChild, type Site, startWorld } from '../world.ts';

/** How soon delegates have a session again when their manager was restarted. */
export async function benchRestart(bench: Bench): Promise<PartResult> {
  const { rounds, sizes } = bench;
  await using world = await startWorld(bench);
  const fleet = await world.startFleet();
  const found = new Rounds<string>();
  const counts = [1, sizes.many];
  for (const count of counts) {
    const site = await world.startSite(`delegates-${count}`);
    await fleet.join(site, { count });
    let { manager } = site;
    for (let round = 0; round < rounds; round += 1) {
      const restarted = await measureRestart(site, manager, fleet);
      manager = restarted.manager;
      found.add(`${count}`, restarted.backInSeconds);
    }
    await fleet.leave();
    await manager.end('SIGTERM');
  }
  const figures = counts.map(
    (count): Figure => ({
      name: `${count.toLocaleString('en')} ${count === 1 ? 'delegate' : 'delegates'} back after the manager restarts`,
      unit: 's',
      ours: found.of(`${count}`),
      judged: 'value',
    }),
  );
  return { figures, notes: ['ended by SIGTERM; counted from when it listens again'] };
}

/** Ends a manager, starts it again on the same port, and waits until everyone is back. */
export async function measureRestart(
  site: Site,
  manager: ManagerChild,
  fleet: Fleet,
): Promise<{ manager: ManagerChild; backInSeconds: number }> {
  const port = Number(new URL(manager.ready.url).port);
  await manager.end('SIGTERM');
  const restarted = await site.startManager(port);
  const { lastWelcomedAt } = await fleet.child.call('waitUntilWelcomed', null);
  return { manager: restarted, backInSeconds: Math.max(0, lastWelcomedAt - restarted.ready.listeningAt) / 1_000 };
}
