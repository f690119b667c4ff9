import type { CloseName } from '#protocol/close-codes.ts';
import type { Hello } from '#protocol/messages.ts';
import { canonicalTags, illegalTags, tagRule } from '#protocol/selectors.ts';
import { knownFeatures, oldestRevision, revision } from '#protocol/version.ts';
import type { Clock, NewId } from './clock.ts';
import type { DelegateApprovals } from './delegate-approvals.ts';
import type { ApprovalStanding, DelegateDirectory, DelegateEntry } from './delegates.ts';
import type { Fleet } from './fleet.ts';
import type { Log } from './log.ts';
import type { StoreHealth } from './store-health.ts';
import type { Timing } from './timing.ts';
import { tokenFaultTexts } from './token-faults.ts';
import type { Tokens } from './tokens.ts';

export type Admitted =
  | { readonly kind: 'admitted'; readonly entry: DelegateEntry; readonly revision: number }
  | { readonly kind: 'refused'; readonly close: CloseName; readonly reason: string };

interface Deps {
  readonly tokens: Tokens;
  readonly approvals: DelegateApprovals;
  readonly directory: DelegateDirectory;
  readonly fleet: Fleet;
  readonly health: StoreHealth;
  readonly clock: Clock;
  readonly newId: NewId;
  readonly isSealKey: (text: string) => boolean;
  readonly log: Log;
  readonly managerId: string;
  readonly timing: Timing;
}

/** Decides whether a delegate may begin a session. */
export class Admission {
  readonly #deps: Deps;

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  /** Writes the session to the directory when it may begin. */
  async admit(hello: Hello): Promise<Admitted> {
    const { tokens, approvals, directory, health } = this.#deps;
    if (health.state() === 'emptied')
      return refuse('internal', 'Redis has lost everything that was in it; the manager waits for a person');
    const fault = this.#findFault(hello);
    if (fault) return fault;
    const token = await tokens.verify(hello.token);
    if (typeof token === 'string') return refuse(token, tokenFaultTexts[token]);
    const id = `${hello.name}.${hello.instanceId.slice(0, 8)}`;
    const [before, namesakes] = await Promise.all([directory.read(id), directory.named(hello.name)]);
    const conflict = await this.#findConflict(hello, id, before, namesakes);
    if (conflict) return conflict;
    const { instanceId } = hello;
    const approval = token.requiresApproval ? await approvals.standingOf({ id, instanceId }) : 'not-needed';
    const entry = this.#compose(hello, id, token.id, before, approval);
    // One that is rejected stays listed while it dials, so that it can be approved after all.
    await directory.write(approval === 'rejected' ? { ...entry, standing: 'gone' } : entry);
    if (approval === 'rejected') return refuse('delegate-rejected', rejectedText);
    return { kind: 'admitted', entry, revision: Math.min(revision, hello.revision) };
  }

  #findFault(hello: Hello): Admitted | undefined {
    if (hello.revision < oldestRevision)
      return refuse(
        'revision-unsupported',
        `revision ${hello.revision}; this manager speaks ${oldestRevision} to ${revision}`,
      );
    const illegal = illegalTags(hello.tags);
    if (illegal.length > 0) return refuse('protocol-error', `hello: /tags ${illegal.join(', ')}: expected ${tagRule}`);
    if (!this.#deps.isSealKey(hello.sealKey))
      return refuse('protocol-error', 'hello: /sealKey is no X25519 public key');
    return undefined;
  }

  async #findConflict(
    hello: Hello,
    id: string,
    before: DelegateEntry | undefined,
    namesakes: readonly DelegateEntry[],
  ): Promise<Admitted | undefined> {
    const { directory, fleet, clock, log } = this.#deps;
    const rival = namesakes.find((entry) => entry.id !== id && fleet.stateOf(entry) !== 'offline');
    if (rival) {
      await directory.reportConflict(rival.id, { at: clock.now(), hostname: hello.hostname });
      return refuse('identity-conflict', `${rival.hostname} is connected as "${hello.name}" with another instance id`);
    }
    // It was replaced by another process that lives, and is back: so both live, on one data directory.
    if (!before || hello.runId === undefined || before.replacedRunId !== hello.runId) return undefined;
    if (before.runId === hello.runId || fleet.stateOf(before) === 'offline') return undefined;
    await directory.reportConflict(id, { at: clock.now(), hostname: hello.hostname });
    log.error({ delegateId: id, hostname: hello.hostname, other: before.hostname }, 'two processes share one identity');
    return refuse(
      'identity-conflict',
      `another process with the same data directory is connected from ${before.hostname}`,
    );
  }

  #compose(
    hello: Hello,
    id: string,
    tokenId: string,
    before: DelegateEntry | undefined,
    approval: ApprovalStanding,
  ): DelegateEntry {
    const { clock, newId, managerId, timing } = this.#deps;
    const now = clock.now();
    // A delegate that was closed for answering no canary must not look fresh by dialling again.
    const goesOn = before && now - before.lastSeenAt < 2 * timing.onlineMs ? before : undefined;
    const isOther = before?.runId !== undefined && before.runId !== hello.runId;
    return {
      id,
      name: hello.name,
      instanceId: hello.instanceId,
      runId: hello.runId,
      hostname: hello.hostname,
      version: hello.version,
      tags: canonicalTags([...hello.tags, hello.name]),
      taskTypes: hello.taskTypes,
      features: knownFeatures.filter((feature) => hello.features.includes(feature)),
      policy: hello.policy ?? {},
      capacity: hello.capacity,
      tokenId,
      managerId,
      sessionId: newId('ses'),
      connectedAt: now,
      replacedRunId: isOther ? before.runId : before?.replacedRunId,
      lastSeenAt: now,
      inFlight: hello.inFlight.length,
      canaryAt: goesOn?.canaryAt ?? 0,
      askedSince: goesOn?.askedSince ?? now,
      standing: 'connected',
      conflict: before?.conflict,
      drain: before?.drain,
      approval,
    };
  }
}

export const rejectedText = 'an administrator rejected this delegate';

function refuse(close: CloseName, reason: string): Admitted {
  return { kind: 'refused', close, reason };
}
