import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { readAllowed } from '../../manager/webhooks/address-guard.ts';
import { findBarriers } from '../support/barriers.ts';
import { startBrowser } from '../support/browser.ts';
import { serve, startDispatchWorld } from '../support/dispatch-world.ts';
import { ScriptedDelegate } from '../support/scripted-delegate.ts';
import { startSite } from '../support/site.ts';
import { startReceiver, status } from '../support/webhook-target.ts';

describe('the page of an approval', () => {
  it('shows without a reload that the gate opened, and gives its evidence as a file', async () => {
    await using site = await startSite();
    await using browser = await startBrowser();
    const number = await site.createChange();
    const { body } = await site.startApproval({ number, reject: 'approval = rejected' });
    await using window = await browser.open(site.manager.url, { token: site.manager.adminToken });
    const { page } = window;
    let loads = 0;
    page.on('load', () => {
      loads += 1;
    });
    await page.goto(`/approvals/${body.id}`);
    await page.getByRole('status').getByText('waiting').waitFor();
    await page.getByRole('row', { name: 'approval Requested requested approval rejection' }).waitFor();
    await page.getByRole('table', { name: 'Approvers who are asked' }).getByText('Ada Approver').waitFor();
    await site.simulator.approve(number);
    await page.getByRole('status').getByText('approved', { exact: true }).waitFor();
    await page.getByRole('row', { name: 'approval Approved approved approval rejection' }).waitFor();
    expect(await page.getByRole('button', { name: 'Cancel the approval' }).count()).toBe(0);
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Save as a JSON file' }).click(),
    ]);
    expect(download.suggestedFilename()).toBe(`approval-${number}-${body.id}.json`);
    const saved = JSON.parse(await readFile(await download.path(), 'utf8'));
    expect(saved).toEqual((await site.manager.call('GET', `/approvals/${body.id}`)).body);
    expect(saved.evidence.reading.ticket.fields.approval.value).toBe('approved');
    const ticket = page.getByRole('link', { name: `${number} in ServiceNow, in a new tab` });
    expect(await ticket.getAttribute('href')).toContain(site.simulator.url);
    expect(await ticket.getAttribute('target')).toBe('_blank');
    expect(loads).toBe(1);
    expect(await findBarriers(page)).toEqual([]);
    expect(window.faults).toEqual([]);
  });

  it('says what is left of the change window, in UTC and in the zone of the viewer', async () => {
    await using site = await startSite();
    await using browser = await startBrowser();
    const stored = (ms: number) => new Date(Date.now() + ms).toISOString().slice(0, 19).replace('T', ' ');
    const fields = { short_description: 'Deploy', start_date: stored(-3_600_000), end_date: stored(3 * 3_600_000) };
    const params = { table: 'change_request', fields };
    const created = await site.manager.call('POST', '/tasks?waitMs=20000', {
      type: 'ticket.create',
      connector: 'snow',
      params,
    });
    const { body } = await site.startApproval({
      number: created.body.outcome.result.ticket.number,
      window: { startField: 'start_date', endField: 'end_date' },
      expectedDuration: '4h',
    });
    await using window = await browser.open(site.manager.url, { token: site.manager.adminToken });
    const { page } = window;
    await page.goto(`/approvals/${body.id}`);
    const region = page.getByRole('region', { name: 'Change window' });
    await region.getByText(/It is over in 2h 59m/).waitFor();
    await region
      .getByText(/UTC.* here$/)
      .first()
      .waitFor();
    await page.getByText(/only 2h 59m are left of the change window/).waitFor();
  });

  it('says why the last poll failed and what to do, while it waits', async () => {
    await using site = await startSite();
    await using browser = await startBrowser();
    const number = await site.createChange();
    await site.simulator.setFault({ mode: 'hibernating' });
    const { body } = await site.startApproval({ number });
    await using window = await browser.open(site.manager.url, { token: site.manager.adminToken });
    const { page } = window;
    await page.goto(`/approvals/${body.id}`);
    const failure = page.getByRole('alert').filter({ hasText: 'The last poll failed; it goes on waiting' });
    await failure.getByText('servicenow-hibernating').waitFor();
    expect(await findBarriers(page)).toEqual([]);
    await page.getByText('The ticket was not read yet.').or(page.getByText('No reading of the ticket')).waitFor();
  });

  it('cancels only after a confirmation, and offers it to nobody who may not', async () => {
    await using site = await startSite();
    await using browser = await startBrowser();
    const { body } = await site.startApproval({ number: await site.createChange() });
    const viewer = await site.manager.call('POST', '/api-tokens', { name: 'eve', role: 'viewer' });
    await using watched = await browser.open(site.manager.url, { token: viewer.body.token });
    await watched.page.goto(`/approvals/${body.id}`);
    await watched.page.getByRole('status').getByText('waiting').waitFor();
    expect(await watched.page.getByRole('button', { name: 'Cancel the approval' }).count()).toBe(0);
    await using window = await browser.open(site.manager.url, { token: site.manager.adminToken });
    const { page } = window;
    await page.goto(`/approvals/${body.id}`);
    await page.getByRole('button', { name: 'Cancel the approval' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Let it wait' }).click();
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Cancel the approval' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Cancel the approval' }).click();
    await page.getByRole('status').getByText('cancelled by token "admin"').waitFor();
    await watched.page.getByRole('status').getByText('cancelled by token "admin"').waitFor();
    expect(window.faults).toEqual([]);
  });

  it('shows the tries of a webhook, and tries it again when asked', async () => {
    const webhookAllow = [readAllowed('127.0.0.1')].filter((entry) => entry !== undefined);
    await using world = await startDispatchWorld({ webhookAllow });
    await using receiver = await startReceiver();
    await using browser = await startBrowser();
    const taskTypes = [...ScriptedDelegate.modern.taskTypes, 'metadata.read' as const];
    serve(await world.join('a', { taskTypes }));
    const { manager } = world;
    await manager.call('PUT', '/secrets/hook', { value: 'a key of more than 24 bytes' });
    receiver.answer(status(410, {}, 'nobody here'), status(204));
    const { body } = await manager.call('POST', '/approvals', {
      ...{ connector: 'snow', table: 'change_request', number: 'CHG1', approve: 'approval = approved' },
      webhook: { url: receiver.url, secret: 'hook' },
    });
    await manager.call('DELETE', `/approvals/${body.id}`);
    await using window = await browser.open(manager.url, { token: manager.adminToken });
    const { page } = window;
    await page.goto(`/approvals/${body.id}`);
    await page.getByRole('status').getByText('given-up').waitFor();
    const tries = page.getByRole('table', { name: 'Tries of the webhook' });
    await tries.getByText('It answered: nobody here').waitFor();
    await page.goto('/');
    await page.getByRole('link', { name: /^The webhook about the end of the approval of CHG1 was given up/ }).click();
    await page.getByRole('button', { name: 'Retry the webhook now' }).click();
    await page.getByRole('status').getByText('delivered', { exact: true }).waitFor();
    expect(await tries.getByRole('row').count()).toBe(3);
    expect(await page.getByRole('button', { name: 'Retry the webhook now' }).count()).toBe(0);
    expect(await findBarriers(page)).toEqual([]);
  });
});

