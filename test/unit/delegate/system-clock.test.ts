import { describe, expect, it } from 'vitest';
import { createSystemClock } from '../../../delegate/link/system-clock.ts';

function begin() {
  const time = { steadyMs: 5_000, wallMs: 1_700_000_000_000 };
  const clock = createSystemClock({ steadyMs: () => time.steadyMs, wallMs: () => time.wallMs });
  return { time, clock };
}

describe("the delegate's clock", () => {
  it('counts the time that the machine was suspended, when only the wall clock went on', () => {
    const { time, clock } = begin();
    const before = clock.monotonicMs();
    time.steadyMs += 10;
    time.wallMs += 3_600_000;
    expect(clock.monotonicMs() - before).toBe(3_600_000);
    time.steadyMs += 5;
    time.wallMs += 5;
    expect(clock.monotonicMs() - before).toBe(3_600_005);
  });

  it('does not go back, or stand still, when the wall clock is set back', () => {
    const { time, clock } = begin();
    const before = clock.monotonicMs();
    time.steadyMs += 10;
    time.wallMs -= 3_600_000;
    expect(clock.monotonicMs() - before).toBe(10);
  });

  it('does not run fast when the wall clock is coarse', () => {
    const { time, clock } = begin();
    const before = clock.monotonicMs();
    for (let reads = 0; reads < 1_000; reads++) {
      time.steadyMs += 0.5;
      if (reads % 2 === 0) time.wallMs += 1;
      clock.monotonicMs();
    }
    expect(clock.monotonicMs() - before).toBe(500);
  });

  it('calls a timer back, unless it was taken back', async () => {
    const clock = createSystemClock();
    const called: string[] = [];
    const cancel = clock.setTimer(1, () => called.push('cancelled'));
    cancel();
    await new Promise<void>((resolve) => clock.setTimer(5, resolve));
    expect(called).toEqual([]);
  });

  it("ends a sleep with the signal's own reason", async () => {
    const clock = createSystemClock();
    const reason = new Error('stop');
    const abort = new AbortController();
    const asleep = clock.sleep(60_000, abort.signal);
    abort.abort(reason);
    await expect(asleep).rejects.toBe(reason);
    await expect(clock.sleep(1, abort.signal)).rejects.toBe(reason);
    await clock.sleep(1, new AbortController().signal);
  });
});
