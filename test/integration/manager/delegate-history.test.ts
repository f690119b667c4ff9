import { describe, expect, it } from 'vitest';
import { readParams, serve, startDispatchWorld } from '../../support/dispatch-world.ts';

const baseUrl = 'https://example.service-now.com/';
const failure = {
  code: 'servicenow-unreachable',
  message: 'ECONNREFUSED 10.0.0.1:443',
  remedy: 'look',
  retry: 'other-delegate',
} as const;

describe('GET /delegates/{id}/history', () => {
  it('tells where it succeeded, where it is set aside and until when, and where nothing is known', async () => {
    await using world = await startDispatchWorld();
    const { call } = world.manager;
    const idOf = async (name: string) =>
      (await call('GET', '/delegates')).body.items.find((item: { name: string }) => item.name === name).id;
    const historyOf = async (name: string) => (await call('GET', `/delegates/${await idOf(name)}/history`)).body.items;
    await world.joinModern('idle', { kind: 'live' });
    expect(await historyOf('idle')).toEqual([{ baseUrl, standing: 'unchecked' }]);
    serve(await world.joinModern('good', { kind: 'live' }));
    const { body: task } = await world.submit('ticket.read', readParams, { selectors: ['good'] });
    await world.ended(task.id);
    expect(await historyOf('good')).toEqual([
      { baseUrl, standing: 'proven', provenAt: expect.stringMatching(/^\d{4}-.*Z$/) },
    ]);
    await world.joinModern('bad', { kind: 'unreachable', failure });
    await expect
      .poll(async () => {
        await world.submit('ticket.read', readParams, { selectors: ['bad'] });
        return historyOf('bad');
      })
      .toEqual([
        { baseUrl, standing: 'set-aside', setAsideUntil: expect.stringMatching(/Z$/), because: failure.message },
      ]);
    expect((await call('GET', '/delegates/nobody.1/history')).body.code).toBe('delegate-not-found');
  });
});
