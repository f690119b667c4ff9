import type { Bench } from '../bench.ts';
import type { JoinOptions } from '../delegates-process.ts';
import type { Fleet, Site } from '../world.ts';

export interface Joined extends AsyncDisposable {
  /** How many delegates were given a task since this was asked last. */
  countServing(): Promise<number>;
}

/** Joins delegates and has them begin to work, so that each is known to reach the instance; they leave at the end. */
export async function joinWarm(
  fleet: Fleet,
  site: Site,
  options: Omit<JoinOptions, 'url' | 'token'>,
  { sizes }: Bench,
): Promise<Joined> {
  await fleet.join(site, options);
  const { warmUpMs: durationMs, inFlight: width } = sizes;
  await site.manager.call('load', { durationMs, width, routes: options.routes ?? 0 });
  await fleet.child.call('countServing', null);
  return {
    countServing: async () => (await fleet.child.call('countServing', null)).serving,
    [Symbol.asyncDispose]: () => fleet.leave(),
  };
}
