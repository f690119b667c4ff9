import { describe, expect, it } from 'vitest';
import { type RunningSimulator, startSimulator } from '../../support/simulator.ts';
import { call, createChange, query } from './client.ts';

const changes = '/api/now/table/change_request';
const approvers = '/api/now/table/sysapproval_approver';

async function standing(simulator: RunningSimulator, sysId: string): Promise<string> {
  const row = (await simulator.rows('change_request')).find((change) => change.sys_id === sysId);
  return `${row?.state} ${row?.approval}`;
}

async function approvalStates(simulator: RunningSimulator): Promise<readonly (string | undefined)[]> {
  return (await simulator.rows('sysapproval_approver')).map(({ state }) => state).toSorted();
}

describe('the approval of a change', () => {
  it('is asked for at once when the change is created, of a person whom the API names', async () => {
    await using simulator = await startSimulator();
    const { sys_id } = await createChange(simulator);
    expect(await standing(simulator, sys_id)).toBe('-5 requested');
    const parameters = {
      sysparm_query: `sysapproval=${sys_id}^state=requested`,
      sysparm_fields: 'approver.name,sysapproval.number,state,document_id,source_table',
    };
    const { records } = await call(simulator, 'GET', `${approvers}${query(parameters)}`);
    expect(records).toEqual([
      {
        'approver.name': 'Ada Approver',
        'sysapproval.number': 'CHG0030001',
        state: 'requested',
        document_id: sys_id,
        source_table: 'change_request',
      },
    ]);
  });

  it('is not asked for until the change says so, where the instance is set to', async () => {
    await using simulator = await startSimulator({ approvalsOnCreate: false });
    const { sys_id } = await createChange(simulator);
    expect(await standing(simulator, sys_id)).toBe('-5 not requested');
    await call(simulator, 'PATCH', `${changes}/${sys_id}`, { body: { state: '-4' } });
    expect(await standing(simulator, sys_id)).toBe('-4 requested');
    await call(simulator, 'PATCH', `${changes}/${sys_id}`, { body: { state: '-3' } });
    expect(await approvalStates(simulator)).toEqual(['requested']);
  });

  it('can be asked for by writing approval=requested', async () => {
    await using simulator = await startSimulator({ approvalsOnCreate: false });
    const { sys_id } = await createChange(simulator);
    await call(simulator, 'PATCH', `${changes}/${sys_id}`, { body: { approval: 'requested' } });
    expect(await approvalStates(simulator)).toEqual(['requested']);
  });

  it('appears some reads later where the instance is set to', async () => {
    await using simulator = await startSimulator({ approvalsAppearAfterReads: 2 });
    const { sys_id } = await createChange(simulator);
    const seen: unknown[] = [];
    for (let n = 0; n < 3; n += 1)
      seen.push((await call(simulator, 'GET', `${changes}/${sys_id}?sysparm_fields=approval`)).record.approval);
    expect(seen).toEqual(['not requested', 'not requested', 'requested']);
  });

  it('schedules the change when the last of its approvers has approved', async () => {
    await using simulator = await startSimulator({ approvers: ['approver', 'second_approver'] });
    const { sys_id } = await createChange(simulator);
    for (const [user, expected] of [
      ['approver', '-5 requested'],
      ['second_approver', '-2 approved'],
    ] as const) {
      const { records } = await call(simulator, 'GET', approvers, { user });
      expect(records).toHaveLength(1);
      await call(simulator, 'PATCH', `${approvers}/${records[0]?.sys_id}`, { user, body: { state: 'approved' } });
      expect(await standing(simulator, sys_id)).toBe(expected);
    }
  });

  it('sends the change back to New with the first rejection, and asks nobody any more', async () => {
    await using simulator = await startSimulator({ approvers: ['approver', 'second_approver'] });
    const { sys_id, number } = await createChange(simulator);
    await simulator.reject(number);
    expect(await standing(simulator, sys_id)).toBe('-5 rejected');
    expect(await approvalStates(simulator)).toEqual(['not_required', 'rejected']);
  });

  it('can be asked for again after a rejection', async () => {
    await using simulator = await startSimulator();
    const { sys_id, number } = await createChange(simulator);
    await simulator.reject(number);
    await call(simulator, 'PATCH', `${changes}/${sys_id}`, { body: { state: '-4' } });
    await simulator.approve(number);
    expect(await standing(simulator, sys_id)).toBe('-2 approved');
  });

  it('ends when the change is cancelled', async () => {
    await using simulator = await startSimulator();
    const { sys_id } = await createChange(simulator);
    await call(simulator, 'PATCH', `${changes}/${sys_id}`, { body: { state: '4' } });
    expect(await standing(simulator, sys_id)).toBe('4 cancelled');
    expect(await approvalStates(simulator)).toEqual(['cancelled']);
  });

  it('is there from birth for a standard change, which is New all the same', async () => {
    await using simulator = await startSimulator();
    const { sys_id } = await createChange(simulator, { type: 'standard' });
    expect(await standing(simulator, sys_id)).toBe('-5 approved');
    expect(await approvalStates(simulator)).toEqual([]);
  });

  it('is no business of a user who is not asked', async () => {
    await using simulator = await startSimulator();
    await createChange(simulator);
    const [row] = await simulator.rows('sysapproval_approver');
    const body = { state: 'approved' };
    expect((await call(simulator, 'PATCH', `${approvers}/${row?.sys_id}`, { body })).status).toBe(403);
  });

  it.each([
    ['approve', '-2', 'approved'],
    ['reject', '-5', 'rejected'],
  ])('is decided by the control API: %s', async (decision, state, approval) => {
    await using simulator = await startSimulator();
    const { number, sys_id } = await createChange(simulator);
    const path = `/simulator/changes/${number}/${decision}`;
    const first = await call(simulator, 'POST', path, { user: '' });
    expect([first.status, first.json]).toEqual([200, { number, sys_id, state, approval }]);
    const second = await call(simulator, 'POST', path, { user: '' });
    expect(second.status).toBe(409);
    expect(second.text).toContain(`its approval is '${approval}'`);
    expect((await call(simulator, 'POST', `/simulator/changes/CHG9999999/${decision}`)).status).toBe(404);
  });
});

