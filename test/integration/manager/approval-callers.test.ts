import { describe, expect, it } from 'vitest';
import { renderApproval } from '../../../cli/approval-text.ts';
import { startDispatchWorld } from '../../support/dispatch-world.ts';

const gate = {
  connector: 'snow',
  table: 'change_request',
  sysId: 'a'.repeat(32),
  approve: 'approval = approved',
};

describe('callers of approvals', () => {
  it('are answered with the first by a repeated start, though its connector was edited meanwhile', async () => {
    await using world = await startDispatchWorld();
    const headers = { 'idempotency-key': 'run-1' };
    const first = await world.manager.call('POST', '/approvals', gate, { headers });
    const [connector] = (await world.manager.call('GET', '/connectors')).body.items;
    const { id, name, baseUrl, authentication } = connector;
    const edited = { name, baseUrl, authentication, selectors: ['dc1'] };
    expect((await world.manager.call('PUT', `/connectors/${id}?skipValidation=true`, edited)).status).toBe(200);
    const again = await world.manager.call('POST', '/approvals', gate, { headers });
    expect(again).toMatchObject({ status: 201, body: { id: first.body.id } });
    const other = await world.manager.call('POST', '/approvals', { ...gate, approve: 'state = 1' }, { headers });
    expect(other).toMatchObject({ status: 409, body: { code: 'idempotency-key-reused' } });
  });

  it('are told nothing more by an event stream once their token was revoked', async () => {
    await using world = await startDispatchWorld();
    const { body: started } = await world.manager.call('POST', '/approvals', gate);
    const { body: created } = await world.manager.call('POST', '/api-tokens', { name: 'eve', role: 'viewer' });
    const stream = await fetch(`${world.manager.url}/api/v1/approvals/${started.id}/events`, {
      headers: { authorization: `Bearer ${created.token}` },
    });
    const told = stream.text();
    await world.manager.call('DELETE', '/api-tokens/eve');
    await world.manager.call('DELETE', `/approvals/${started.id}`);
    expect(await told).not.toContain('"cancelled"');
  });

  it('are shown nothing of criteria that a terminal would obey', async () => {
    await using world = await startDispatchWorld();
    const value = 'approved\u001b[2J\u0007\nstate     approved';
    const approve = { field: 'approval', operator: 'equals', value };
    const { body } = await world.manager.call('POST', '/approvals', { ...gate, approve });
    // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what is looked for
    for (const line of renderApproval(body)) expect(line).not.toMatch(/[\u0000-\u001f]/);
  });
});
