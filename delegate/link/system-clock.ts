import type { Clock } from '../core/clock.ts';

export interface TimeSources {
  /** Steady, but on most systems it stands still while the machine is suspended. */
  steadyMs(): number;
  /** Goes on while the machine is suspended, but people and NTP set it. */
  wallMs(): number;
}

/** A leap of the wall clock against the steady one that is taken for a time asleep. */
const asleepAtLeastMs = 1_000;

/**
 * Makes the clock of the real delegate. It counts the time that the machine was suspended: a lease must not outlive a
 * laptop's sleep or a paused virtual machine, since the manager's clock went on. A wall clock that is set forward ends a
 * lease too early, which is safe; one that is set back changes nothing.
 */
export function createSystemClock(sources: TimeSources = systemTime): Clock {
  let lastSteadyMs = sources.steadyMs();
  let lastWallMs = sources.wallMs();
  let asleepMs = 0;
  return {
    monotonicMs: () => {
      const steadyMs = sources.steadyMs();
      const wallMs = sources.wallMs();
      const leapMs = wallMs - lastWallMs - (steadyMs - lastSteadyMs);
      if (leapMs > asleepAtLeastMs) asleepMs += leapMs;
      lastSteadyMs = steadyMs;
      lastWallMs = wallMs;
      return steadyMs + asleepMs;
    },
    setTimer: (ms, callback) => {
      const timer = setTimeout(callback, ms);
      return () => clearTimeout(timer);
    },
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        if (signal.aborted) return reject(signal.reason);
        const onAbort = () => {
          clearTimeout(timer);
          reject(signal.reason);
        };
        const timer = setTimeout(() => {
          signal.removeEventListener('abort', onAbort);
          resolve();
        }, ms);
        signal.addEventListener('abort', onAbort, { once: true });
      }),
  };
}

const systemTime: TimeSources = { steadyMs: () => performance.now(), wallMs: () => Date.now() };
