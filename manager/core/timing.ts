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
  readonly canaryMs: number;
  readonly onlineMs: number;
  readonly reachCheckTimeoutMs: number;
  /** How long a success, or a passed check, against a base URL counts. */
  readonly provenMs: number;
  /** How long a delegate whose own way to a base URL failed is tried last. */
  readonly setAsideMs: number;
  /** How long a delegate elsewhere that is better for a task is let go first. */
  readonly staggerMs: number;
  /** How long a task waits for a better delegate before one that is set aside gets it. */
  readonly patienceMs: number;
  /** Beside every wake-up: how often a manager looks for work, and for tasks whose limits are over. */
  readonly pollMs: number;
  readonly sweepMs: number;
  /** How long a claimed job, or a poll group, is its manager's without a word more: this is for a manager that died. */
  readonly lockMs: number;
  /** No approval is polled more often than this, unless its window is about to open. */
  readonly shortestPollMs: number;
}

export const defaultTiming: Timing = {
  helloTimeoutMs: limits.helloTimeoutMs,
  acceptTimeoutMs: limits.acceptTimeoutMs,
  heartbeatMs: limits.heartbeatMs,
  heartbeatTimeoutMs: limits.heartbeatTimeoutMs,
  leaseMs: limits.leaseMs,
  leaseMarginMs: 1_000,
  settleMs: limits.settleMs,
  canaryMs: limits.canaryMs,
  onlineMs: limits.onlineMs,
  reachCheckTimeoutMs: limits.reachCheckTimeoutMs,
  provenMs: 6 * 3_600_000,
  setAsideMs: 300_000,
  staggerMs: 50,
  patienceMs: 2_000,
  pollMs: 2_000,
  sweepMs: 1_000,
  lockMs: 10_000,
  shortestPollMs: 10_000,
};

const paced = [
  'acceptTimeoutMs',
  'heartbeatTimeoutMs',
  'leaseMs',
  'leaseMarginMs',
  'canaryMs',
  'onlineMs',
  'pollMs',
  'sweepMs',
  'lockMs',
] as const satisfies readonly (keyof Timing)[];

/** The same intervals at another heartbeat: what is a multiple of it keeps its ratio. */
export function timingAt(heartbeatMs: number, settleMs: number, shortestPollMs = defaultTiming.shortestPollMs): Timing {
  const scaled = paced.map((name) => [name, Math.round((defaultTiming[name] * heartbeatMs) / limits.heartbeatMs)]);
  return { ...defaultTiming, ...Object.fromEntries(scaled), heartbeatMs, settleMs, shortestPollMs };
}
