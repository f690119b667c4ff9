import { describe, expect, it } from 'vitest';
import { startEmbeddedRedis } from '../../manager/redis/embedded.ts';
import { startBrowser } from '../support/browser.ts';
import { temporaryDirectory } from '../support/directory.ts';
import { capturingLogger } from '../support/log.ts';
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

  it('says that what it shows is old while the manager answers and Redis does not', async () => {
    await using directory = await temporaryDirectory();
    const startRedis = () => startEmbeddedRedis(directory.path, capturingLogger().logger);
    const first = await startRedis();
    await using manager = await startTestManager({
      redis: { url: first.url, dir: directory.path, [Symbol.asyncDispose]: async () => {} },
    });
    await using browser = await startBrowser();
    await using window = await browser.open(manager.url, { token: manager.adminToken });
    const { page } = window;
    await page.goto('/delegates');
    await page.getByText('Live', { exact: true }).waitFor();
    await first.close();
    await page.getByRole('link', { name: 'Tasks' }).click();
    await page.getByRole('status').getByText('What you see is from before').waitFor();
    expect(await page.getByText('Live', { exact: true }).count()).toBe(0);
    const second = await startRedis();
    await page.getByText('What you see is from before').waitFor({ state: 'detached' });
    await manager[Symbol.asyncDispose]();
    await second.close();
  });

  it('is left at once by who signs out, with all that it showed', async () => {
    await using manager = await startTestManager();
    await using browser = await startBrowser();
    await using window = await browser.open(manager.url, { token: manager.adminToken });
    const { page } = window;
    await page.goto('/audit');
    await page.getByRole('heading', { level: 1, name: 'Audit' }).waitFor();
    await page.getByText('Live', { exact: true }).waitFor();
    await page.getByRole('button', { name: 'admin' }).click();
    await page.getByRole('menuitem', { name: 'Sign out' }).click();
    await page.getByRole('heading', { level: 1, name: 'Sign in to Ticketgate' }).waitFor({ timeout: 5_000 });
    expect(await page.getByRole('table').count()).toBe(0);
    expect((await window.context.request.get('/api/v1/session')).status()).toBe(401);
  });

  it('keeps what was typed when the session ends, and takes it up after a sign-in', async () => {
    await using manager = await startTestManager();
    await using browser = await startBrowser();
    const { body } = await manager.call('POST', '/api-tokens', { name: 'ann', role: 'admin' });
    await using window = await browser.open(manager.url, { token: body.token });
    const { page } = window;
    await page.goto('/connectors');
    await page.getByRole('button', { name: 'Add Collaboration Provider' }).first().click();
    await page.getByRole('dialog').getByLabel('Display Name').fill('typed before');
    await manager.call('DELETE', '/api-tokens/ann');
    const again = page.getByRole('dialog', { name: 'Sign in to Ticketgate again' });
    await again.getByLabel('API token').fill('tga_wrong');
    await again.getByRole('button', { name: 'Sign in' }).click();
    await again.getByText('token-unknown').waitFor();
    await again.getByLabel('API token').fill(manager.adminToken);
    await again.getByRole('button', { name: 'Sign in' }).click();
    await again.waitFor({ state: 'detached' });
    expect(await page.getByLabel('Display Name').inputValue()).toBe('typed before');
    await manager.call('POST', '/api-tokens', { name: 'eve', role: 'viewer' }).then(async ({ body: { token } }) => {
      await window.context.request.delete('/api/v1/session', { headers: { origin: manager.url } });
      await again.getByLabel('API token').fill(token);
      await again.getByRole('button', { name: 'Sign in' }).click();
    });
    // Who may do less has come: nothing of the page before is left.
    await again.waitFor({ state: 'detached' });
    await page.getByRole('heading', { level: 1, name: 'Collaboration Providers' }).waitFor();
    expect(await page.getByLabel('Display Name').count()).toBe(0);
  });

  it('hides its menu on a narrow screen from the keyboard too, until it is opened', async () => {
    await using manager = await startTestManager();
    await using browser = await startBrowser();
    await using window = await browser.open(manager.url, { token: manager.adminToken, width: 375 });
    const { page } = window;
    await page.goto('/delegates');
    await page.getByRole('heading', { level: 1, name: 'Delegates' }).waitFor();
    const link = page.getByRole('link', { name: 'Approvals' });
    expect(await link.count()).toBe(0);
    await page.getByRole('button', { name: 'Open the menu' }).click();
    await link.click();
    await page.getByRole('heading', { level: 1, name: 'Approvals' }).waitFor();
    expect(await link.count()).toBe(0);
  });

  it('listens for changes only as long as it is shown', async () => {
    await using manager = await startTestManager();
    await using browser = await startBrowser();
    await using window = await browser.open(manager.url, { token: manager.adminToken });
    const { page } = window;
    await page.goto('/delegates');
    await page.getByText('Live', { exact: true }).waitFor();
    const show = (state: 'hidden' | 'visible') =>
      page.evaluate(
        `Object.defineProperty(document, 'visibilityState', { configurable: true, value: '${state}' });
         document.dispatchEvent(new Event('visibilitychange'))`,
      );
    await show('hidden');
    await page.getByText('Polling', { exact: true }).waitFor();
    await show('visible');
    await page.getByText('Live', { exact: true }).waitFor();
  });
});
