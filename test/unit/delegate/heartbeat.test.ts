import { describe, expect, it } from 'vitest';
import { Heartbeat } from '../../../delegate/link/heartbeat.ts';
import { ManualClock } from './manual-clock.ts';

function begin() {
  const clock = new ManualClock();
  const seen = { beats: 0, deaths: 0 };
  const heartbeat = new Heartbeat({
    heartbeatMs: 5_000,
    heartbeatTimeoutMs: 10_000,
    clock,
    beat: () => {
      seen.beats += 1;
    },
    dead: () => {
      seen.deaths += 1;
    },
  });
  return { clock, heartbeat, seen };
}

describe('the heartbeat', () => {
  it('beats every interval, the first time one interval after the welcome', () => {
    const { clock, heartbeat, seen } = begin();
    clock.advance(4_999);
    expect(seen.beats).toBe(0);
    for (let beats = 1; beats <= 4; beats++) {
      clock.advance(beats === 1 ? 1 : 5_000);
      heartbeat.heard();
      expect(seen).toEqual({ beats, deaths: 0 });
    }
  });

  it('finds the session dead when nothing was heard for the time-out, once, and ends its timers', () => {
    const { clock, seen } = begin();
    clock.advance(9_999);
    expect(seen.deaths).toBe(0);
    clock.advance(60_000);
    expect(seen.deaths).toBe(1);
    expect(clock.pendingTimers).toBe(0);
  });

  it('counts the silence from the last frame that was heard', () => {
    const { clock, heartbeat, seen } = begin();
    clock.advance(7_000);
    heartbeat.heard();
    clock.advance(9_999);
    expect(seen.deaths).toBe(0);
    clock.advance(1);
    expect(seen.deaths).toBe(1);
  });

  it('does not take a frame that is read after the time-out, as when the machine was suspended', () => {
    const { clock, heartbeat } = begin();
    clock.leap(3_600_000);
    expect(heartbeat.heard()).toBe(false);
  });

  it('leaves no timer when it is stopped', () => {
    const { clock, heartbeat, seen } = begin();
    clock.advance(5_000);
    heartbeat.stop();
    expect(clock.pendingTimers).toBe(0);
    expect(seen.beats).toBe(1);
  });
});
