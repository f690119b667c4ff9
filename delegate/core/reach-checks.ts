import { type Failure, failure } from '#protocol/failure.ts';
import { limits } from '#protocol/limits.ts';
import type { Message, ReachFinding } from '#protocol/messages.ts';
import { findPolicyRefusal, type Policy } from '#protocol/policy.ts';
import type { Clock } from './clock.ts';
import type { LinkSession } from './link.ts';
import type { Log } from './log.ts';
import { bugRemedy, clipFailure } from './report.ts';

/** Asks once, without credentials, what answers at a base URL. After an abort nobody hears what it found. */
export type ReachProbe = (baseUrl: string, signal: AbortSignal) => Promise<ReachFinding>;

export interface ReachChecksOptions {
  readonly probe: ReachProbe;
  readonly policy: Policy;
  readonly clock: Clock;
  readonly log: Log;
}

/** A manager may ask for all its connectors in one breath. */
const mostAtOnce = 8;

/** From a check to its answer; the rest is for the way there and back. */
const answerWithinMs = limits.reachCheckTimeoutMs - 2_000;

interface Asker {
  readonly checkId: string;
  readonly session: LinkSession;
}

/** One request, for all who ask for the same base URL while it waits or is under way. */
interface SharedProbe {
  readonly baseUrl: string;
  askers: Asker[];
  isBegun: boolean;
  readonly abort: AbortController;
  readonly cancelTimer: () => void;
}

/** Answers every reach.check, beside the tasks. PROTOCOL.md, section 4. */
export class ReachChecks {
  readonly #options: ReachChecksOptions;
  /** By base URL, in the order in which they were asked for. */
  readonly #probes = new Map<string, SharedProbe>();
  /** Those that were aborted and have not ended yet are among them. */
  #underWay = 0;

  constructor(options: ReachChecksOptions) {
    this.#options = options;
  }

  /** Answers a check in the session that it came in. */
  check({ checkId, baseUrl }: Message<'reach.check'>, session: LinkSession): void {
    const asker = { checkId, session };
    const refused = this.#findRefusal(baseUrl);
    if (refused) {
      this.#tell([asker], baseUrl, refused);
      return;
    }
    const present = this.#probes.get(baseUrl);
    if (present) {
      present.askers.push(asker);
      return;
    }
    const probe: SharedProbe = {
      baseUrl,
      askers: [asker],
      isBegun: false,
      abort: new AbortController(),
      cancelTimer: this.#options.clock.setTimer(answerWithinMs, () => {
        this.#answer(probe, { kind: 'unreachable', failure: overdue() });
        probe.abort.abort();
      }),
    };
    this.#probes.set(baseUrl, probe);
    this.#beginNext();
  }

  /** Gives up what was asked for in other sessions than this one: nobody is there to hear it. */
  keepOnly(session: LinkSession | undefined): void {
    for (const probe of this.#probes.values()) {
      probe.askers = probe.askers.filter((asker) => asker.session === session);
      if (probe.askers.length > 0) continue;
      this.#forget(probe);
      probe.abort.abort();
    }
  }

  #findRefusal(baseUrl: string): ReachFinding | undefined {
    const { hosts } = this.#options.policy;
    // What the policy says of task types is no matter here: a check is no task, and changes nothing.
    const refusal = findPolicyRefusal(hosts === undefined ? {} : { hosts }, { type: 'reach.check', baseUrl });
    if (refusal === undefined) return undefined;
    const remedy =
      'Let the operator of the delegate allow the host in its policy, or let another delegate do the work.';
    return { kind: 'refused', failure: failure('policy-refused', `The delegate refuses this: ${refusal}.`, remedy) };
  }

  #beginNext(): void {
    for (const probe of this.#probes.values()) {
      if (this.#underWay >= mostAtOnce) return;
      if (!probe.isBegun) void this.#run(probe);
    }
  }

  async #run(probe: SharedProbe): Promise<void> {
    const { baseUrl, abort } = probe;
    probe.isBegun = true;
    this.#underWay += 1;
    try {
      this.#answer(probe, await this.#options.probe(baseUrl, abort.signal));
    } catch (error) {
      const stack = error instanceof Error ? error.stack : String(error);
      this.#options.log.error({ baseUrl, stack }, 'reach check threw');
      const fault = failure('delegate-fault', 'The check of the base URL threw an error.', bugRemedy);
      this.#answer(probe, { kind: 'unreachable', failure: fault });
    } finally {
      this.#underWay -= 1;
      this.#beginNext();
    }
  }

  #answer(probe: SharedProbe, found: ReachFinding): void {
    // Told already, or given up; another probe of this base URL may have begun since.
    if (this.#probes.get(probe.baseUrl) !== probe) return;
    this.#forget(probe);
    const clipped = found.kind === 'live' ? found : { ...found, failure: clipFailure(found.failure) };
    this.#tell(probe.askers, probe.baseUrl, clipped);
  }

  #forget(probe: SharedProbe): void {
    this.#probes.delete(probe.baseUrl);
    probe.cancelTimer();
  }

  #tell(askers: readonly Asker[], baseUrl: string, found: ReachFinding): void {
    const reason = found.kind === 'live' ? {} : { code: found.failure.code, detail: found.failure.message };
    this.#options.log.info({ baseUrl, found: found.kind, ...reason }, 'reach checked');
    for (const { checkId, session } of askers) session.send({ type: 'reach.result', checkId, found });
  }
}

function overdue(): Failure {
  const message = `The check was not done within ${answerWithinMs / 1_000} s, beside others.`;
  return failure('delegate-full', message, 'Nothing at once: it is asked again. If it repeats, start more delegates.');
}
