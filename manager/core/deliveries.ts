import type { DeliveryKind, DeliveryView } from '#protocol/delivery.ts';
import type { ApprovalRecord } from './approval-record.ts';
import type { ApprovalStore } from './approval-store.ts';
import type { Clock } from './clock.ts';
import { afterTry, type TryResult } from './delivery-policy.ts';
import {
  type Delivery,
  deliveryKindsOf,
  type EndedApproval,
  hasEnded,
  newDelivery,
  renewed,
  viewDelivery,
} from './delivery-record.ts';
import type { DeliveryChange, DeliveryClaim, DeliveryStore } from './delivery-store.ts';
import { HostSeats } from './host-seats.ts';
import type { Log } from './log.ts';
import { Refusal } from './refusal.ts';
import { isoTime } from './task-record.ts';
import type { Notices } from './waiters.ts';
import { sendWebhook, type Tried, type WebhookDeps } from './webhook-delivery.ts';
import { type WorkNotesDeps, writeWorkNotes } from './work-notes.ts';

interface Deps extends WebhookDeps, WorkNotesDeps {
  readonly approvals: Pick<ApprovalStore, 'read'>;
  readonly store: DeliveryStore;
  readonly notices: Pick<Notices, 'subscribe'>;
  readonly clock: Clock;
  /** From 0 to 1, another each time. */
  readonly chance: () => number;
  readonly log: Log;
  /** Whether looking makes sense now. */
  readonly isDue: () => boolean;
}

/** Beside the notices: how often to look for what is due. */
const lookMs = 500;

/** Longer than a try can take; then its manager has died, and another one tries. */
export const deliveryLeaseMs = 30_000;

/** How long one try may take. */
export const tryTimeoutMs = 10_000;

/** What one manager does at once, in all and for one target. */
const mostAtOnce = 64;
const mostForHost = 8;

/**
 * Tells how approvals ended, by webhooks and work notes, until each was told or is given up. What is due is in Redis; a
 * manager claims it for a while, so one that dies is followed by another: told at least once, always with the same id.
 */
