import { describe, expect, it } from 'vitest';
import { HostSeats } from '../../../manager/core/host-seats.ts';

function leaveOf(taken: ReturnType<HostSeats['take']>): () => void {
  if ('leave' in taken) return taken.leave;
  throw new Error('there was no seat');
}

describe('the seats of hosts', () => {
  it('are so many for each host, whatever the others have', () => {
    const seats = new HostSeats(2, 10_000);
    const first = leaveOf(seats.take('slow', 0));
    leaveOf(seats.take('slow', 0));
    expect(seats.take('slow', 0)).toHaveProperty('comeBackMs');
    leaveOf(seats.take('quick', 0));
    first();
    leaveOf(seats.take('slow', 0));
  });

  it('let those who found none come back one behind the other, within five minutes', () => {
    const seats = new HostSeats(2, 10_000);
    leaveOf(seats.take('slow', 0));
    leaveOf(seats.take('slow', 0));
    const backs = Array.from({ length: 100 }, () => {
      const taken = seats.take('slow', 0);
      return 'comeBackMs' in taken ? taken.comeBackMs : 0;
    });
    expect(backs.slice(0, 3)).toEqual([6_000, 11_000, 16_000]);
    expect(Math.max(...backs)).toBe(300_000);
  });
});
