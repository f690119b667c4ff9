import { describe, expect, it } from 'vitest';
import { failureOf, openWorld, sendJson, startOddServer, successOf } from './task-world.ts';

const sysId = 'a'.repeat(32);
const fields = { short_description: 'Worse' };

describe('an answer without a sys_id', () => {
  it('is no ticket that could be written to: the write would go to the whole table', async () => {
    await using odd = await startOddServer((_request, response) => {
      sendJson(response, 200, { result: [{ number: 'INC7' }] });
    });
    await using world = openWorld(odd.url);
    for (const ended of [
      await world.handlers['ticket.update']({ table: 'incident', number: 'INC7', fields }, world.context()),
      await world.handlers['ticket.update-many']({ changeRequest: 'INC7', fields }, world.context()),
    ])
      expect(failureOf(ended)).toMatchObject({
        sideEffect: false,
        failure: { code: 'servicenow-undecodable', message: expect.stringContaining('INC7 without its sys_id') },
      });
    expect(odd.requests.every(({ method }) => method === 'GET')).toBe(true);
  });

  it('to an update is of the ticket that was updated', async () => {
    await using odd = await startOddServer((request, response) => {
      const isRecord = request.url?.includes(`/table/incident/${sysId}`) === true;
      if (isRecord) sendJson(response, 200, { result: { number: 'INC7', ...fields } });
      else sendJson(response, 403, { error: { message: 'Insufficient rights', detail: null }, status: 'failure' });
    });
    await using world = openWorld(odd.url);
    const ended = await world.handlers['ticket.update']({ table: 'incident', sysId, fields }, world.context());
    expect(successOf(ended).result.ticket).toMatchObject({ sysId, link: expect.stringContaining(sysId) });
  });
});
