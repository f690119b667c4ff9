/** How much is measured. Durations are of one measurement. */
export interface Sizes {
  readonly measureMs: number;
  readonly warmUpMs: number;
  readonly inFlight: number;
  readonly httpConnections: number;
  /** How many tasks one at a time. */
  readonly singles: number;
  readonly few: number;
  readonly many: number;
  readonly routes: number;
  readonly untakeable: number;
  readonly held: number;
  readonly idle: number;
  /** How long idle delegates are left alone before memory is read: over two rounds of canaries. */
  readonly settleMs: number;
  /** How many gates wait, from few to many. */
  readonly gates: readonly number[];
  /** How long gates are watched while nothing changes, and again while tickets do. */
  readonly gateMs: number;
}

export const fullSizes: Sizes = {
  measureMs: 3_000,
  warmUpMs: 1_500,
  inFlight: 256,
  httpConnections: 64,
  singles: 500,
  few: 100,
  many: 1_000,
  routes: 1_000,
  untakeable: 100_000,
  held: 10_000,
  idle: 5_000,
  settleMs: 25_000,
  gates: [1, 100, 1_000, 10_000],
  gateMs: 60_000,
};

/** To see that everything still runs; the figures mean nothing. */
export const quickSizes: Sizes = {
  measureMs: 400,
  warmUpMs: 200,
  inFlight: 64,
  httpConnections: 16,
  singles: 50,
  few: 10,
  many: 50,
  routes: 300,
  untakeable: 1_000,
  held: 300,
  idle: 100,
  settleMs: 1_000,
  gates: [1, 300],
  gateMs: 10_000,
};
