import type { SealedSecret } from '#protocol/messages.ts';
import type { Clock } from './clock.ts';
import type { DocumentStore } from './documents.ts';
import { Refusal } from './refusal.ts';
import { isoTime } from './task-record.ts';

/** A value under a data key of its own, which is under the master key. All parts base64. */
export interface Envelope {
  readonly masterKeyId: string;
  readonly wrappedKey: string;
  readonly ciphertext: string;
}

export interface SecretDocument {
  readonly id: string;
  readonly name: string;
  readonly envelope: Envelope;
  readonly createdAt: number;
  readonly updatedAt: number;
}

/** A secret as any reader sees it: never the value. */
export interface SecretView {
  readonly name: string;
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly usedBy: string[];
}

/** Encrypts under the master key. The name is bound in: an envelope cannot be moved to another secret. */
export interface Vault {
  encrypt(name: string, plaintext: string): Envelope;
  /** The fault says why this manager cannot read it. */
  decrypt(name: string, envelope: Envelope): { readonly plaintext: string } | { readonly fault: string };
}

export interface SealContext {
  readonly taskId: string;
  readonly attempt: number;
  readonly field: string;
}

/** Seals to one session. PROTOCOL.md, section 6. */
export interface Sealer {
  seal(plaintext: string, context: SealContext): SealedSecret;
}

export class Secrets {
  readonly #store: DocumentStore<SecretDocument>;
  readonly #vault: Vault;
  readonly #clock: Clock;
  readonly #usersOf: (secretName: string) => Promise<string[]>;

  constructor(deps: {
    store: DocumentStore<SecretDocument>;
    vault: Vault;
    clock: Clock;
    /** The names of the connectors that use a secret. */
    usersOf: (secretName: string) => Promise<string[]>;
  }) {
    this.#store = deps.store;
    this.#vault = deps.vault;
    this.#clock = deps.clock;
    this.#usersOf = deps.usersOf;
  }

  /** Creates or changes a secret. */
  async put(name: string, value: string): Promise<SecretView> {
    const now = this.#clock.now();
    const envelope = this.#vault.encrypt(name, value);
    const fresh: SecretDocument = { id: name, name, envelope, createdAt: now, updatedAt: now };
    if (!(await this.#store.add(fresh))) {
      const existing = await this.#require(name);
      await this.#store.replace({ ...fresh, createdAt: existing.createdAt });
    }
    return this.show(name);
  }

  async show(name: string): Promise<SecretView> {
    return this.#view(await this.#require(name));
  }

  async list(): Promise<SecretView[]> {
    return Promise.all((await this.#store.list()).map((document) => this.#view(document)));
  }

  async exists(name: string): Promise<boolean> {
    return (await this.#store.get(name)) !== undefined;
  }

  /** Deletes a secret that nothing uses. */
  async remove(name: string): Promise<void> {
    const users = await this.#usersOf(name);
    if (users.length > 0)
      throw new Refusal(
        'secret-in-use',
        `secret "${name}" is used by: ${users.join(', ')}`,
        'Give these connectors another secret, or delete them, first.',
      );
    if (!(await this.#store.remove(name))) throw unknownSecret(name);
  }

  /** Seals a secret to a session for one field of one attempt; the fault says why that cannot be. */
  async sealFor(
    name: string,
    session: Sealer,
    context: SealContext,
  ): Promise<{ sealed: SealedSecret } | { fault: string }> {
    const document = await this.#store.get(name);
    if (!document) return { fault: `the secret "${name}" was deleted while the task waited` };
    const opened = this.#vault.decrypt(name, document.envelope);
    return 'fault' in opened ? opened : { sealed: session.seal(opened.plaintext, context) };
  }

  async #require(name: string): Promise<SecretDocument> {
    const document = await this.#store.get(name);
    if (!document) throw unknownSecret(name);
    return document;
  }

  async #view({ name, createdAt, updatedAt }: SecretDocument): Promise<SecretView> {
    return { name, createdAt: isoTime(createdAt), updatedAt: isoTime(updatedAt), usedBy: await this.#usersOf(name) };
  }
}

export function unknownSecret(name: string): Refusal {
  return new Refusal(
    'secret-not-found',
    `there is no secret "${name}"`,
    `Store it first: ticketgate secret set ${name} --from-stdin`,
  );
}
