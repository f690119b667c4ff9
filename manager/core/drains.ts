import type { Caller } from './caller.ts';
import type { Clock } from './clock.ts';
import type { DelegateDirectory, DelegateEntry } from './delegates.ts';
import type { Fleet } from './fleet.ts';
import { Refusal } from './refusal.ts';
import type { Notices } from './waiters.ts';

interface Deps {
  readonly directory: DelegateDirectory;
  readonly fleet: Pick<Fleet, 'stateOf'>;
  readonly notices: Notices;
  readonly clock: Clock;
}

/** A newer session may begin while the wish for the one before is written. */
const mostTries = 3;

/** Takes wishes that delegates leave. The manager that holds the session hears by a notice, or with the next heartbeat. */
export class Drains {
  readonly #deps: Deps;

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  /** To ask again is harmless: a delegate that drains already goes on. */
  async ask({ name }: Caller, delegateId: string): Promise<DelegateEntry> {
    const { directory, fleet, notices, clock } = this.#deps;
    for (let tries = 0; tries < mostTries; tries += 1) {
      const entry = await findDelegate(directory, delegateId);
      const state = fleet.stateOf(entry);
      if (state === 'draining') return entry;
      if (state === 'offline') break;
      const { runId, sessionId } = entry;
      const drain = { at: clock.now(), by: name, runId, sessionId };
      if (!(await directory.askToDrain(delegateId, drain))) continue;
      notices.publish({ kind: 'delegate-decided', delegateId });
      notices.publish({ kind: 'fleet-changed' });
      return { ...entry, drain };
    }
    throw new Refusal(
      'delegate-offline',
      `the delegate ${delegateId} is not connected`,
      'A delegate that is offline takes nothing. To keep it away, stop it where it is supervised.',
    );
  }
}

export async function findDelegate(directory: DelegateDirectory, delegateId: string): Promise<DelegateEntry> {
  const entry = await directory.read(delegateId);
  if (entry) return entry;
  throw new Refusal('delegate-not-found', `there is no delegate ${delegateId}`, 'List them to see their ids.');
}
