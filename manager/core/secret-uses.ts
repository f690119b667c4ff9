import type { Audit } from './audit.ts';
import type { Clock } from './clock.ts';
import type { Log } from './log.ts';

/** What a secret is used for. A gate is read for weeks, every few seconds: its uses are told once an hour. */
export type SecretPurpose = 'task' | 'gate' | 'webhook' | 'check';

export interface SecretUse {
  readonly secret: string;
  readonly purpose: SecretPurpose;
  /** Whom it was sealed to; empty when the manager used it itself. */
  readonly delegate: string;
  /** A task or an approval. */
  readonly by: string;
}

interface Uses {
  readonly use: SecretUse;
  readonly first: number;
  count: number;
  readonly by: Set<string>;
}

/** How long uses of one kind are gathered before they are told. */
const gatheredMs: Readonly<Record<SecretPurpose, number>> = {
  task: 1_000,
  gate: 3_600_000,
  webhook: 1_000,
  check: 1_000,
};
/** So many tasks are named of those that were gathered. */
const mostNamed = 20;

/** Tells the audit log of uses of secrets, gathered so that no task waits for it. A manager that dies takes with it what it has not told. */
export class SecretUses {
  readonly #isDue: () => boolean;
  readonly #audit: Pick<Audit, 'begin'>;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #gathered = new Map<string, Uses>();
  readonly #cancels = new Map<string, () => void>();

  /** `isDue`: whether Redis can be asked. */
  constructor({
    audit,
    clock,
    log,
    isDue,
  }: { audit: Pick<Audit, 'begin'>; clock: Clock; log: Log; isDue: () => boolean }) {
    this.#isDue = isDue;
    this.#audit = audit;
    this.#clock = clock;
    this.#log = log;
  }

  note(use: SecretUse): void {
    const key = JSON.stringify([use.secret, use.purpose, use.delegate]);
    const known = this.#gathered.get(key);
    if (known) {
      known.count += 1;
      if (known.by.size < mostNamed) known.by.add(use.by);
      return;
    }
    this.#gathered.set(key, { use, first: this.#clock.now(), count: 1, by: new Set([use.by]) });
    this.#cancels.set(
      key,
      this.#clock.setTimer(gatheredMs[use.purpose], () => void this.#tell(key)),
    );
  }

  /** Tells all that was gathered. */
  async close(): Promise<void> {
    await Promise.all([...this.#gathered.keys()].map((key) => this.#tell(key)));
  }

  async #tell(key: string): Promise<void> {
    const uses = this.#gathered.get(key);
    this.#cancels.get(key)?.();
    this.#cancels.delete(key);
    this.#gathered.delete(key);
    if (!uses) return;
    const { secret, purpose, delegate } = uses.use;
    const details = {
      purpose,
      times: String(uses.count),
      by: [...uses.by].join(' '),
      ...(delegate === '' ? {} : { delegate }),
    };
    const unrecorded = (err?: unknown) => this.#log.error({ err, secret, details }, 'use of a secret was not recorded');
    // Without Redis a command waits for it, for as long as that takes: the log of the manager has it then.
    if (!this.#isDue()) return unrecorded();
    await this.#audit
      .begin({ action: 'secret.use', actor: 'manager', from: '', subject: secret, details })
      .catch(unrecorded);
  }
}
