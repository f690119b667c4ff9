import type { DeliveryKind, DeliveryTry, DeliveryView } from '#protocol/delivery.ts';
import { type ApprovalRecord, type ApprovalSpec, viewApproval } from './approval-record.ts';
import { shownUrl } from './shown-url.ts';
import { isoTime } from './task-record.ts';

/** What is told of an approval's end, in one way, as Redis holds it. Times are milliseconds since the epoch. */
export interface Delivery {
  readonly kind: DeliveryKind;
  readonly state: 'waiting' | 'delivered' | 'given-up';
  /** Grows by every change: whoever saw an older one does not overwrite it. */
  readonly revision: number;
  /** Tries that failed, since the end or since somebody asked for it again. */
  readonly failures: number;
  readonly nextTryAt: number;
  /** Of work notes: how many tasks have ended without writing them; it names the next one. */
  readonly round: number;
  /** Of work notes: the task of this round, once it is known. */
  readonly taskId?: string;
  readonly because?: string;
}

/** A try as Redis holds it. */
export type KeptTry = DeliveryTry & { readonly kind: DeliveryKind };

/** An approval that has ended. */
export type EndedApproval = ApprovalRecord & { readonly end: NonNullable<ApprovalRecord['end']> };

export function hasEnded(record: ApprovalRecord): record is EndedApproval {
  return record.end !== undefined;
}

/** In which ways the end of an approval is to be told. */
export function deliveryKindsOf({ webhook, workNotes }: ApprovalSpec): DeliveryKind[] {
  return [...(webhook ? (['webhook'] as const) : []), ...(workNotes ? (['work-notes'] as const) : [])];
}

export function newDelivery(kind: DeliveryKind, now: number): Delivery {
  return { kind, state: 'waiting', revision: 0, failures: 0, nextTryAt: now, round: 0 };
}

/** The same delivery, due now, with all its tries before it. */
export function renewed({ kind, revision, round }: Delivery, now: number): Delivery {
  return { ...newDelivery(kind, now), revision: revision + 1, round };
}

/** The `webhook-id` of an approval's message: a receiver knows by it what it has had already. */
export function messageIdOf(approvalId: string): string {
  return `msg_${approvalId}`;
}

/** The message's body: the same text at every try, since an approval does not change after its end. */
export function writeMessage(record: EndedApproval): string {
  return JSON.stringify({
    type: `approval.${record.end.state}`,
    timestamp: isoTime(record.end.endedAt),
    data: viewApproval(record),
  });
}

/** Shows a delivery as the API does; undefined: nobody has looked at it yet. */
export function viewDelivery(
  { spec, end }: ApprovalRecord,
  kind: DeliveryKind,
  delivery: Delivery | undefined,
  tries: readonly KeptTry[],
): DeliveryView {
  const own = tries.filter((each) => each.kind === kind);
  const { state, nextTryAt, taskId, because } = delivery ?? newDelivery(kind, end?.endedAt ?? 0);
  return {
    kind,
    state: end ? state : 'pending',
    ...(kind === 'webhook' && spec.webhook
      ? { messageId: messageIdOf(spec.id), target: shownUrl(spec.webhook.url) }
      : {}),
    ...(taskId === undefined ? {} : { taskId }),
    ...(end && state === 'waiting' ? { nextTryAt: isoTime(nextTryAt) } : {}),
    ...(because === undefined ? {} : { because }),
    tries: own.map(({ kind: _, ...shown }) => shown),
  };
}
