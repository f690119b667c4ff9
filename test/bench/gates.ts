import type { Part } from './bench.ts';
import { benchPolling } from './gates/polling.ts';

/** What waiting gates cost, and how soon they open: a real manager, delegate and Redis, and a simulated instance. */
export const gateParts: readonly Part[] = [{ name: 'polling', run: benchPolling }];
