import type { Clock } from './clock.ts';
import type { ConnectorDocument } from './connector-record.ts';
import type { Connectors } from './connectors.ts';
import type { InstanceBudget } from './instance-budget.ts';
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
  readonly budget: Pick<InstanceBudget, 'holdFor'>;
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

/** A stored connector, with when a secret of it was changed last. */
interface Stored {
  readonly document: ConnectorDocument;
  readonly secretsChangedAt: number;
}

/** A test to begin. Who sees the connectors as they were before a quick test finds its claim taken. */
interface DueTest {
  readonly document: ConnectorDocument;
  readonly claim: string;
}

/**
 * Lists the connectors to test by themselves now. The same wrong password again and again can lock an account (trap 40):
 * of those that log in alike one is tested at a time, and after a refusal none, until a secret of theirs is changed or
 * somebody's own test of one passes.
 */
export function dueTests(stored: readonly Stored[], everyMs: number, now: number): DueTest[] {
  const groups = Map.groupBy(stored, ({ document }) => logInOf(document));
  return [...groups.values()].flatMap((group) => {
    if (isRefused(group)) return [];
    const [longestAgo] = group
      .filter((one) => now >= lookedAt(one) + everyMs || (isRefusal(one) && one.secretsChangedAt > lookedAt(one)))
      .sort((a, b) => lookedAt(a) - lookedAt(b));
    return longestAgo ? [{ document: longestAgo.document, claim: claimOf(group) }] : [];
  });
}

function logInOf({ baseUrl, authentication }: ConnectorDocument): string {
  return JSON.stringify([baseUrl, Object.entries(authentication).sort(([a], [b]) => (a < b ? -1 : 1))]);
}

function lookedAt({ document: { lastTest, updatedAt } }: Stored): number {
  return lastTest ? Date.parse(lastTest.createdAt) : updatedAt;
}

/** What the newest test that got as far as the log-in told of it, with the secrets as they are. */
function isRefused(group: readonly Stored[]): boolean {
  const told = group.filter((one) => isRefusal(one) || one.document.lastTest?.outcome?.kind === 'succeeded');
  const [newest] = told.sort((a, b) => lookedAt(b) - lookedAt(a));
  return newest !== undefined && isRefusal(newest) && newest.secretsChangedAt <= lookedAt(newest);
}

function isRefusal({ document: { lastTest } }: Stored): boolean {
  return lastTest?.outcome?.kind === 'failed' && lastTest.outcome.failure.code === 'servicenow-unauthenticated';
}

/** The same for all that log in alike, until one of them is edited or tested. */
function claimOf(group: readonly Stored[]): string {
  const [first] = group.map(({ document }) => document.id).sort();
  const editedAt = Math.max(...group.map(({ document }) => document.updatedAt));
  const [newest] = group
    .map(({ document: { lastTest } }) => (lastTest ? `${lastTest.createdAt}/${lastTest.id}` : ''))
    .sort()
    .reverse();
  return `${first}:${editedAt}:${newest}`;
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
    const { connectors, claims, budget, clock } = this.#deps;
    for (const { document, claim } of dueTests(await connectors.documents(), everyMs, clock.now())) {
      if (this.#running.size >= mostAtOnce || this.#closing.signal.aborted) return;
      if (this.#running.has(document.id) || budget.holdFor({ baseUrl: document.baseUrl, isBackground: true })) continue;
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
