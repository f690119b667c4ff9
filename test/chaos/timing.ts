/** Everything that is faster than in production, and what must hold between the figures. */
export const timing = {
  heartbeatMs: 400,
  /**
   * A delegate's lease may outlast the manager's view of it by a heartbeat time-out, and the simulator may be at work on a
   * request for `longestWorkMs`: what is left is for a machine with two busy cores.
   */
  settleMs: 3_000,
  /** The longest that the proxies and the simulator together keep a request that is carried out all the same. */
  longestWorkMs: 1_000,
  drainTimeoutMs: 3_000,
  /** Approvals read their tickets several times a second. */
  shortestPollMs: 100,
  /** The longest fault: longer than a lease and the settle time together, so that others take over meanwhile. */
  longestFaultMs: 6_000,
} as const;

/** Tasks get limits that no run comes near, unless something hangs. */
export const taskLimits = { pickUp: '30s', run: '20s', deadline: '45s' } as const;

/** From the beginning of a run, until everything must have ended. */
export const endsWithinMs = 70_000;

export function duration(ms: number): string {
  return `${ms}ms`;
}
