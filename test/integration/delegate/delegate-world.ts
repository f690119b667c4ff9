import { promises as fs } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Service } from '#runtime/program.ts';
import { type DelegateSettings, startDelegate } from '../../../delegate/app.ts';
import type { ReachProbe } from '../../../delegate/core/reach-checks.ts';
import { createRedialPolicy } from '../../../delegate/link/backoff.ts';
import { createSystemClock } from '../../../delegate/link/system-clock.ts';
import { ScriptedManager } from '../../support/scripted-manager.ts';
import { HeldHandlers, RecordingLog } from '../../unit/delegate/fixtures.ts';

/** Short enough for a test, and slow still told from at once. */
const fastRedial = { redialMinMs: 5, redialMaxMs: 40, redialSlowMs: 80 };

export interface DelegateWorld extends AsyncDisposable {
  readonly manager: ScriptedManager;
  readonly held: HeldHandlers;
  readonly log: RecordingLog;
  /** Starts the delegate, which the world ends. */
  start(settings?: Partial<DelegateSettings>): Promise<Service>;
}

/** A scripted manager, and a delegate of its own over a real socket. */
export async function createDelegateWorld({
  probeReach = findLive,
}: {
  probeReach?: ReachProbe;
} = {}): Promise<DelegateWorld> {
  const manager = await ScriptedManager.start();
  const dataDirectory = await fs.mkdtemp(join(tmpdir(), 'ticketgate-delegate-'));
  const held = new HeldHandlers();
  const log = new RecordingLog();
  let service: Service | undefined;
  return {
    manager,
    held,
    log,
    start: async (settings = {}) => {
      service = await startDelegate(
        {
          managerUrl: manager.url,
          token: 'tgd_token',
          name: 'DC-1',
          tags: ['prod'],
          dataDirectory,
          capacity: 2,
          policy: undefined,
          drainTimeoutMs: 0,
          lastWordsMs: 0,
          ...settings,
        },
        {
          handlers: held.handlers,
          probeReach,
          closeHandlers: async () => {},
          redial: createRedialPolicy(() => 0.5, fastRedial),
          clock: createSystemClock(),
          log,
          hostname: 'Host-1',
          version: '9.9.9',
          runId: 'run-1',
        },
      );
      return service;
    },
    [Symbol.asyncDispose]: async () => {
      // First the manager: a delegate with nothing to wait for leaves at once, and one that waits has its bound.
      await manager.close();
      await service?.close();
      await fs.rm(dataDirectory, { recursive: true, force: true });
    },
  };
}

const findLive: ReachProbe = async () => ({ kind: 'live' });

/** The warnings that were logged, newest last. */
export function warnings(log: RecordingLog) {
  return log.lines.filter(({ level }) => level === 'warn').map(({ fields, phrase }) => ({ phrase, ...fields }));
}
