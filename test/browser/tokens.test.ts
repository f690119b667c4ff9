import { describe, expect, it } from 'vitest';
import { findBarriers } from '../support/barriers.ts';
import { startBrowser } from '../support/browser.ts';
import { startTestManager } from '../support/manager.ts';

describe('the page of tokens', () => {
  it('shows the text of a new API token once, and the token opens the API', async () => {
    await using manager = await startTestManager();
    await using browser = await startBrowser();
    await using window = await browser.open(manager.url, { token: manager.adminToken });
    const { page } = window;
    await page.goto('/tokens');
    await page.getByRole('button', { name: 'Create an API token' }).click();
    const dialog = page.getByRole('dialog', { name: 'Create an API token' });
    await dialog.getByLabel('Name').fill('admin');
    await dialog.getByLabel('Role').selectOption('viewer');
    await dialog.getByLabel('Expires after').fill('soon');
    await dialog.getByRole('button', { name: 'Create' }).click();
    await dialog.getByText('must be a duration', { exact: false }).first().waitFor();
    await dialog.getByLabel('Expires after').fill('90d');
    await dialog.getByRole('button', { name: 'Create' }).click();
    await dialog.getByText('there is a token named "admin" already').first().waitFor();
    await dialog.getByLabel('Name').fill('eve');
    await dialog.getByLabel('Environments').fill('production');
    await dialog.getByLabel('Environments').press('Enter');
    expect(await findBarriers(page)).toEqual([]);
    await dialog.getByRole('button', { name: 'Create' }).click();
    const token = await dialog.getByText(/^tga_/).textContent();
    expect(await findBarriers(page)).toEqual([]);
    await dialog.getByRole('button', { name: 'I have it' }).click();
    await page.getByRole('row', { name: /^eve viewer all applications in production valid/ }).waitFor();
    expect(await page.getByText(/tga_/).count()).toBe(0);
    expect((await manager.call('GET', '/connectors', undefined, { token: token ?? '' })).status).toBe(200);
    expect(window.faults).toEqual([]);
  });

  it('does not lose the text of a token to a click beside the dialog, or to Escape', async () => {
    await using manager = await startTestManager();
    await using browser = await startBrowser();
    await using window = await browser.open(manager.url, { token: manager.adminToken });
    const { page } = window;
    await page.goto('/tokens');
    await page.getByRole('button', { name: 'Create a delegate token' }).click();
    const dialog = page.getByRole('dialog', { name: 'Create a delegate token' });
    await dialog.getByLabel('Name').fill('dc1');
    await dialog.getByRole('button', { name: 'Create' }).click();
    await dialog.getByText(/^tgd_/).waitFor();
    await page.mouse.click(5, 5);
    await page.keyboard.press('Escape');
    expect(await dialog.getByRole('button', { name: 'Close' }).count()).toBe(0);
    await dialog.getByRole('button', { name: 'I have it' }).click();
    await page
      .getByRole('table', { name: 'Delegate tokens' })
      .getByRole('row', { name: /^dc1 valid/ })
      .waitFor();
  });

  it('revokes after asking', async () => {
    await using manager = await startTestManager();
    await using browser = await startBrowser();
    const { body } = await manager.call('POST', '/api-tokens', { name: 'eve', role: 'viewer' });
    await using window = await browser.open(manager.url, { token: manager.adminToken });
    const { page } = window;
    await page.goto('/tokens');
    await page.getByRole('button', { name: 'Revoke admin' }).click();
    await page.getByText('You are signed in with this token', { exact: false }).waitFor();
    await page.getByRole('button', { name: 'Cancel' }).click();
    await page.getByRole('button', { name: 'Revoke eve' }).click();
    await page.getByRole('dialog', { name: 'Revoke eve?' }).getByRole('button', { name: 'Revoke' }).click();
    await page.getByRole('row', { name: /^eve viewer not limited revoked/ }).waitFor();
    expect((await manager.call('GET', '/connectors', undefined, { token: body.token })).status).toBe(401);
  });

  it('has nothing for an operator', async () => {
    await using manager = await startTestManager();
    await using browser = await startBrowser();
    const { body } = await manager.call('POST', '/api-tokens', { name: 'ops', role: 'operator' });
    await using window = await browser.open(manager.url, { token: body.token });
    await window.page.goto('/tokens');
    await window.page.getByText('Only an administrator sees tokens.').waitFor();
    expect(await window.page.getByRole('main').getByRole('button').count()).toBe(0);
  });
});
