import axe, { type AxeResults } from 'axe-core';
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { delegateProgram } from '../../delegate/main.ts';
import { resolveOptions } from '../../runtime/options.ts';
import { startBrowser } from '../support/browser.ts';
import { temporaryDirectory } from '../support/directory.ts';
import { startDispatchWorld } from '../support/dispatch-world.ts';
import { capturingLogger } from '../support/log.ts';
import { startTestManager } from '../support/manager.ts';
import { ScriptedDelegate } from '../support/scripted-delegate.ts';

/** What the export lines of a shell kit say. Nothing in it needs quotes here. */
function readExports(script: string): Record<string, string> {
  return Object.fromEntries(
    [...script.matchAll(/^export TICKETGATE_(\w+)=(\S+)$/gm)].map(([, name, value]) => [name, value]),
  );
}

/** Starts the delegate in this process, as the kit that the page shows would. */
async function startFromKit(page: Page, name: string) {
  const owned = new AsyncDisposableStack();
  const script = await page
    .locator('pre')
    .and(page.getByLabel(`ticketgate-${name}.sh`, { exact: true }))
    .innerText();
  const { MANAGER, TOKEN, NAME, TAGS } = readExports(script);
  const data = owned.use(await temporaryDirectory());
  const flags = { manager: MANAGER, token: TOKEN, name: NAME, tags: TAGS, data: data.path };
  const options = resolveOptions(delegateProgram.options, { flags, env: {}, file: {} });
  const delegate = await delegateProgram.start(options, { logger: capturingLogger().logger, env: {} });
  owned.defer(() => delegate.close());
  return { token: TOKEN ?? '', [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

describe('the page that installs a delegate', () => {
  it('makes a token and a kit, waits for the first heartbeat, and says that the delegate is online', async () => {
    await using manager = await startTestManager();
    await using browser = await startBrowser();
    await using window = await browser.open(manager.url, { token: manager.adminToken });
    const { page } = window;
    await page.goto('/delegates/install');
    await page.getByLabel('Kind').selectOption('shell');
    await page.getByLabel('Name', { exact: false }).first().fill('dc1');
    await page.getByLabel('Tags').fill('EU, prod');
    expect(await page.getByLabel('Address of this manager').inputValue()).toBe(manager.url);
    await page.getByRole('button', { name: 'Make the kit' }).click();
    await page.getByText('Waiting for the first heartbeat of dc1').waitFor();
    await using started = await startFromKit(page, 'dc1');
    await page.getByText('dc1 is online.').waitFor();
    expect((await manager.call('GET', '/delegates')).body.items).toMatchObject([{ name: 'dc1', state: 'online' }]);
    expect((await manager.call('GET', '/delegate-tokens')).body.items).toMatchObject([{ name: 'delegate-dc1' }]);
    expect(await page.getByText(started.token).count()).toBeGreaterThan(0);
    await page.evaluate(axe.source);
    const { violations } = await page.evaluate<AxeResults>('axe.run()');
    expect(violations.filter(({ impact }) => impact === 'serious' || impact === 'critical')).toEqual([]);
    await page.setViewportSize({ width: 375, height: 800 });
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(375);
    await page.reload();
    await page.getByRole('button', { name: 'Make the kit' }).waitFor();
    expect(await page.content()).not.toContain(started.token);
    expect(window.faults).toEqual([]);
  });

  it('names the field at fault, and keeps the token that it made for the next try', async () => {
    await using manager = await startTestManager();
    await using browser = await startBrowser();
    await using window = await browser.open(manager.url, { token: manager.adminToken });
    const { page } = window;
    await page.goto('/delegates/install');
    await page.getByLabel('Name', { exact: false }).first().fill('dc1');
    await page.getByLabel('Tags').fill('no tag');
    await page.getByRole('button', { name: 'Make the kit' }).click();
    await page.getByRole('alert').getByText('cannot be tags: no tag').first().waitFor();
    await page.getByLabel('Tags').fill('');
    await page.getByRole('button', { name: 'Make the kit' }).click();
    await page.getByText('docker run --detach').waitFor();
    expect((await manager.call('GET', '/delegate-tokens')).body.items).toHaveLength(1);
  });

  it('is not for those who may make no token', async () => {
    await using manager = await startTestManager();
    await using browser = await startBrowser();
    const { body } = await manager.call('POST', '/api-tokens', { name: 'op', role: 'operator' });
    await using window = await browser.open(manager.url, { token: body.token });
    await window.page.goto('/delegates/install');
    await window.page.getByText('An administrator makes install kits').waitFor();
    expect(await window.page.getByRole('button', { name: 'Make the kit' }).count()).toBe(0);
  });
});

describe('the page of a delegate', () => {
  it('lets an administrator approve it and drain it, each after a question', async () => {
    await using world = await startDispatchWorld();
    await using browser = await startBrowser();
    const { manager } = world;
    const { body } = await manager.call('POST', '/delegate-tokens', { name: 'careful', requiresApproval: true });
    const hello = { ...ScriptedDelegate.modern, name: 'new', instanceId: '00000000-0000-4000-8000-000000000009' };
    await using delegate = (await ScriptedDelegate.join(manager.url, body.token, hello, { kind: 'live' })).keepAlive(
      100,
    );
    await using window = await browser.open(manager.url, { token: manager.adminToken });
    const { page } = window;
    await page.goto('/delegates/new.00000000');
    await page.getByText("It waits for an administrator's approval").waitFor();
    await page.getByRole('row', { name: 'https://example.service-now.com/ unchecked' }).waitFor();
    await page.getByRole('button', { name: 'Approve' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Approve' }).click();
    await page.getByText('It answers canaries, and takes tasks.').waitFor();
    expect(await page.getByRole('button', { name: 'Approve' }).count()).toBe(0);
    await page.getByRole('button', { name: 'Drain' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Drain' }).click();
    await delegate.next('drain');
    await page.getByText('It takes nothing new, finishes what it has, and leaves.').waitFor();
    expect(window.faults).toEqual([]);
  });

  it('offers a viewer nothing, and an operator the drain', async () => {
    await using world = await startDispatchWorld();
    await using browser = await startBrowser();
    await world.joinModern('a', { kind: 'live' });
    const [{ id }] = (await world.manager.call('GET', '/delegates')).body.items;
    for (const [role, buttons] of [
      ['viewer', 0],
      ['operator', 1],
    ] as const) {
      const { body } = await world.manager.call('POST', '/api-tokens', { name: role, role });
      await using window = await browser.open(world.manager.url, { token: body.token });
      await window.page.goto(`/delegates/${id}`);
      await window.page.getByText('It answers canaries, and takes tasks.').waitFor();
      expect(await window.page.getByRole('button', { name: /Drain|Approve|Reject/ }).count()).toBe(buttons);
    }
  });
});
