import type { Caller } from './caller.ts';
import type { Clock } from './clock.ts';
import type { ApprovalStanding, DelegateDirectory, DelegateEntry } from './delegates.ts';
import type { DocumentStore } from './documents.ts';
import { findDelegate } from './drains.ts';
import { Refusal } from './refusal.ts';
import type { Notices } from './waiters.ts';

/** What an administrator said of a delegate. Kept for good: the delegate may be away for longer than its entry is kept. */
export interface ApprovalDocument {
  /** Of the delegate. */
  readonly id: string;
  readonly name: string;
  /** The whole of it, of which the id has a part: whoever knows that part is not approved by it. */
  readonly instanceId: string;
  readonly verdict: 'approved' | 'rejected';
  /** The name of the caller's token. */
  readonly by: string;
  readonly at: number;
}

interface Deps {
  readonly store: DocumentStore<ApprovalDocument>;
  readonly directory: DelegateDirectory;
  readonly notices: Notices;
  readonly clock: Clock;
}

/** Which delegates may work, of those that joined with a token that asks for an administrator's approval. */
export class DelegateApprovals {
  readonly #deps: Deps;

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  async standingOf({ id, instanceId }: Pick<DelegateEntry, 'id' | 'instanceId'>): Promise<ApprovalStanding> {
    const document = await this.#deps.store.get(id);
    return document?.instanceId === instanceId ? document.verdict : 'pending';
  }

  /** May be said anew: one that was rejected can be approved, and the reverse. */
  async decide({ name }: Caller, delegateId: string, verdict: ApprovalDocument['verdict']): Promise<DelegateEntry> {
    const { directory, notices, clock } = this.#deps;
    const entry = await findDelegate(directory, delegateId);
    if (entry.approval === 'not-needed')
      throw new Refusal(
        'delegate-approval-not-needed',
        `the delegate ${delegateId} joined with a token that asks for no approval`,
        'To end its sessions revoke its token. Tokens made with requiresApproval ask for one.',
      );
    const { instanceId } = entry;
    await this.#keep({ id: delegateId, name: nameOf(delegateId), instanceId, verdict, by: name, at: clock.now() });
    await directory.recordApproval(delegateId, verdict);
    notices.publish({ kind: 'delegate-decided', delegateId });
    notices.publish({ kind: 'fleet-changed' });
    return { ...entry, approval: verdict };
  }

  async #keep(document: ApprovalDocument): Promise<void> {
    const { store } = this.#deps;
    if ((await store.replace(document)) !== 'not-found') return;
    // Another administrator may have been quicker: the last word counts.
    if (!(await store.add(document))) await store.replace(document);
  }
}

/** Names of documents are one whatever their case, ids of delegates are not. */
function nameOf(delegateId: string): string {
  return delegateId.replaceAll(/[A-Z]/g, '^$&');
}