describe('the list of approvals', () => {
  it('says how to start the first, keeps what is shown in the address, and shows more when asked', async () => {
    await using site = await startSite();
    await using browser = await startBrowser();
    await using window = await browser.open(site.manager.url, { token: site.manager.adminToken });
    const { page } = window;
    await page.goto('/approvals');
    await page.getByRole('heading', { name: 'No approval waits' }).waitFor();
    await page.getByText('ticketgate approval start --connector NAME').waitFor();
    await page.getByRole('link', { name: 'Start an approval by hand' }).waitFor();
    const number = await site.createChange();
    const ended = await site.startApproval({ number });
    await site.manager.call('DELETE', `/approvals/${ended.body.id}`);
    await site.startApproval({ number });
    await Promise.all(Array.from({ length: 50 }, () => site.startApproval({ number, every: '1d' })));
    const rows = page.getByRole('table', { name: 'Waiting approvals' }).getByRole('row');
    await page.getByText('The newest 50 are shown.').waitFor();
    await page.getByRole('button', { name: 'Show more' }).click();
    await page.getByText('51 in all.').waitFor();
    expect(await rows.count()).toBe(52);
    await page.getByRole('tab', { name: 'Ended' }).click();
    await page.getByRole('table', { name: 'Ended approvals' }).getByText('cancelled', { exact: true }).waitFor();
    expect(new URL(page.url()).searchParams.get('show')).toBe('ended');
    await page.getByLabel('Ticket number').fill('CHG9');
    await page.getByRole('button', { name: 'Filter' }).click();
    await page.getByRole('heading', { name: 'No approval of this ticket here' }).waitFor();
    await page.reload();
    await page.getByRole('heading', { name: 'No approval of this ticket here' }).waitFor();
    await page.getByRole('button', { name: 'Clear the filter' }).click();
    await page.getByRole('link', { name: `Approval of ${number}` }).click();
    await page.getByRole('heading', { level: 1, name: `Approval of ${number}` }).waitFor();
    expect(window.faults).toEqual([]);
  }, 60_000);
});
