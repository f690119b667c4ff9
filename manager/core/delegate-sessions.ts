import type { CloseName } from '#protocol/close-codes.ts';
import type { AssignmentKey, Hello, Message } from '#protocol/messages.ts';
import { canonicalTags, illegalTags, tagRule } from '#protocol/selectors.ts';
import { oldestRevision, revision } from '#protocol/version.ts';
import type { Assignments } from './assignments.ts';
import type { Clock, NewId } from './clock.ts';
import { type DelegateDirectory, type DelegateEntry, stateOf } from './delegates.ts';
import type { Dispatcher } from './dispatcher.ts';
import type { Log } from './log.ts';
import type { DelegateSession, Roster } from './roster.ts';
import type { Timing } from './timing.ts';
import type { TokenFault, Tokens } from './tokens.ts';
import type { Notices } from './waiters.ts';

export type Admission =
  | { readonly kind: 'admitted'; readonly entry: DelegateEntry; readonly revision: number }
  | { readonly kind: 'refused'; readonly close: CloseName; readonly reason: string };

interface Deps {
  readonly tokens: Tokens;
  readonly directory: DelegateDirectory;
  readonly roster: Roster;
  readonly assignments: Assignments;
  readonly dispatcher: Dispatcher;
  readonly notices: Notices;
  readonly clock: Clock;
  readonly newId: NewId;
  readonly isSealKey: (text: string) => boolean;
  readonly log: Log;
  readonly managerId: string;
  readonly timing: Timing;
}

/** Admits delegates, and passes on what they say to whom it concerns. */
export class DelegateSessions {
  readonly #deps: Deps;
  readonly #tokenOf = new Map<string, string>();
  readonly #ending = new Set<Promise<void>>();
  readonly #unsubscribe: () => void;

  constructor(deps: Deps) {
    this.#deps = deps;
    this.#unsubscribe = deps.notices.subscribe((notice) => {
      if (notice.kind === 'task-cancel-requested') deps.assignments.cancel(notice.taskId, notice.reason);
      if (notice.kind === 'delegate-token-revoked') this.#closeAll(notice.tokenId, 'token-revoked');
    });
  }

  /** Decides whether a delegate may begin a session, and writes it to the directory when it may. */
  async admit(hello: Hello): Promise<Admission> {
    const { tokens, directory, clock, newId, isSealKey, managerId, timing } = this.#deps;
    if (hello.revision < oldestRevision)
      return refuse(
        'revision-unsupported',
        `revision ${hello.revision}; this manager speaks ${oldestRevision} to ${revision}`,
      );
    const token = await tokens.verify(hello.token);
    if (typeof token === 'string') return refuse(token, tokenFaultTexts[token]);
    const illegal = illegalTags(hello.tags);
    if (illegal.length > 0) return refuse('protocol-error', `hello: /tags ${illegal.join(', ')}: expected ${tagRule}`);
    if (!isSealKey(hello.sealKey)) return refuse('protocol-error', 'hello: /sealKey is no X25519 public key');
    const id = `${hello.name}.${hello.instanceId.slice(0, 8)}`;
    const now = clock.now();
    const rival = (await directory.list()).find(
      (entry) =>
        entry.name === hello.name && entry.id !== id && stateOf(entry, now, timing.heartbeatTimeoutMs) !== 'offline',
    );
    if (rival)
      return refuse('identity-conflict', `${rival.hostname} is connected as "${hello.name}" with another instance id`);
    const entry: DelegateEntry = {
      id,
      name: hello.name,
      instanceId: hello.instanceId,
      hostname: hello.hostname,
      version: hello.version,
      tags: canonicalTags([...hello.tags, hello.name]),
      taskTypes: hello.taskTypes,
      capacity: hello.capacity,
      tokenId: token.id,
      managerId,
      sessionId: newId('ses'),
      connectedAt: now,
      lastSeenAt: now,
      inFlight: hello.inFlight.length,
      standing: 'connected',
    };
    await directory.write(entry);
    return { kind: 'admitted', entry, revision: Math.min(revision, hello.revision) };
  }

  /** The session has been welcomed. */
  async opened(session: DelegateSession, tokenId: string, inFlight: readonly AssignmentKey[]): Promise<void> {
    const { roster, assignments, dispatcher } = this.#deps;
    roster.sessionOf(session.delegateId)?.close('replaced', 'the same delegate began a newer session');
    this.#tokenOf.set(session.sessionId, tokenId);
    roster.add(session, inFlight);
    await assignments.heard(session, inFlight);
    dispatcher.onSlotFreed();
  }

  async heartbeat(session: DelegateSession, inFlight: readonly AssignmentKey[]): Promise<void> {
    const { tokens, directory, assignments, clock } = this.#deps;
    const seen = { at: clock.now(), inFlight: inFlight.length };
    // Before anything is awaited: an acceptance that arrives meanwhile is younger than this list.
    const lost = assignments.unheard(session, inFlight);
    const token = await tokens.recheck(this.#tokenOf.get(session.sessionId) ?? '');
    if (token !== 'valid') return session.close(token, tokenFaultTexts[token]);
    if (!(await directory.touch(session.delegateId, session.sessionId, seen)))
      return session.close('replaced', 'the same delegate began a newer session');
    await assignments.heard(session, inFlight);
    await assignments.giveBack(lost);
  }

  accepted(session: DelegateSession, key: AssignmentKey): Promise<boolean> {
    return this.#deps.assignments.accepted(session, key);
  }

  rejected(session: DelegateSession, message: Message<'task.reject'>): Promise<boolean> {
    return this.#deps.assignments.rejected(session, message);
  }

  reported(session: DelegateSession, message: Message<'task.report'>): Promise<void> {
    return this.#deps.assignments.reported(session, message);
  }

  async draining(session: DelegateSession): Promise<void> {
    this.#deps.roster.drain(session);
    await this.#deps.directory.leave(session.delegateId, session.sessionId, 'draining');
  }

  /** The session is over. What follows of it is finished before `close` resolves. */
  closed(session: DelegateSession): void {
    this.#tokenOf.delete(session.sessionId);
    this.#deps.roster.remove(session);
    const ending = this.#end(session)
      .catch((error: unknown) => this.#deps.log.error({ err: error }, 'ending a session failed'))
      .finally(() => this.#ending.delete(ending));
    this.#ending.add(ending);
  }

  /** Ends every session: this manager stops, the delegates go to another. */
  async close(): Promise<void> {
    this.#unsubscribe();
    for (const session of this.#deps.roster.sessions()) session.close('going-away', 'this manager stops');
    await Promise.all(this.#ending);
  }

  async #end(session: DelegateSession): Promise<void> {
    await this.#deps.assignments.lost(session);
    await this.#deps.directory.leave(session.delegateId, session.sessionId, 'gone');
  }

  #closeAll(tokenId: string, name: CloseName): void {
    for (const session of this.#deps.roster.sessions())
      if (this.#tokenOf.get(session.sessionId) === tokenId) session.close(name, tokenFaultTexts['token-revoked']);
  }
}

const tokenFaultTexts: Readonly<Record<TokenFault, string>> = {
  'token-unknown':
    'no such delegate token (tgd_…; API tokens are not for delegates); create one: ticketgate delegate-token create',
  'token-expired': 'the delegate token has expired; create a new one',
  'token-revoked': 'the delegate token was revoked; create a new one',
};

function refuse(close: CloseName, reason: string): Admission {
  return { kind: 'refused', close, reason };
}
