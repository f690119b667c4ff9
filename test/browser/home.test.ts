import { describe, expect, it } from 'vitest';
import { findBarriers } from '../support/barriers.ts';
import { startBrowser } from '../support/browser.ts';
import { startTestManager } from '../support/manager.ts';
import { startSite } from '../support/site.ts';

describe('Home', () => {
  it('leads a fresh manager through its first steps, ticked as they are done', async () => {
    await using manager = await startTestManager();
    await using browser = await startBrowser();
    await using window = await browser.open(manager.url, { token: manager.adminToken });
    const { page } = window;
    await page.goto('/');
    const steps = page.getByRole('list', { name: 'First steps' }).getByRole('listitem');
    await steps.nth(2).waitFor();
    expect(await steps.getByText('to do').count()).toBe(3);
    expect(await page.getByRole('heading', { name: 'Needs attention' }).count()).toBe(0);
    await manager.call('PUT', '/secrets/pw', { value: 'x' });
    const authentication = { kind: 'basic', username: 'integration', password: { secret: 'pw' } };
    const connector = { name: 'snow', baseUrl: 'https://example.service-now.com/', authentication };
    await manager.call('POST', '/connectors?skipValidation=true', connector);
    await steps.nth(1).getByText('done').waitFor();
    await page.getByRole('link', { name: 'No delegate is online: nothing is asked of ServiceNow.' }).waitFor();
    expect(await findBarriers(page)).toEqual([]);
    await page.getByRole('link', { name: 'Install a delegate' }).click();
    await page.waitForURL('**/delegates/install');
    expect(window.faults).toEqual([]);
  });

  it('offers a viewer no step that would be refused', async () => {
    await using manager = await startTestManager();
    await using browser = await startBrowser();
    const { body } = await manager.call('POST', '/api-tokens', { name: 'eve', role: 'viewer' });
    await using window = await browser.open(manager.url, { token: body.token });
    const { page } = window;
    await page.goto('/');
    const steps = page.getByRole('list', { name: 'First steps' });
    await steps.getByText('An administrator installs a delegate').waitFor();
    expect(await steps.getByRole('link').count()).toBe(0);
  });

  it('says that all is well, and at once when something is not, with the way to it', async () => {
    await using site = await startSite();
    await using browser = await startBrowser();
    const number = await site.createChange();
    await site.startApproval({ number });
    await using window = await browser.open(site.manager.url, { token: site.manager.adminToken });
    const { page } = window;
    await page.goto('/');
    await page.getByText('All is well').waitFor();
    expect(await findBarriers(page)).toEqual([]);
    await page.getByRole('table', { name: 'Recent approvals' }).getByRole('link', { name: number }).waitFor();
    await page
      .getByRole('table', { name: 'Recent tasks' })
      .getByRole('link', { name: /^ticket.create/ })
      .waitFor();
    const { body: task } = await site.manager.call('POST', '/tasks', {
      type: 'ticket.read',
      connector: 'snow',
      selectors: ['dc9'],
      params: { table: 'change_request', numbers: [number], fields: ['state'] },
    });
    await page
      .getByRole('list', { name: 'What needs attention' })
      .getByRole('link', { name: /nobody can take it: no delegate that is connected holds dc9/ })
      .click();
    await page.getByRole('heading', { level: 1, name: `Task ${task.id}` }).waitFor();
    expect(window.faults).toEqual([]);
  });
});
