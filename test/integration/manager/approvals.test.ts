import { describe, expect, it } from 'vitest';
import { startSimulator } from '../../support/simulator.ts';
import { type Site, startSite } from '../../support/site.ts';

const timeoutMs = 60_000;

/** Waits until an approval has been read once. */
async function polled(site: Site, id: string): Promise<void> {
  const read = async () => (await site.manager.call('GET', `/approvals/${id}`)).body.lastPolledAt;
  await expect.poll(read, { timeout: 10_000 }).toBeDefined();
}

/** Each polls every 10 s, so they wait side by side. */
describe.concurrent('an approval', () => {
  it('waits for its approvers, opens when they approve, and keeps the evidence', { timeout: timeoutMs }, async ({
    expect,
  }) => {
    await using site = await startSite();
    const number = await site.createChange();
    const { status, body } = await site.startApproval({ number });
    expect(status).toBe(201);
    await polled(site, body.id);
    const waiting = (await site.manager.call('GET', `/approvals/${body.id}`)).body;
    expect(waiting).toMatchObject({
      state: 'waiting',
      ticket: { number },
      current: { approval: { value: 'requested', displayValue: 'Requested' } },
      waitingFor: [{ approver: 'Ada Approver', state: 'requested' }],
      waitingBecause: 'not yet: approval = approved',
    });
    expect(waiting.evidence).toBeUndefined();
    await site.simulator.approve(number);
    const ended = await site.approvalEnd(body.id);
    expect(ended).toMatchObject({
      state: 'approved',
      evidence: {
        rule: 'approval = approved',
        reading: {
          ticket: { number, fields: { approval: { value: 'approved' } } },
          delegateName: 'd1',
          taskId: expect.stringMatching(/^tsk_/),
          attempt: 1,
        },
      },
    });
  });

  it('names both of two approvers, and one less after the first has approved', { timeout: timeoutMs }, async ({
    expect,
  }) => {
    await using site = await startSite();
    site.simulator.world.changeSettings({ approvers: ['approver', 'second_approver'] });
    const number = await site.createChange();
    const { body } = await site.startApproval({ number });
    await polled(site, body.id);
    const waitsFor = async () =>
      (await site.manager.call('GET', `/approvals/${body.id}`)).body.waitingFor.map(
        ({ approver }: { approver: string }) => approver,
      );
    expect(await waitsFor()).toEqual(['Ada Approver', 'Carl Change']);
    const [first] = await site.simulator.rows('sysapproval_approver');
    const answer = await fetch(`${site.simulator.url}/api/now/table/sysapproval_approver/${first?.sys_id}`, {
      method: 'PATCH',
      headers: {
        authorization: `Basic ${btoa('approver:approver-password')}`,
        'content-type': 'application/json',
      },
      body: JSON.stringify({ state: 'approved' }),
    });
    expect(answer.status).toBe(200);
    await expect.poll(waitsFor, { timeout: 15_000 }).toEqual(['Carl Change']);
    await site.simulator.approve(number);
    expect((await site.approvalEnd(body.id)).state).toBe('approved');
  });

  it('is rejected when the rejection criteria hold, even if it is approved as well', { timeout: timeoutMs }, async ({
    expect,
  }) => {
    await using site = await startSite();
    const number = await site.createChange();
    await site.simulator.approve(number);
    const { body } = await site.startApproval({ number, reject: 'state = Scheduled' });
    expect(await site.approvalEnd(body.id)).toMatchObject({
      state: 'rejected',
      evidence: { rule: 'state = Scheduled' },
    });
  });

  it('does not fail on noise: it waits through an outage and opens after it', { timeout: timeoutMs }, async ({
    expect,
  }) => {
    await using site = await startSite();
    const number = await site.createChange();
    await site.simulator.setFault({ mode: 'hibernating' });
    const { body } = await site.startApproval({ number });
    const failure = async () => (await site.manager.call('GET', `/approvals/${body.id}`)).body.lastFailure?.code;
    await expect.poll(failure, { timeout: 20_000 }).toBe('servicenow-hibernating');
    await site.simulator.setFault({ mode: 'none' });
    await site.simulator.approve(number);
    expect((await site.approvalEnd(body.id)).state).toBe('approved');
  });

  it('fails at once on a ticket, table or field that does not exist', { timeout: timeoutMs }, async ({ expect }) => {
    await using site = await startSite();
    const number = await site.createChange();
    const wrong = [
      [{ number: 'CHG9999999' }, 'ticket-not-found'],
      [{ number, table: 'u_no_such_table' }, 'servicenow-table-unknown'],
    ] as const;
    for (const [change, code] of wrong) {
      const { body } = await site.startApproval(change);
      expect(await site.approvalEnd(body.id)).toMatchObject({ state: 'failed', failure: { code } });
    }
    const unknown = await site.startApproval({ number, approve: 'u_no_such_field = 1' });
    expect(unknown).toMatchObject({ status: 400, body: { code: 'criteria-invalid', faults: [{ path: '/approve' }] } });
  });

  it('fails at once when the password is wrong from the start', { timeout: timeoutMs }, async ({ expect }) => {
    await using site = await startSite();
    const number = await site.createChange();
    await site.manager.call('PUT', '/secrets/pw', { value: 'wrong' });
    const { body } = await site.startApproval({ number });
    expect(await site.approvalEnd(body.id)).toMatchObject({
      state: 'failed',
      failure: { code: 'servicenow-unauthenticated' },
    });
  });

  it('expires at its time-out, and is then not approved', { timeout: timeoutMs }, async ({ expect }) => {
    await using site = await startSite();
    const number = await site.createChange();
    const { body } = await site.startApproval({ number, timeout: '11s' });
    await polled(site, body.id);
    const ended = await site.approvalEnd(body.id);
    expect(ended).toMatchObject({
      state: 'expired',
      failure: { code: 'gate-timed-out', message: expect.stringContaining('not yet') },
    });
    expect(ended.evidence).toMatchObject({ rule: 'the time-out was over', reading: { ticket: { number } } });
  });

  it('waits for its change window, and expires when that is over', { timeout: timeoutMs }, async ({ expect }) => {
    await using site = await startSite();
    const stored = (ms: number) => new Date(Date.now() + ms).toISOString().slice(0, 19).replace('T', ' ');
    const planned = async (from: number, to: number) => {
      const number = await site.createChange();
      await site.simulator.approve(number);
      const params = { table: 'change_request', number, fields: { start_date: stored(from), end_date: stored(to) } };
      await site.manager.call('POST', '/tasks?waitMs=20000', { type: 'ticket.update', connector: 'snow', params });
      const window = { startField: 'start_date', endField: 'end_date' };
      return (await site.startApproval({ number, window })).body.id;
    };
    const early = await planned(3_600_000, 7_200_000);
    const over = await planned(-7_200_000, -3_600_000);
    const open = await planned(-60_000, 3_600_000);
    expect(await site.approvalEnd(over)).toMatchObject({ state: 'expired', failure: { code: 'gate-window-over' } });
    expect(await site.approvalEnd(open)).toMatchObject({ state: 'approved' });
    expect((await site.manager.call('GET', `/approvals/${early}`)).body).toMatchObject({
      state: 'waiting',
      waitingBecause: expect.stringContaining('UTC'),
    });
  });

  it('is read at its own instance, though its connector was edited meanwhile', { timeout: timeoutMs }, async ({
    expect,
  }) => {
    await using site = await startSite();
    await using other = await startSimulator();
    const number = await site.createChange();
    const first = (await site.startApproval({ number })).body.id;
    await polled(site, first);
    const authentication = { kind: 'basic', username: 'integration', password: { secret: 'pw' } };
    await site.manager.call('PUT', '/connectors/snow', { name: 'snow', baseUrl: other.url, authentication });
    const elsewhere = await site.createChange();
    const second = (await site.startApproval({ number: elsewhere })).body.id;
    await other.approve(elsewhere);
    expect((await site.approvalEnd(second)).state).toBe('approved');
    expect((await site.manager.call('GET', `/approvals/${first}`)).body.state).toBe('waiting');
    await site.simulator.approve(number);
    expect((await site.approvalEnd(first)).state).toBe('approved');
  });

  it('can be cancelled once, and keeps its connector until then', { timeout: timeoutMs }, async ({ expect }) => {
    await using site = await startSite();
    const number = await site.createChange();
    const { body } = await site.startApproval({ number });
    const refused = await site.manager.call('DELETE', '/connectors/snow');
    expect(refused.body).toMatchObject({ code: 'connector-in-use', detail: expect.stringContaining(body.id) });
    expect((await site.manager.call('DELETE', `/approvals/${body.id}`)).body.state).toBe('cancelled');
    expect((await site.manager.call('DELETE', `/approvals/${body.id}`)).body.code).toBe('approval-ended');
    expect((await site.manager.call('DELETE', '/connectors/snow')).status).toBe(204);
  });

  it('started twice with one idempotency key is one', { timeout: timeoutMs }, async ({ expect }) => {
    await using site = await startSite();
    const number = await site.createChange();
    const start = (table: string) =>
      site.manager.call(
        'POST',
        '/approvals',
        { connector: 'snow', table, number, approve: 'approval = approved' },
        { headers: { 'idempotency-key': 'run 1' } },
      );
    const first = await start('change_request');
    expect((await start('change_request')).body.id).toBe(first.body.id);
    expect((await start('incident')).body.code).toBe('idempotency-key-reused');
  });
});
