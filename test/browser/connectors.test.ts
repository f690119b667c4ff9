import type { Locator, Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { findBarriers } from '../support/barriers.ts';
import { startBrowser, type Window } from '../support/browser.ts';
import { type Site, startSite } from '../support/site.ts';

describe('the dialog of a collaboration provider', () => {
  it('is filled in step by step, and stores what passed its test', async () => {
    await using world = await openConnectors();
    const { site, page } = world;
    await page.getByRole('button', { name: 'Add Collaboration Provider' }).click();
    const dialog = page.getByRole('dialog', { name: 'Add Collaboration Provider' });
    expect(await dialog.getByLabel('Type').locator('option').allTextContents()).toEqual(['ServiceNow']);
    await dialog.getByLabel('Display Name').fill('Development');
    await dialog.getByLabel('Base URL').fill(site.simulator.url);
    expect(await dialog.getByLabel('Authentication').inputValue()).toBe('basic');
    await dialog.getByLabel('Username').fill('integration');
    await createSecret(dialog, 'integration-password');
    await dialog
      .getByRole('status', { name: 'Usage Scope' })
      .getByText('all applications in all environments')
      .waitFor();
    await addSelector(dialog, 'DC1');
    await dialog.getByText('1 delegate is online with all of these: d1').waitFor();
    await dialog.getByRole('button', { name: 'Test', exact: true }).click();
    const report = dialog.getByRole('region', { name: 'Test' });
    await report.getByText('passed credentials: the credentials of integration are accepted').waitFor();
    await report.getByText('Run by delegate d1').waitFor();
    await dialog.getByRole('button', { name: 'Submit' }).click();
    await dialog.waitFor({ state: 'detached' });
    const row = page.getByRole('row', { name: /^Development/ });
    await row.getByText('passed').waitFor();
    const { body } = await site.manager.call('GET', '/connectors/Development');
    expect(body).toMatchObject({
      baseUrl: `${site.simulator.url}/`,
      authentication: { kind: 'basic', username: 'integration', password: { secret: 'development-password' } },
      selectors: ['dc1'],
      lastTest: { state: 'succeeded' },
    });
    expect(world.faults).toEqual([]);
  });

  it('says on a wrong password which finding failed and what to do, and passes once it is right', async () => {
    await using world = await openConnectors();
    const { site, page } = world;
    const dialog = await fillIn(page, site.simulator.url);
    await createSecret(dialog, 'wrong');
    await dialog.getByRole('button', { name: 'Submit' }).click();
    const report = dialog.getByRole('region', { name: 'Test' });
    await report.getByRole('heading', { name: 'Not stored, since its test did not pass' }).waitFor();
    await report.getByText(/^failed credentials: .*HTTP 401/).waitFor();
    await report.getByText('the user name and the password', { exact: false }).waitFor();
    expect((await site.manager.call('GET', '/connectors/Development')).status).toBe(404);
    await chooseSecret(dialog, 'pw');
    await report.getByText('You have changed something since.').waitFor();
    await dialog.getByRole('button', { name: 'Submit' }).click();
    await dialog.waitFor({ state: 'detached' });
    await page.getByRole('row', { name: /^Development/ }).waitFor();
  });

  it('says of a hibernating instance that it is one, and passes when it is awake', async () => {
    await using world = await openConnectors();
    const { site, page } = world;
    const dialog = await fillIn(page, site.simulator.url);
    await chooseSecret(dialog, 'pw');
    await site.simulator.setFault({ mode: 'hibernating' });
    await dialog.getByRole('button', { name: 'Test', exact: true }).click();
    const report = dialog.getByRole('region', { name: 'Test' });
    await report.getByText(/^failed instance: .*hibernat/).waitFor();
    await site.simulator.setFault({ mode: 'none' });
    await dialog.getByRole('button', { name: 'Test', exact: true }).click();
    await report.getByText('passed instance: a live instance answers').waitFor();
  });

  it('counts none where nobody online holds all selectors, and says so of the test that nobody takes', async () => {
    await using world = await openConnectors();
    const { site, page } = world;
    const dialog = await fillIn(page, site.simulator.url);
    await chooseSecret(dialog, 'pw');
    await addSelector(dialog, 'dc1');
    await addSelector(dialog, 'mars');
    await dialog.getByText('The one online delegate does not hold all of these.').waitFor();
    await dialog.getByRole('button', { name: 'Test', exact: true }).click();
    await dialog.getByText('A delegate tests it.').waitFor();
    await dialog.getByRole('button', { name: 'Stop' }).click();
    await dialog.getByText('A delegate tests it.').waitFor({ state: 'detached' });
    await dialog.getByLabel('Skip Validation').check();
    await dialog.getByRole('button', { name: 'Submit' }).click();
    await page.getByRole('row', { name: /^Development.*never tested/ }).waitFor();
    expect((await site.manager.call('GET', '/connectors/Development')).body.selectors).toEqual(['dc1', 'mars']);
  });

  it("shows the manager's faults at their fields", async () => {
    await using world = await openConnectors();
    const { page } = world;
    const dialog = await fillIn(page, 'https://user:pass@example.service-now.com/');
    await dialog.getByLabel('Username').fill('');
    await dialog.getByRole('button', { name: 'Submit' }).click();
    await describedBy(dialog.getByLabel('Username'), 'is missing');
    await describedBy(dialog.getByRole('combobox', { name: 'Encrypted Password' }), 'is missing');
    await dialog.getByLabel('Username').and(page.locator(':focus')).waitFor();
    await dialog.getByLabel('Username').fill('integration');
    await chooseSecret(dialog, 'pw');
    await dialog.getByRole('button', { name: 'Submit' }).click();
    await describedBy(dialog.getByLabel('Base URL'), 'carries credentials; give them as username and secret');
    await dialog.getByLabel('Display Name').fill('snow');
    await dialog.getByLabel('Base URL').fill('https://example.service-now.com/');
    await dialog.getByRole('button', { name: 'Submit' }).click();
    await describedBy(dialog.getByLabel('Display Name'), 'there is a connector named "snow" already');
  });

  it('asks for what each kind of authentication needs', async () => {
    await using world = await openConnectors();
    const { site, page } = world;
    const dialog = await fillIn(page, site.simulator.url);
    await dialog.getByLabel('Authentication').selectOption('OAuth client credentials');
    await dialog.getByLabel('Username').waitFor({ state: 'detached' });
    await dialog.getByLabel('Client ID').fill('some-client');
    await chooseSecret(dialog, 'pw', 'Encrypted Client Secret');
    await dialog.getByLabel('Skip Validation').check();
    await dialog.getByRole('button', { name: 'Submit' }).click();
    await dialog.waitFor({ state: 'detached' });
    expect((await site.manager.call('GET', '/connectors/Development')).body.authentication).toEqual({
      kind: 'oauth-client-credentials',
      clientId: 'some-client',
      clientSecret: { secret: 'pw' },
    });
  });

  it('never makes a secret of a name that there is', async () => {
    await using world = await openConnectors();
    const { page } = world;
    const dialog = await fillIn(page, 'https://example.service-now.com/');
    await createSecret(dialog, 'other', 'pw');
    await dialog.getByText('there is a secret "pw" already').waitFor();
  });

  it('is left by Escape, with the focus where it was, and has no serious fault of accessibility', async () => {
    await using world = await openConnectors();
    const { page } = world;
    await page.getByRole('row', { name: /^snow/ }).waitFor();
    expect(await findBarriers(page)).toEqual([]);
    const button = page.getByRole('button', { name: 'Add Collaboration Provider' });
    await button.press('Enter');
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Display Name').and(page.locator(':focus')).waitFor();
    expect(await findBarriers(page)).toEqual([]);
    const selectors = dialog.getByLabel('Delegate Selectors');
    await selectors.press('ArrowDown');
    await page.getByRole('option', { name: 'dc1' }).waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('option', { name: 'dc1' }).waitFor({ state: 'hidden' });
    expect(await dialog.isVisible()).toBe(true);
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    await button.and(page.locator(':focus')).waitFor();
  });
});

describe('the page of a collaboration provider', () => {
  it('tests again, and shows since when it fails and why', async () => {
    await using world = await openConnectors('/connectors/snow');
    const { site, page } = world;
    await page.getByText('passed credentials:', { exact: false }).waitFor();
    expect(await findBarriers(page)).toEqual([]);
    await site.simulator.setFault({ mode: 'hibernating' });
    await page.getByRole('button', { name: 'Re-test' }).click();
    await page.getByText(/^failed instance: .*hibernat/).waitFor();
    await page.getByText(/^since .* by d1$/).waitFor();
  });

  it('is edited in the same dialog, and stays as it was when the test fails', async () => {
    await using world = await openConnectors('/connectors/snow');
    const { site, page } = world;
    await page.getByRole('button', { name: 'Edit' }).click();
    const dialog = page.getByRole('dialog', { name: 'Edit snow' });
    expect(await dialog.getByLabel('Base URL').inputValue()).toBe(`${site.simulator.url}/`);
    await dialog.getByLabel('Username').fill('nobody');
    await dialog.getByRole('button', { name: 'Submit' }).click();
    await dialog.getByRole('heading', { name: 'Not stored, since its test did not pass' }).waitFor();
    await dialog.getByLabel('Username').fill('integration');
    await dialog.getByLabel('Display Name').fill('snow-2');
    await dialog.getByRole('button', { name: 'Submit' }).click();
    await page.getByRole('heading', { level: 1, name: 'snow-2' }).waitFor();
    expect(new URL(page.url()).pathname).toMatch(/\/con_\w+$/);
  });

  it('is not changed back by a form that was opened before somebody else changed it', async () => {
    await using world = await openConnectors('/connectors/snow');
    const { site, page } = world;
    await page.getByRole('button', { name: 'Edit' }).click();
    const dialog = page.getByRole('dialog', { name: 'Edit snow' });
    await dialog.getByLabel('Display Name').fill('snow-2');
    const { body: before } = await site.manager.call('GET', '/connectors/snow');
    const { name, baseUrl, authentication } = before;
    const other = { name, baseUrl, authentication, selectors: ['dc1'] };
    expect((await site.manager.call('PUT', '/connectors/snow?skipValidation=true', other)).status).toBe(200);
    await dialog.getByLabel('Skip Validation').check();
    await dialog.getByRole('button', { name: 'Submit' }).click();
    await dialog.getByText('connector-changed').waitFor();
    expect((await site.manager.call('GET', '/connectors/snow')).body).toMatchObject({ name, selectors: ['dc1'] });
    await dialog.getByRole('button', { name: 'Cancel' }).click();
    await page.getByRole('button', { name: 'Edit' }).click();
    await dialog.getByLabel('Display Name').fill('snow-2');
    await dialog.getByLabel('Skip Validation').check();
    await dialog.getByRole('button', { name: 'Submit' }).click();
    await page.getByRole('heading', { level: 1, name: 'snow-2' }).waitFor();
    expect((await site.manager.call('GET', '/connectors/snow-2')).body.selectors).toEqual(['dc1']);
  });

  it('says who could take a task of it now', async () => {
    await using world = await openConnectors('/connectors/snow');
    const { page } = world;
    const verdicts = page.getByRole('table', { name: 'Verdict on each delegate' });
    await verdicts.getByRole('row', { name: /^d1 eligible/ }).waitFor();
  });

  it('is not deleted while an approval needs it, and says which one does', async () => {
    await using world = await openConnectors('/connectors/snow');
    const { site, page } = world;
    const { body: approval } = await site.startApproval({ number: await site.createChange() });
    await page.getByRole('button', { name: 'Delete' }).click();
    const dialog = page.getByRole('dialog', { name: 'Delete snow?' });
    await dialog.getByRole('button', { name: 'Delete' }).click();
    await dialog.getByText(`is used by: approval ${approval.id}`, { exact: false }).waitFor();
    await site.manager.call('DELETE', `/approvals/${approval.id}`);
    await dialog.getByRole('button', { name: 'Delete' }).click();
    await page.getByText('There is no collaboration provider').waitFor();
  });

  it('offers a viewer nothing that would be refused', async () => {
    await using world = await openConnectors('/connectors/snow', 'viewer');
    const { page } = world;
    await page.getByRole('heading', { level: 1, name: 'snow' }).waitFor();
    const main = page.getByRole('main');
    expect(await main.getByRole('button').count()).toBe(0);
    await page.goto('/connectors');
    await page.getByRole('row', { name: /^snow/ }).waitFor();
    expect(await main.getByRole('button').count()).toBe(0);
  });
});

interface World extends AsyncDisposable {
  readonly site: Site;
  readonly page: Page;
  readonly faults: Window['faults'];
}

async function openConnectors(path = '/connectors', role?: 'viewer'): Promise<World> {
  const owned = new AsyncDisposableStack();
  const site = owned.use(await startSite());
  const browser = owned.use(await startBrowser());
  const token = role
    ? (await site.manager.call('POST', '/api-tokens', { name: 'eve', role })).body.token
    : site.manager.adminToken;
  const { page, faults } = await browser.open(site.manager.url, { token });
  await page.goto(path);
  return { site, page, faults, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

/** Opens the dialog and fills in everything but the secret. */
async function fillIn(page: Page, baseUrl: string): Promise<Locator> {
  await page.getByRole('button', { name: 'Add Collaboration Provider' }).click();
  const dialog = page.getByRole('dialog', { name: 'Add Collaboration Provider' });
  await dialog.getByLabel('Display Name').fill('Development');
  await dialog.getByLabel('Base URL').fill(baseUrl);
  await dialog.getByLabel('Username').fill('integration');
  return dialog;
}

async function chooseSecret(dialog: Locator, name: string, label = 'Encrypted Password'): Promise<void> {
  await dialog.getByRole('combobox', { name: label }).click();
  await dialog.page().getByRole('option', { name }).click();
}

async function createSecret(dialog: Locator, value: string, name?: string): Promise<void> {
  await chooseSecret(dialog, 'Create a new secret…');
  if (name !== undefined) await dialog.getByLabel('Secret name').fill(name);
  await dialog.getByLabel('Secret value').fill(value);
  await dialog.getByLabel('Secret value').press('Enter');
  if (name === undefined) await dialog.getByLabel('Secret value').waitFor({ state: 'detached' });
}

async function addSelector(dialog: Locator, selector: string): Promise<void> {
  await dialog.getByLabel('Delegate Selectors').fill(selector);
  await dialog.getByLabel('Delegate Selectors').press('Enter');
}

/** Waits until a field has this as what is said of it. */
async function describedBy(field: Locator, text: string): Promise<void> {
  await field.and(field.page().locator('[aria-invalid="true"]')).waitFor();
  const ids = (await field.getAttribute('aria-describedby'))?.split(' ') ?? [];
  const said = field.page().locator(ids.map((id) => `[id="${id}"]`).join(', '));
  await said.filter({ hasText: text }).waitFor();
}
