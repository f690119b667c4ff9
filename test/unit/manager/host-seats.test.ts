import { describe, expect, it } from 'vitest';
import { HostSeats } from '../../../manager/core/host-seats.ts';

type Taken = ReturnType<HostSeats['take']>;

function leaveOf(taken: Taken): (now: number) => void {
  if ('leave' in taken) return taken.leave;
  throw new Error('there was no seat');
}

function comeBackOf(taken: Taken): number {
  if ('comeBackMs' in taken) return taken.comeBackMs;
  throw new Error('there was a seat');
}

describe('the seats of hosts', () => {
  it('are so many for each host, whatever the others have', () => {
    const seats = new HostSeats(2);
    const leave = leaveOf(seats.take('slow', 0));
    leaveOf(seats.take('slow', 0));
    comeBackOf(seats.take('slow', 0));
    leaveOf(seats.take('quick', 0));
    leave(10);
    leaveOf(seats.take('slow', 10));
  });

  it('let those who found none come back soon, one behind the other, while the host is quick', () => {
    const seats = new HostSeats(2);
    leaveOf(seats.take('quick', 0));
    leaveOf(seats.take('quick', 0));
    expect([1, 2, 3].map(() => comeBackOf(seats.take('quick', 0)))).toEqual([300, 350, 400]);
  });

  it('let them come back the later the slower the host is, within five minutes', () => {
    const seats = new HostSeats(2);
    leaveOf(seats.take('slow', 0));
    leaveOf(seats.take('slow', 0));
    expect([1, 2].map(() => comeBackOf(seats.take('slow', 8_000)))).toEqual([4_250, 8_250]);
    const backs = Array.from({ length: 100 }, () => comeBackOf(seats.take('slow', 8_000)));
    expect(Math.max(...backs)).toBe(300_000);
  });
});
