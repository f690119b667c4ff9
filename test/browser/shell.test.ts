import { describe, expect, it } from 'vitest';
import { startBrowser } from '../support/browser.ts';
import { startTestManager, startTestRedis } from '../support/manager.ts';

describe('the console', () => {
  it('asks for a token, says what is wrong with one, and then shows the page that was asked for', async () => {
    await using manager = await startTestManager();
    await using browser = await startBrowser();
    await using window = await browser.open(manager.url);
    const { page } = window;
    await page.goto('/delegates');
    await page.getByLabel('API token').fill('tga_wrong');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('alert').getByText('token-unknown').waitFor();
    await page.getByLabel('API token').fill(manager.adminToken);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('heading', { level: 1, name: 'Delegates' }).waitFor();
    expect(new URL(page.url()).pathname).toBe('/delegates');
    expect(window.faults).toEqual([]);
  });

  it('asks again when the token was revoked meanwhile, and returns to the page', async () => {
    await using manager = await startTestManager();
    await using browser = await startBrowser();
    const { body } = await manager.call('POST', '/api-tokens', { name: 'eve', role: 'viewer' });
    await using window = await browser.open(manager.url, { token: body.token });
    const { page } = window;
    await page.goto('/tasks');
    await page.getByRole('heading', { level: 1, name: 'Tasks' }).waitFor();
    await manager.call('DELETE', '/api-tokens/eve');
    await page.getByRole('heading', { name: 'Sign in to Ticketgate' }).waitFor();
    await page.getByLabel('API token').fill(manager.adminToken);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('heading', { level: 1, name: 'Tasks' }).waitFor();
  });

  it('offers a viewer nothing that would be refused', async () => {
    await using manager = await startTestManager();
    await using browser = await startBrowser();
    const { body } = await manager.call('POST', '/api-tokens', { name: 'eve', role: 'viewer' });
    await using window = await browser.open(manager.url, { token: body.token });
    const { page } = window;
    await page.goto('/delegates');
    await page.getByRole('heading', { level: 1, name: 'Delegates' }).waitFor();
    const pages = page.getByRole('navigation', { name: 'Pages' }).getByRole('link');
    expect(await pages.allTextContents()).toEqual(['Home', 'Approvals', 'Tasks', 'Delegates', 'Connectors']);
    expect(await page.getByRole('link', { name: 'Install a delegate' }).count()).toBe(0);
  });

  it('says that the manager is away while it is, keeps what it knew, and recovers', async () => {
    await using redis = await startTestRedis();
    const first = await startTestManager({ redis });
    const { port } = new URL(first.url);
    await using browser = await startBrowser();
    await using window = await browser.open(first.url, { token: first.adminToken });
    const { page } = window;
    await page.goto('/delegates');
    await page.getByText('No delegate has connected').waitFor();
    await first[Symbol.asyncDispose]();
    await page.getByRole('status').getByText('The manager does not answer').waitFor();
    expect(await page.getByText('No delegate has connected').isVisible()).toBe(true);
    await using _second = await startTestManager({ redis, port: Number(port) });
    await page.getByText('The manager does not answer').waitFor({ state: 'detached' });
  });
});
