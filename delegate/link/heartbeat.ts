import type { Clock } from '../core/clock.ts';

export interface HeartbeatOptions {
  readonly heartbeatMs: number;
  readonly heartbeatTimeoutMs: number;
  readonly clock: Clock;
  readonly beat: () => void;
  /** Called once, when nothing was heard for heartbeatTimeoutMs. */
  readonly dead: () => void;
}

/** Says that the delegate is alive, and notices when the manager no longer is. It lives as long as one session. */
export class Heartbeat {
  readonly #options: HeartbeatOptions;
  #lastHeardAtMs: number;
  #cancelBeat: () => void;
  #cancelDeadline: () => void;

  /** Begins at the welcome: that is the first thing heard. */
  constructor(options: HeartbeatOptions) {
    this.#options = options;
    this.#lastHeardAtMs = options.clock.monotonicMs();
    this.#cancelBeat = this.#planBeat();
    this.#cancelDeadline = this.#planDeadline(options.heartbeatTimeoutMs);
  }

  /**
   * Notes that a frame came; false when it came too late. After a suspended machine or a blocked event loop, frames
   * that are hours old may be read before the deadline's timer runs: a lease must not start from one of them.
   */
  heard(): boolean {
    if (this.#silentMs() >= this.#options.heartbeatTimeoutMs) return false;
    this.#lastHeardAtMs = this.#options.clock.monotonicMs();
    return true;
  }

  stop(): void {
    this.#cancelBeat();
    this.#cancelDeadline();
  }

  #planBeat(): () => void {
    const { clock, heartbeatMs, beat } = this.#options;
    return clock.setTimer(heartbeatMs, () => {
      this.#cancelBeat = this.#planBeat();
      beat();
    });
  }

  /** One timer, not one for each frame: when it runs, it is set again for what is left since the last frame. */
  #planDeadline(ms: number): () => void {
    const { clock, heartbeatTimeoutMs, dead } = this.#options;
    return clock.setTimer(ms, () => {
      const leftMs = heartbeatTimeoutMs - this.#silentMs();
      if (leftMs > 0) {
        this.#cancelDeadline = this.#planDeadline(leftMs);
        return;
      }
      this.#cancelBeat();
      dead();
    });
  }

  #silentMs(): number {
    return this.#options.clock.monotonicMs() - this.#lastHeardAtMs;
  }
}
