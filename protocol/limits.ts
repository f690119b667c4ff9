/** Every constant of the protocol, in bytes or milliseconds. PROTOCOL.md, section 9, says what each covers. */
export const limits = {
  maxFrameBytes: 4_194_304,
  maxHelloBytes: 65_536,
  helloTimeoutMs: 5_000,
  acceptTimeoutMs: 5_000,
  heartbeatMs: 5_000,
  heartbeatTimeoutMs: 10_000,
  leaseMs: 11_000,
  settleMs: 75_000,
  canaryMs: 10_000,
  onlineMs: 30_000,
  reachCheckTimeoutMs: 20_000,
  maxCapacity: 1_000,
  maxUnprovokedFrames: 2_000,
  redialMinMs: 250,
  redialMaxMs: 15_000,
  redialSlowMs: 60_000,
} as const;
