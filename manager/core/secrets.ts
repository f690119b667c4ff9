import type { SealedSecret } from '#protocol/messages.ts';
import type { UsageScope } from '#protocol/scope.ts';
import type { Caller } from './caller.ts';
import type { Clock } from './clock.ts';
import { type ConnectorDocument, usesSecret } from './connector-record.ts';
import type { DocumentStore } from './documents.ts';
import { Refusal } from './refusal.ts';
import { checkScope, checkWithin } from './scope-policy.ts';
import type { SecretPurpose, SecretUse, SecretUses } from './secret-uses.ts';
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
  /** Absent in one that was stored before there were scopes: then it is the manager's default. */
  readonly scope?: UsageScope;
  readonly createdAt: number;
  readonly updatedAt: number;
}

/** A secret as any reader sees it: never the value. */
export interface SecretView {
  readonly name: string;
  readonly scope: UsageScope;
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly usedBy: string[];
}

export interface SecretFacts {
  readonly name: string;
  readonly scope: UsageScope;
  readonly updatedAt: number;
}

/** What a caller gives of a secret; what is left out stays as it is. */
export interface SecretChange {
  readonly value?: string;
  readonly scope?: UsageScope;
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

interface SecretDeps {
  readonly uses: Pick<SecretUses, 'note'>;
  readonly store: DocumentStore<SecretDocument>;
  readonly vault: Vault;
  readonly clock: Clock;
  /** The scope of a secret that is stored without one; none may be wider. */
  readonly defaultScope: UsageScope;
  /** What may use a secret. */
  readonly connectors: Pick<DocumentStore<ConnectorDocument>, 'list'>;
  /** What besides connectors still needs a secret, in words: approvals that wait. */
  readonly waitersOn: (secretName: string) => Promise<string[]>;
}

export class Secrets {
  readonly #deps: SecretDeps;

  constructor(deps: SecretDeps) {
    this.#deps = deps;
  }

  /**
   * Creates a secret, or changes what is given of it; `only`: one of the two. Its scope may be narrowed and never widened.
   */
  async put(caller: Caller, name: string, change: SecretChange, only?: 'create' | 'change'): Promise<SecretView> {
    const { store, vault, defaultScope } = this.#deps;
    const { value, scope } = change;
    const envelope = value === undefined ? undefined : vault.encrypt(name, value);
    if (scope)
      checkWithin(scope, defaultScope, "this manager's default", "Give a scope within it, or change the manager's.");
    if (only === 'create') return this.#add(caller, name, change, envelope, only);
    const changed = await store.change(name, (current) => {
      const before = this.#scopeOf(current);
      checkScope('manage', caller, `secret "${name}"`, before);
      if (scope) checkWithin(scope, before, 'what the secret has now', 'Store it as another secret, with that scope.');
      return {
        ...current,
        ...(envelope ? { envelope } : {}),
        scope: scope ?? before,
        updatedAt: this.#deps.clock.now(),
      };
    });
    if (changed) return this.#view(changed);
    if (only === 'change') throw unknownSecret(name);
    return this.#add(caller, name, change, envelope);
  }

  async #add(
    caller: Caller,
    name: string,
    change: SecretChange,
    envelope: Envelope | undefined,
    only?: 'create',
  ): Promise<SecretView> {
    const { store, clock, defaultScope } = this.#deps;
    if (!envelope) throw new Refusal('invalid-request', ...newWithoutValue(name));
    const now = clock.now();
    const scope = change.scope ?? defaultScope;
    checkScope('manage', caller, `secret "${name}"`, scope);
    const document: SecretDocument = { id: name, name, envelope, scope, createdAt: now, updatedAt: now };
    if (await store.add(document)) return this.#view(document);
    const taken = await store.getByName(name);
    if (taken && only === 'create') throw nameTaken(taken.name);
    if (taken && taken.name !== name) throw new Refusal('invalid-request', ...nameInOtherCase(name, taken.name));
    // Somebody else was quicker.
    return this.put(caller, name, change, only);
  }

  async show(name: string): Promise<SecretView> {
    return this.#view(await this.#require(name));
  }

