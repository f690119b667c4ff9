import type { Part } from './bench.ts';
import { benchCall } from './dispatch/call.ts';
import { benchDelegate } from './dispatch/delegate.ts';
import { benchHeld } from './dispatch/held.ts';
import { benchHttp } from './dispatch/http.ts';
import { benchIdle } from './dispatch/idle.ts';
import { benchLatency } from './dispatch/latency.ts';
import { benchRestart } from './dispatch/restart.ts';
import { benchRoutes } from './dispatch/routes.ts';
import { benchThroughput } from './dispatch/throughput.ts';
import { benchTwoManagers } from './dispatch/two-managers.ts';
import { benchUntakeable } from './dispatch/untakeable.ts';

/**
 * How tasks get from a submitter to a delegate and back: real processes, Redis with its append-only file, and what each
 * figure is held against measured in the same rounds on the same Redis.
 */
export const dispatchParts: readonly Part[] = [
  { name: 'latency', run: benchLatency },
  { name: 'throughput', run: benchThroughput },
  { name: 'http', run: benchHttp },
  { name: 'call', run: benchCall },
  { name: 'routes', run: benchRoutes },
  { name: 'untakeable', run: benchUntakeable },
  { name: 'held', run: benchHeld },
  { name: 'two-managers', run: benchTwoManagers },
  { name: 'idle', run: benchIdle },
  { name: 'restart', run: benchRestart },
  { name: 'delegate', run: benchDelegate },
];
