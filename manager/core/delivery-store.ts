import type { Delivery, KeptTry } from './delivery-record.ts';

/** An approval whose deliveries are this manager's to make, until then. */
export interface DeliveryClaim {
  readonly approvalId: string;
  readonly until: number;
}

export interface DeliveryChange {
  /** What the delivery was when it was decided. */
  readonly before: Delivery;
  readonly after: Delivery;
  readonly entry: KeptTry | undefined;
}

/** What is due was put there by the very step that ended the approval, so no end is lost. */
export interface DeliveryStore {
  /** Takes approvals that are due, each for one manager: it is due again when the lease is over. */
  claim(now: number, leaseMs: number, most: number): Promise<DeliveryClaim[]>;
  /** Writes those deliveries that are not there yet, and answers with all; with none, when the approval is gone. */
  open(approvalId: string, fresh: readonly Delivery[]): Promise<Delivery[]>;
  /**
   * Keeps the tries, and each delivery as it is after them, unless it was changed meanwhile; that one was made holds in
   * any case. The claim ends: the approval is due when its next delivery is, or not at all.
   */
  settle(claim: DeliveryClaim, changes: readonly DeliveryChange[], now: number): Promise<void>;
  /** Ends a claim of an approval that is not there any more. */
  drop(claim: DeliveryClaim): Promise<void>;
  /** Writes a delivery that is due now, unless it was changed meanwhile: then false. */
  renew(approvalId: string, delivery: Delivery, now: number): Promise<boolean>;
  read(approvalId: string): Promise<{ deliveries: Delivery[]; tries: KeptTry[] }>;
  /** All approvals that have an open delivery. */
  openIds(): Promise<string[]>;
}
