import { describe, expect, it } from 'vitest';
import { type Asked, failedWith, startPollWorld } from '../../support/poll-world.ts';

const minute = 60_000;
const readings = (asked: readonly Asked[]) => asked.filter(({ type }) => type === 'ticket.read');
const questions = (asked: readonly Asked[]) => asked.filter(({ type }) => type === 'ticket.changes');

describe('a group of gates', () => {
  it('shares requests: 400 quiet gates take three readings, and one question a minute', async () => {
    await using world = await startPollWorld();
    const { manager } = world;
    const gates = await world.startMany(400);
    await world.pass(5 * minute);
    for (const { id } of gates) expect((await world.view(id)).lastPolledAt).toBeDefined();
    manager.asked.splice(0);
    await world.pass(10 * minute);
    expect(questions(manager.asked).length).toBeLessThanOrEqual(11);
    expect(readings(manager.asked).length).toBeLessThanOrEqual(4);
    console.log(manager.looks(), questions(manager.asked).length, readings(manager.asked).length);
  });
});
