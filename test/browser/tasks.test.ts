import { describe, expect, it } from 'vitest';
import { startBrowser } from '../support/browser.ts';
import { startDispatchWorld } from '../support/dispatch-world.ts';
import { startSite } from '../support/site.ts';

const read = {
  type: 'ticket.read',
  connector: 'snow',
  params: { table: 'incident', numbers: ['INC1'], fields: ['state'] },
};

describe('the pages of tasks', () => {
  it('say of a task that nobody can take why, with a verdict on each delegate, and let it be cancelled', async () => {
    await using site = await startSite();
    await using browser = await startBrowser();
    const { body: task } = await site.manager.call('POST', '/tasks', { ...read, selectors: ['dc9'] });
    await using window = await browser.open(site.manager.url, { token: site.manager.adminToken });
    const { page } = window;
    await page.goto('/tasks');
    await page.getByRole('link', { name: task.id }).click();
    await page.getByText('no delegate holds the selector "dc9" (the nearest is "dc1")').waitFor();
    const verdicts = page.getByRole('table', { name: 'Verdict on each delegate' });
    await verdicts.getByRole('row', { name: 'd1 lacks-selectors lacks "dc9"' }).waitFor();
    await page.getByRole('button', { name: 'Cancel the task' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Cancel the task' }).click();
    await page.getByText('Cancelled: cancelled by a caller').waitFor();
    expect(await page.getByRole('button', { name: 'Cancel the task' }).count()).toBe(0);
    expect(window.faults).toEqual([]);
  });

  it('show the time line of a task, and what it brought as stored and as shown', async () => {
    await using site = await startSite();
    await using browser = await startBrowser();
    const number = await site.createChange();
    const params = { table: 'change_request', numbers: [number], fields: ['state'] };
    const { body: task } = await site.manager.call('POST', '/tasks?waitMs=20000', { ...read, params });
    await using window = await browser.open(site.manager.url, { token: site.manager.adminToken });
    const { page } = window;
    await page.goto(`/tasks/${task.id}`);
    await page.getByText('Attempt 1: succeeded').waitFor();
    await page.getByRole('row', { name: 'state New -5' }).waitFor();
    expect(await page.getByRole('link', { name: number }).getAttribute('href')).toContain(site.simulator.url);
  });

  it('scroll through ten thousand, of which only those in sight are made', async () => {
    await using world = await startDispatchWorld();
    await using browser = await startBrowser();
    const count = 10_000;
    for (let made = 0; made < count; made += 100)
      await Promise.all(
        Array.from({ length: 100 }, () => world.manager.call('POST', '/tasks', { ...read, selectors: ['nobody'] })),
      );
    await using window = await browser.open(world.manager.url, { token: world.manager.adminToken });
    const { page } = window;
    await page.goto('/tasks');
    await page.locator('tr[aria-rowindex="2"]').waitFor();
    const rows = page.getByRole('table', { name: 'Tasks' }).getByRole('row');
    for (let loaded = 200; loaded <= count; loaded += 200) {
      // What is loaded meanwhile moves the end away.
      await expect
        .poll(
          async () => {
            await page.keyboard.press('End');
            return Number(await rows.last().getAttribute('aria-rowindex'));
          },
          { timeout: 15_000 },
        )
        .toBeGreaterThan(loaded);
      expect(await rows.count()).toBeLessThan(100);
    }
    await page.getByText(`These are all ${count} tasks.`).waitFor();
    await page.keyboard.press('Home');
    await page.locator('tr[aria-rowindex="2"]').waitFor();
  }, 120_000);

  it('show no task that fits the filter no longer, and go on when more could not be loaded', async () => {
    await using world = await startDispatchWorld();
    await using browser = await startBrowser();
    const submitted = [];
    for (let made = 0; made < 250; made += 1)
      submitted.push(await world.manager.call('POST', '/tasks', { ...read, selectors: ['nobody'] }));
    await using window = await browser.open(world.manager.url, { token: world.manager.adminToken });
    const { page } = window;
    const asked: string[] = [];
    await page.route('**/api/v1/tasks?*cursor=*', (route) => {
      asked.push(route.request().url());
      const problem = { status: 500, code: 'internal', detail: 'a fault', title: '', remedy: '' };
      return route.fulfill({ status: 500, contentType: 'application/problem+json', json: problem });
    });
    await page.goto('/tasks?state=["queued"]');
    await page.locator('tr[aria-rowindex="2"]').waitFor();
    const again = page.getByRole('button', { name: 'Try again' });
    await expect
      .poll(async () => {
        await page.keyboard.press('End');
        return again.isVisible();
      })
      .toBe(true);
    expect(asked.length).toBeLessThanOrEqual(2);
    await page.unroute('**/api/v1/tasks?*cursor=*');
    await again.click();
    await page.getByText('These are all 250 tasks.').waitFor();
    const ids = submitted.map(({ body }) => body.id);
    for (const id of ids) await world.manager.call('DELETE', `/tasks/${id}`);
    await page.getByText('No task fits the filters').waitFor();
  });

  it('keep the filters in the address', async () => {
    await using site = await startSite();
    await using browser = await startBrowser();
    await site.createChange();
    await using window = await browser.open(site.manager.url, { token: site.manager.adminToken });
    const { page } = window;
    await page.goto('/tasks');
    await page.getByRole('combobox', { name: 'Type' }).click();
    await page.getByRole('option', { name: 'ticket.create' }).click();
    await page.getByText('This is the only task.').waitFor();
    expect(new URL(page.url()).searchParams.get('type')).toBe('ticket.create');
    await page.reload();
    await page.getByText('This is the only task.').waitFor();
    await page.getByRole('button', { name: 'Clear filters' }).click();
    await page.getByText('These are all 2 tasks.').waitFor();
  });
});