export class Deliveries {
  readonly #deps: Deps;
  readonly #seats = new HostSeats(mostForHost);
  readonly #closing = new AbortController();
  readonly #running = new Set<Promise<void>>();
  #unsubscribe = () => {};
  #cancelTimer = () => {};
  #looking: Promise<void> | undefined;
  #lookAgain = false;
  #closed: Promise<void> | undefined;

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  start(): void {
    this.#unsubscribe = this.#deps.notices.subscribe((notice) => {
      if (notice.kind === 'approval-ended') this.#look();
    });
    this.#look();
  }

  /** Breaks off what is under way, and lets it be due again at once, for any manager. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  /** What is told of an approval's end, and how that goes. */
  async list(approvalId: string): Promise<DeliveryView[]> {
    const record = await this.#require(approvalId);
    const { deliveries, tries } = await this.#deps.store.read(approvalId);
    return deliveryKindsOf(record.spec).map((kind) => viewDelivery(record, kind, ofKind(deliveries, kind), tries));
  }

  /** Makes a delivery that waits, or was given up, due now, with all its tries before it. */
  async retry(approvalId: string, kind: DeliveryKind): Promise<DeliveryView> {
    const { store, clock } = this.#deps;
    const record = await this.#require(approvalId);
    checkRetry(record, kind);
    for (;;) {
      const now = clock.now();
      // It may be that nobody has looked at it yet.
      const delivery = ofKind(await store.open(approvalId, freshOf(record, now)), kind);
      if (!delivery) throw unknownApproval(approvalId);
      if (delivery.state === 'delivered')
        throw new Refusal('delivery-made', `the ${kind} of approval ${approvalId} was delivered`, 'Nothing to do.');
      if (!(await store.renew(approvalId, renewed(delivery, now), now))) continue;
      this.#look();
      const shown = (await this.list(approvalId)).find((each) => each.kind === kind);
      if (shown) return shown;
    }
  }

  /** The ended approvals that have yet to be told of with a secret, in words. */
  async usersOf(secretName: string): Promise<string[]> {
    const { store, approvals } = this.#deps;
    const users: string[] = [];
    for (const id of await store.openIds()) {
      const record = await approvals.read(id);
      const isOpen = async () =>
        (ofKind((await store.read(id)).deliveries, 'webhook')?.state ?? 'waiting') === 'waiting';
      if (record?.spec.webhook?.secret === secretName && (await isOpen())) users.push(`the webhook of approval ${id}`);
    }
    return users;
  }

  async #close(): Promise<void> {
    this.#unsubscribe();
    this.#cancelTimer();
    this.#closing.abort();
    await this.#looking;
    await Promise.all(this.#running);
  }

  #look(): void {
    this.#cancelTimer();
    if (this.#closing.signal.aborted) return;
    this.#lookAgain = this.#looking !== undefined;
    this.#looking ??= this.#claimDue()
      .catch((error: unknown) => this.#deps.log.error({ err: error }, 'deliveries could not be looked for'))
      .finally(() => {
        this.#looking = undefined;
        if (this.#lookAgain) this.#look();
        else this.#arm();
      });
  }

  #arm(): void {
    this.#cancelTimer();
    if (!this.#closing.signal.aborted) this.#cancelTimer = this.#deps.clock.setTimer(lookMs, () => this.#look());
  }

  async #claimDue(): Promise<void> {
    const { store, clock, isDue } = this.#deps;
    while (isDue() && !this.#closing.signal.aborted) {
      const free = mostAtOnce - this.#running.size;
      if (free <= 0) return;
      const claims = await store.claim(clock.now(), deliveryLeaseMs, free);
      for (const claim of claims) this.#begin(claim);
      if (claims.length < free) return;
    }
  }

  #begin(claim: DeliveryClaim): void {
    const run = this.#serve(claim)
      // The lease ends, and somebody tries again.
      .catch((error: unknown) =>
        this.#deps.log.error({ err: error, approvalId: claim.approvalId }, 'delivery broke off'),
      )
      .finally(() => {
        const wasFull = this.#running.size >= mostAtOnce;
        this.#running.delete(run);
        if (wasFull) this.#look();
      });
    this.#running.add(run);
  }

  async #serve(claim: DeliveryClaim): Promise<void> {
    const { approvals, store, clock, log } = this.#deps;
    const { approvalId } = claim;
    const record = await approvals.read(approvalId);
    if (!record || !hasEnded(record)) {
      log.warn({ approvalId }, 'the approval of a delivery is gone');
      return store.drop(claim);
    }
    const now = clock.now();
    const open = await store.open(approvalId, freshOf(record, now));
    const due = open.filter(({ state, nextTryAt }) => state === 'waiting' && nextTryAt <= now);
    const changes = await Promise.all(due.map((delivery) => this.#make(record, delivery)));
    await store.settle(claim, changes, clock.now());
    for (const { before, after } of changes) this.#tell(approvalId, before, after);
  }

  /** Tries once. A fault of the manager's own is a try that failed: it must not stop the other delivery. */
  async #make(record: EndedApproval, delivery: Delivery): Promise<DeliveryChange> {
    const { clock, chance } = this.#deps;
    const begunAt = clock.now();
    const tried = await this.#try(record, delivery, begunAt).catch(
      (error: unknown): Tried => ({
        result: { kind: 'failed' },
        told: { detail: `the manager could not do it: ${error instanceof Error ? error.message : String(error)}` },
      }),
    );
    const { told } = tried;
    // What a manager breaks off when it stops counts for nothing, and is due again at once.
    const isBrokenOff = this.#closing.signal.aborted && tried.result.kind === 'failed';
    const result: TryResult = isBrokenOff ? { kind: 'later', lookAgainMs: 0 } : tried.result;
    const now = clock.now();
    const delivered = result.kind === 'delivered';
    return {
      before: delivery,
      after: afterTry(delivery, result, now, chance()),
      entry: told && {
        kind: delivery.kind,
        at: isoTime(begunAt),
        durationMs: Math.max(0, now - begunAt),
        delivered,
        ...told,
      },
    };
  }

  async #try(record: EndedApproval, delivery: Delivery, now: number): Promise<Tried> {
    const { clock } = this.#deps;
    switch (delivery.kind) {
      case 'work-notes':
        return writeWorkNotes(this.#deps, record, delivery, now);
      case 'webhook': {
        const seat = this.#seats.take(hostOf(record), now);
        if ('comeBackMs' in seat) return { result: { kind: 'later', lookAgainMs: seat.comeBackMs }, told: undefined };
        return sendWebhook(this.#deps, record, now, this.#closing.signal).finally(() => seat.leave(clock.now()));
      }
    }
  }

  #tell(approvalId: string, before: Delivery, { kind, state, because, failures }: Delivery): void {
    const { log } = this.#deps;
    switch (state) {
      case 'delivered':
        return log.info({ approvalId, kind, failures: before.failures }, 'the end of an approval was told');
      case 'given-up':
        return log.warn({ approvalId, kind, because }, 'the end of an approval could not be told');
      case 'waiting':
        return log.debug({ approvalId, kind, failures }, 'the end of an approval is told later');
    }
  }

  async #require(approvalId: string): Promise<ApprovalRecord> {
    const record = await this.#deps.approvals.read(approvalId);
    if (!record) throw unknownApproval(approvalId);
    return record;
  }
}

function ofKind(deliveries: readonly Delivery[], kind: DeliveryKind): Delivery | undefined {
  return deliveries.find((delivery) => delivery.kind === kind);
}

function freshOf({ spec }: ApprovalRecord, now: number): Delivery[] {
  return deliveryKindsOf(spec).map((kind) => newDelivery(kind, now));
}

function hostOf({ spec: { webhook } }: EndedApproval): string {
  return webhook && URL.canParse(webhook.url) ? new URL(webhook.url).host : '';
}

function checkRetry(record: ApprovalRecord, kind: DeliveryKind): void {
  const { id } = record.spec;
  if (!deliveryKindsOf(record.spec).includes(kind))
    throw new Refusal(
      'delivery-not-found',
      `approval ${id} was started without ${kind === 'webhook' ? 'a webhook' : 'work notes'}`,
      `See what is told of it: GET /api/v1/approvals/${id}/deliveries`,
    );
  if (!hasEnded(record))
    throw new Refusal(
      'approval-waiting',
      `approval ${id} has not ended, so there is nothing to tell yet`,
      'Wait for its end: it is told by itself.',
    );
}

function unknownApproval(approvalId: string): Refusal {
  return new Refusal('approval-not-found', `there is no approval ${approvalId}`, 'List those that are known.');
}
