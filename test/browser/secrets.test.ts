import { describe, expect, it } from 'vitest';
import { findBarriers } from '../support/barriers.ts';
import { startBrowser } from '../support/browser.ts';
import { startTestManager } from '../support/manager.ts';

const everywhere = { applications: 'all', environments: 'all' };

describe('the page of secrets', () => {
  it('creates one within a scope, and never shows its value again', async () => {
    await using manager = await startTestManager();
    await using browser = await startBrowser();
    await using window = await browser.open(manager.url, { token: manager.adminToken });
    const { page } = window;
    await page.goto('/secrets');
    await page.getByText('There is no secret').waitFor();
    await page.getByRole('button', { name: 'Create a secret' }).click();
    const dialog = page.getByRole('dialog', { name: 'Create a secret' });
    await dialog.getByLabel('Name').fill('shop-password');
    await dialog.getByRole('button', { name: 'Create' }).click();
    await dialog.getByText('Type its value.').waitFor();
    await dialog.getByRole('textbox', { name: 'Value' }).fill('very-secret');
    await dialog.getByLabel('Applications').fill('shop');
    await dialog.getByLabel('Applications').press('Enter');
    await dialog.getByLabel('Environments').fill('moon');
    await dialog.getByLabel('Environments').press('Tab');
    expect(await findBarriers(page)).toEqual([]);
    await dialog.getByRole('button', { name: 'Create' }).click();
    await dialog.getByRole('alert').getByText('invalid-request').waitFor();
    await dialog.getByLabel('Environments').press('Backspace');
    await dialog.getByLabel('Environments').fill('production');
    await dialog.getByLabel('Environments').press('Tab');
    await dialog.getByRole('button', { name: 'Create' }).click();
    await dialog.waitFor({ state: 'detached' });
    await page.getByRole('row', { name: /^shop-password application shop in production nothing/ }).waitFor();
    expect(await page.content()).not.toContain('very-secret');
    expect(await findBarriers(page)).toEqual([]);
    expect(window.faults).toEqual([]);
  });

  it('narrows a scope, and says in place that none is widened', async () => {
    await using manager = await startTestManager();
    await using browser = await startBrowser();
    await manager.call('PUT', '/secrets/pw', { value: 'x', scope: { ...everywhere, environments: ['production'] } });
    await using window = await browser.open(manager.url, { token: manager.adminToken });
    const { page } = window;
    await page.goto('/secrets');
    await page.getByRole('button', { name: 'Narrow scope of pw' }).click();
    const dialog = page.getByRole('dialog', { name: 'Narrow the scope of pw' });
    const environments = dialog.getByLabel('Environments');
    await environments.fill('non-production');
    await environments.press('Tab');
    await dialog.getByRole('button', { name: 'Store' }).click();
    await dialog.getByText('does not lie within what the secret has now', { exact: false }).first().waitFor();
    await environments.press('Backspace');
    await environments.press('Backspace');
    await environments.fill('production/eu');
    await environments.press('Tab');
    await dialog.getByRole('button', { name: 'Store' }).click();
    await page.getByRole('row', { name: /^pw all applications in production\/eu/ }).waitFor();
  });

  it('changes a value, and leaves the scope', async () => {
    await using manager = await startTestManager();
    await using browser = await startBrowser();
    const scope = { ...everywhere, environments: ['production'] };
    const { body: before } = await manager.call('PUT', '/secrets/pw', { value: 'x', scope });
    await using window = await browser.open(manager.url, { token: manager.adminToken });
    const { page } = window;
    await page.goto('/secrets');
    await page.getByRole('button', { name: 'Change value of pw' }).click();
    const dialog = page.getByRole('dialog', { name: 'Change the value of pw' });
    await dialog.getByRole('textbox', { name: 'New value' }).fill('another');
    await dialog.getByRole('button', { name: 'Store' }).click();
    await dialog.waitFor({ state: 'detached' });
    const { body: after } = await manager.call('GET', '/secrets/pw');
    expect(after.scope).toEqual(scope);
    expect(after.updatedAt > before.updatedAt).toBe(true);
  });

  it('does not delete what is used, says by what, and leads there', async () => {
    await using manager = await startTestManager();
    await using browser = await startBrowser();
    await manager.call('PUT', '/secrets/pw', { value: 'x' });
    const authentication = { kind: 'basic', username: 'integration', password: { secret: 'pw' } };
    const connector = { name: 'snow', baseUrl: 'https://example.service-now.com/', authentication };
    await manager.call('POST', '/connectors?skipValidation=true', connector);
    await using window = await browser.open(manager.url, { token: manager.adminToken });
    const { page } = window;
    await page.goto('/secrets');
    await page.getByRole('button', { name: 'Delete of pw' }).click();
    const dialog = page.getByRole('dialog', { name: 'Delete pw?' });
    await dialog.getByRole('button', { name: 'Delete' }).click();
    await dialog.getByText('secret "pw" is used by: connector "snow"').waitFor();
    await dialog.getByRole('button', { name: 'Cancel' }).click();
    await page.getByRole('link', { name: 'connector "snow"' }).click();
    await page.getByRole('heading', { level: 1, name: 'snow' }).waitFor();
    await manager.call('DELETE', '/connectors/snow');
    await page.goto('/secrets');
    await page.getByRole('button', { name: 'Delete of pw' }).click();
    await dialog.getByRole('button', { name: 'Delete' }).click();
    await page.getByText('There is no secret').waitFor();
  });

  it('shows an operator which there are, and offers no change', async () => {
    await using manager = await startTestManager();
    await using browser = await startBrowser();
    await manager.call('PUT', '/secrets/pw', { value: 'x' });
    const { body } = await manager.call('POST', '/api-tokens', { name: 'ops', role: 'operator' });
    await using window = await browser.open(manager.url, { token: body.token });
    const { page } = window;
    await page.goto('/secrets');
    await page.getByRole('row', { name: /^pw/ }).waitFor();
    expect(await page.getByRole('main').getByRole('button').count()).toBe(0);
  });
});
