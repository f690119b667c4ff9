import { everywhere, type UsageScope } from '#protocol/scope.ts';
import type { Caller } from './caller.ts';
import type { Clock, NewId } from './clock.ts';
import type { DocumentStore } from './documents.ts';
import { Refusal, type RefusalCode } from './refusal.ts';
import { checkScope } from './scope-policy.ts';
import { isoTime } from './task-record.ts';
import type { Notices } from './waiters.ts';

/** What a holder of an API token may do; each includes the ones before it. */
export const roles = ['viewer', 'pipeline', 'operator', 'admin'] as const;
export type Role = (typeof roles)[number];

export function includesRole(held: Role, needed: Role): boolean {
  return roles.indexOf(held) >= roles.indexOf(needed);
}

export interface TokenDocument {
  readonly id: string;
  readonly name: string;
  /** SHA-256 of the secret part, which is 256 random bits: a slow hash would add nothing. */
  readonly hash: string;
  /** Of an API token; a delegate token has none. */
  readonly role?: Role;
  /** Of an API token: whom it stands for; without one it is not limited. */
  readonly scope?: UsageScope;
  /** Of a delegate token: each delegate that joins with it gets no work before an administrator approves it. */
  readonly requiresApproval?: boolean;
  readonly createdAt: number;
  readonly expiresAt?: number;
  readonly revokedAt?: number;
}

export interface TokenView {
  readonly id: string;
  readonly name: string;
  readonly role?: Role;
  readonly scope?: UsageScope;
  readonly requiresApproval?: boolean;
  readonly createdAt: string;
  readonly expiresAt?: string;
  readonly revokedAt?: string;
}

export interface TokenSpec {
  readonly name: string;
  readonly role?: Role;
  readonly scope?: UsageScope;
  readonly requiresApproval?: boolean;
  readonly expiresInMs?: number;
}

export interface TokenCrypto {
  /** 256 random bits, URL-safe. */
  newSecret(): string;
  hash(secret: string): string;
  /** Compares in constant time. */
  matches(secret: string, hash: string): boolean;
}

export type TokenFault = Extract<RefusalCode, 'token-unknown' | 'token-expired' | 'token-revoked'>;

/** One kind of token: `tga` for API tokens, `tgd` for delegate tokens. A token is `tga_<id>_<secret>`, shown once. */
export class Tokens {
  readonly #prefix: 'tga' | 'tgd';
  readonly #store: DocumentStore<TokenDocument>;
  readonly #crypto: TokenCrypto;
  readonly #clock: Clock;
  readonly #newId: NewId;
  readonly #notices: Notices;

  constructor(deps: {
    prefix: 'tga' | 'tgd';
    store: DocumentStore<TokenDocument>;
    crypto: TokenCrypto;
    clock: Clock;
    newId: NewId;
    notices: Notices;
  }) {
    this.#prefix = deps.prefix;
    this.#store = deps.store;
    this.#crypto = deps.crypto;
    this.#clock = deps.clock;
    this.#newId = deps.newId;
    this.#notices = deps.notices;
  }

  /**
   * Makes a token for a caller, who grants nothing beyond what it has itself. A delegate is handed the secrets of whatever
   * it is given, so a delegate token counts as one for everywhere.
   */
  async grant(caller: Caller, spec: TokenSpec): Promise<TokenView & { token: string }> {
    if (spec.role !== undefined && !includesRole(caller.role, spec.role))
      throw new Refusal(
        'role-insufficient',
        `the token "${caller.name}" has the role ${caller.role} and cannot make one with ${spec.role}`,
        'Ask for a token of a role that yours includes.',
      );
    checkScope('manage', caller, `the token "${spec.name}"`, spec.scope ?? everywhere);
    return this.create(spec);
  }