  async list(): Promise<SecretView[]> {
    return Promise.all((await this.#deps.store.list()).map((document) => this.#view(document)));
  }

  /** What connectors need to know of a secret. */
  async find(name: string): Promise<SecretFacts | undefined> {
    const document = await this.#deps.store.get(name);
    return document && { name, scope: this.#scopeOf(document), updatedAt: document.updatedAt };
  }

  /** Deletes a secret that nothing uses. */
  async remove(caller: Caller, name: string): Promise<void> {
    const { store, waitersOn } = this.#deps;
    checkScope('manage', caller, `secret "${name}"`, this.#scopeOf(await this.#require(name)));
    const users = [...(await this.#usersOf(name)), ...(await waitersOn(name))];
    if (users.length > 0)
      throw new Refusal(
        'secret-in-use',
        `secret "${name}" is used by: ${users.join(', ')}`,
        'Give the connectors another secret, or delete them, and let the approvals end, first.',
      );
    if (!(await store.remove(name))) throw unknownSecret(name, listThem);
  }

  /**
   * Seals a secret to a session for one field of one attempt; the fault says why that cannot be: the secret is gone, or
   * this manager cannot read it, as perhaps another one can.
   */
  async sealFor(
    name: string,
    session: Sealer,
    context: SealContext,
    use: Omit<SecretUse, 'secret'>,
  ): Promise<{ sealed: SealedSecret } | { fault: string; kind: 'gone' | 'unreadable' }> {
    const document = await this.#deps.store.get(name);
    if (!document) return { fault: `the secret "${name}" was deleted while the task waited`, kind: 'gone' };
    const opened = this.#deps.vault.decrypt(name, document.envelope);
    if ('fault' in opened) return { ...opened, kind: 'unreadable' };
    this.#deps.uses.note({ ...use, secret: name });
    return { sealed: session.seal(opened.plaintext, context) };
  }

  /** Lets something of the manager's own work with a value, such as sign with it; the fault says why that cannot be. */
  async use<T>(
    name: string,
    use: { readonly purpose: SecretPurpose; readonly by: string },
    work: (plaintext: string) => T,
  ): Promise<{ done: T } | { fault: string }> {
    const document = await this.#deps.store.get(name);
    if (!document) return { fault: `there is no secret "${name}"` };
    const opened = this.#deps.vault.decrypt(name, document.envelope);
    if ('fault' in opened) return opened;
    this.#deps.uses.note({ ...use, secret: name, delegate: '' });
    return { done: work(opened.plaintext) };
  }

  async #usersOf(name: string): Promise<string[]> {
    const connectors = await this.#deps.connectors.list();
    return connectors
      .filter((connector) => usesSecret(connector, name))
      .map((connector) => `connector "${connector.name}"`);
  }

  async #require(name: string): Promise<SecretDocument> {
    const document = await this.#deps.store.get(name);
    if (!document) throw unknownSecret(name, listThem);
    return document;
  }

  #scopeOf({ scope }: SecretDocument): UsageScope {
    return scope ?? this.#deps.defaultScope;
  }

  async #view(document: SecretDocument): Promise<SecretView> {
    const { name, createdAt, updatedAt } = document;
    return {
      name,
      scope: this.#scopeOf(document),
      createdAt: isoTime(createdAt),
      updatedAt: isoTime(updatedAt),
      usedBy: await this.#usersOf(name),
    };
  }
}

function newWithoutValue(name: string): [detail: string, remedy: string] {
  return [
    `there is no secret "${name}" yet: a new one needs a value`,
    'Give its value; only that of a secret that there is may be left out.',
  ];
}

function nameInOtherCase(name: string, taken: string): [detail: string, remedy: string] {
  return [`there is a secret "${taken}" already, and "${name}" differs only in case`, `Name it "${taken}".`];
}

const listThem = 'See which there are: ticketgate secret list';

function nameTaken(name: string): Refusal {
  return new Refusal(
    'secret-name-taken',
    `there is a secret "${name}" already`,
    'Choose another name, or change that one.',
    { faults: [{ path: '/name', message: 'is taken' }] },
  );
}

export function unknownSecret(
  name: string,
  remedy = `Store it first: ticketgate secret set ${name} --from-stdin`,
): Refusal {
  return new Refusal('secret-not-found', `there is no secret "${name}"`, remedy);
}
