import { limits } from '#protocol/limits.ts';

/** Every interval that the manager decides, in milliseconds: the manager owns the clock. */
export interface Timing {
  readonly helloTimeoutMs: number;
  readonly acceptTimeoutMs: number;
  readonly heartbeatMs: number;
  readonly heartbeatTimeoutMs: number;
  readonly leaseMs: number;
  /** What a lease lasts longer at the manager than at the delegate, which counts from when it hears of it. */
  readonly leaseMarginMs: number;
  /** PROTOCOL.md, section 9. */
  readonly settleMs: number;
  /** Beside every wake-up: how often a manager looks for work, and for tasks whose limits are over. */
  readonly pollMs: number;
  readonly sweepMs: number;
}

export const defaultTiming: Timing = {
  helloTimeoutMs: limits.helloTimeoutMs,
  acceptTimeoutMs: limits.acceptTimeoutMs,
  heartbeatMs: limits.heartbeatMs,
  heartbeatTimeoutMs: limits.heartbeatTimeoutMs,
  leaseMs: limits.leaseMs,
  leaseMarginMs: 2_000,
  settleMs: limits.settleMs,
  pollMs: 2_000,
  sweepMs: 1_000,
};