  /** Makes a token for the manager itself, and without asking who may. */
  async create(spec: TokenSpec): Promise<TokenView & { token: string }> {
    const now = this.#clock.now();
    const secret = this.#crypto.newSecret();
    const document: TokenDocument = {
      id: this.#newId('tok').slice(4),
      name: spec.name,
      hash: this.#crypto.hash(secret),
      createdAt: now,
      ...(spec.role === undefined ? {} : { role: spec.role }),
      ...(spec.scope === undefined ? {} : { scope: spec.scope }),
      ...(spec.requiresApproval ? { requiresApproval: true } : {}),
      ...(spec.expiresInMs === undefined ? {} : { expiresAt: now + spec.expiresInMs }),
    };
    if (!(await this.#store.add(document)))
      throw new Refusal(
        'token-name-taken',
        `there is a token named "${spec.name}" already`,
        'Choose another name; the name of a revoked token stays taken, so that the audit can tell them apart.',
      );
    return { ...viewToken(document), token: `${this.#prefix}_${document.id}_${secret}` };
  }

  /** Stores a token whose text the operator chose, in place of one of that name; idempotent. For the first admin token only. */
  async adopt(text: string, name: string, role: Role): Promise<void> {
    const known = await this.#store.getByName(name);
    const id = known?.id ?? this.#newId('tok').slice(4);
    const document: TokenDocument = { id, name, hash: this.#crypto.hash(text), role, createdAt: this.#clock.now() };
    if (!known && (await this.#store.add(document))) return;
    // Another manager may have been quicker: its document has the same text, or this one's is the newer will.
    const holder = known ?? (await this.#store.getByName(name));
    await this.#store.replace({ ...document, id: holder?.id ?? id });
  }

  /** Tells whose token a text is, or what is wrong with it. */
  async verify(text: string): Promise<TokenDocument | TokenFault> {
    const document = await this.#find(text);
    return document ? (this.#faultOf(document) ?? document) : 'token-unknown';
  }

  /** Tells what has become of a token that was verified before. */
  async recheck(id: string): Promise<'valid' | TokenFault> {
    const document = await this.#store.get(id);
    return document ? (this.#faultOf(document) ?? 'valid') : 'token-unknown';
  }

  async list(): Promise<TokenView[]> {
    return (await this.#store.list()).map(viewToken);
  }

  async isEmpty(): Promise<boolean> {
    return (await this.#store.list()).length === 0;
  }

  /** Revokes a token, by id or name; it stays listed. Sessions that it opened end within seconds. */
  async revoke(caller: Caller, idOrName: string): Promise<TokenView> {
    const document = (await this.#store.get(idOrName)) ?? (await this.#store.getByName(idOrName));
    if (!document)
      throw new Refusal('token-not-found', `there is no token "${idOrName}"`, 'List them to see their names and ids.');
    checkScope('manage', caller, `the token "${document.name}"`, document.scope ?? everywhere);
    const revoked = { ...document, revokedAt: document.revokedAt ?? this.#clock.now() };
    await this.#store.replace(revoked);
    if (this.#prefix === 'tgd') this.#notices.publish({ kind: 'delegate-token-revoked', tokenId: document.id });
    return viewToken(revoked);
  }

  #faultOf({ revokedAt, expiresAt }: TokenDocument): TokenFault | undefined {
    if (revokedAt !== undefined) return 'token-revoked';
    return expiresAt !== undefined && expiresAt <= this.#clock.now() ? 'token-expired' : undefined;
  }

  async #find(text: string): Promise<TokenDocument | undefined> {
    const [prefix, id, secret] = text.split('_', 3);
    if (prefix === this.#prefix && id && secret !== undefined) {
      const document = await this.#store.get(id);
      if (document && this.#crypto.matches(text.slice(prefix.length + id.length + 2), document.hash)) return document;
    }
    return (await this.#store.list()).find(
      ({ hash, name }) => name === adminTokenName && this.#crypto.matches(text, hash),
    );
  }
}

/** The name of the token that the first start makes or takes from the operator. */
export const adminTokenName = 'admin';

function viewToken(document: TokenDocument): TokenView {
  const { id, name, role, scope, requiresApproval, createdAt, expiresAt, revokedAt } = document;
  return {
    id,
    name,
    createdAt: isoTime(createdAt),
    ...(role === undefined ? {} : { role }),
    ...(scope === undefined ? {} : { scope }),
    ...(requiresApproval ? { requiresApproval } : {}),
    ...(expiresAt === undefined ? {} : { expiresAt: isoTime(expiresAt) }),
    ...(revokedAt === undefined ? {} : { revokedAt: isoTime(revokedAt) }),
  };
}
