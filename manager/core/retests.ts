import type { Clock } from './clock.ts';
import type { ConnectorDocument } from './connector-record.ts';
import type { Connectors } from './connectors.ts';
import type { Log } from './log.ts';
import { Refusal } from './refusal.ts';
import { Sweeper } from './sweeper.ts';

/** Lets one of several managers do what all of them see to be due. */
export interface RetestClaims {
  /** Claims for `ms`; false when it is claimed already. */
  claim(name: string, ms: number): Promise<boolean>;
}

interface Deps {
  readonly connectors: Pick<Connectors, 'documents' | 'retest'>;
  readonly claims: RetestClaims;
  readonly clock: Clock;
  readonly log: Log;
  /** Undefined: connectors are tested only when somebody asks. */
  readonly everyMs: number | undefined;
  /** Whether looking makes sense now. */
  readonly isDue: () => boolean;
}

/** Longer than a test can take; then its manager has died, and another may do it. */
const claimMs = 300_000;

/** How often to look for what is due, at most. */
const lookMs = 10_000;

/** One manager tests no more connectors than this at once. */
const mostAtOnce = 4;

/** Tells whether a connector is to be tested by itself now. */
export function isRetestDue(
  { updatedAt, lastTest }: Pick<ConnectorDocument, 'updatedAt' | 'lastTest'>,
  secretsChangedAt: number,
  everyMs: number,
  now: number,
): boolean {
  if (!lastTest) return now >= updatedAt + everyMs;
  const testedAt = Date.parse(lastTest.createdAt);
  const { outcome } = lastTest;
  // The same password again and again can lock the account (trap 40).
  if (outcome?.kind === 'failed' && outcome.failure.code === 'servicenow-unauthenticated')
    return secretsChangedAt > testedAt;
  return now >= testedAt + everyMs;
}

/** Tests the stored connectors again and again. A test that fails is kept with its connector and stops nothing. */
export class Retests {
  readonly #deps: Deps;
  readonly #closing = new AbortController();
  readonly #running = new Map<string, Promise<void>>();
  #sweeper: Sweeper | undefined;

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  start(): void {
    const { clock, log, isDue, everyMs } = this.#deps;
    if (everyMs === undefined) return;
    const sweeps = [() => this.#sweep(everyMs)];
    this.#sweeper = new Sweeper({ clock, log, isDue, sweeps, everyMs: Math.min(lookMs, Math.ceil(everyMs / 4)) });
    this.#sweeper.start();
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#sweeper?.close();
    await Promise.all(this.#running.values());
  }

  /** Begins the tests that are due, without waiting for their ends. */
  async #sweep(everyMs: number): Promise<void> {
    const { connectors, claims, clock } = this.#deps;
    for (const { document, secretsChangedAt } of await connectors.documents()) {
      if (this.#running.size >= mostAtOnce || this.#closing.signal.aborted) return;
      if (this.#running.has(document.id) || !isRetestDue(document, secretsChangedAt, everyMs, clock.now())) continue;
      // By the test before it: who sees the connector as it was before a quick test finds that one claimed.
      const claim = `${document.id}:${document.updatedAt}:${document.lastTest?.id ?? ''}`;
      if (await claims.claim(claim, claimMs)) this.#begin(document);
    }
  }

  #begin(document: ConnectorDocument): void {
    const test = this.#test(document).finally(() => this.#running.delete(document.id));
    this.#running.set(document.id, test);
  }

  async #test(document: ConnectorDocument): Promise<void> {
    const { connectors, log } = this.#deps;
    const connectorId = document.id;
    try {
      const { state } = await connectors.retest(document, this.#closing.signal);
      log.info({ connectorId, state }, 'connector was tested again');
    } catch (error) {
      const level = error instanceof Refusal ? 'debug' : 'error';
      log[level]({ connectorId, err: error }, 'connector could not be tested again');
    }
  }
}