describe('the Change Management API', () => {
  const base = '/api/sn_chg_rest/v1/change';

  it('tells the next states as texts, the current one among them', async () => {
    await using simulator = await startSimulator();
    const { sys_id, number } = await createChange(simulator);
    await simulator.approve(number);
    for (const prefix of ['/api/sn_chg_rest/change', base]) {
      const { record } = await call(simulator, 'GET', `${prefix}/${sys_id}/nextstates`);
      expect(record.available_states).toEqual(['-1', '-5', '4', '-2']);
      expect(record.state_label).toMatchObject({ '-1': 'Implement', '-2': 'Scheduled' });
      expect(record.state_transitions).toContainEqual([
        expect.objectContaining({ from_state: '-2', to_state: '-1', transition_available: true }),
      ]);
    }
  });

  it('creates with 200 and shows typed values and local dates', async () => {
    await using simulator = await startSimulator();
    const { status, record } = await call(simulator, 'POST', `${base}/emergency`, {
      body: { short_description: 'Now', no_such_field: 'x' },
    });
    expect(status).toBe(200);
    expect(record).toMatchObject({
      type: { value: 'emergency', display_value: 'Emergency' },
      state: { value: -5, display_value: 'New' },
      active: { value: true, display_value: 'true' },
      opened_at: { display_value_internal: expect.stringMatching(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/) },
      __meta: { ignoredFields: ['no_such_field'] },
    });
  });

  it('lets an approver decide for itself and nobody else', async () => {
    await using simulator = await startSimulator();
    const { sys_id } = await createChange(simulator);
    const path = `${base}/${sys_id}/approvals`;
    expect((await call(simulator, 'PATCH', path, { body: { state: 'approved' } })).status).toBe(400);
    const user = 'approver';
    expect((await call(simulator, 'PATCH', path, { user, body: { state: 'rejected' } })).status).toBe(400);
    const { record } = await call(simulator, 'PATCH', path, { user, body: { state: 'approved' } });
    expect(record).toMatchObject({ approval: { value: 'approved' }, state: { value: -2 } });
  });

  it('is absent where the plugin is', async () => {
    await using simulator = await startSimulator({ changeApi: false });
    const { status, json } = await call(simulator, 'POST', base, { body: {} });
    expect(status).toBe(400);
    expect(json).toMatchObject({ error: { message: 'Requested URI does not represent any resource', detail: null } });
  });
});
