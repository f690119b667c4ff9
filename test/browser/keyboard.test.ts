import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { startBrowser } from '../support/browser.ts';
import { startSite } from '../support/site.ts';

/** Presses Tab until what has the focus has this name. */
async function tabTo(page: Page, name: string): Promise<void> {
  const focused = page.locator(':focus');
  for (let pressed = 0; pressed < 60; pressed += 1) {
    await page.keyboard.press('Tab');
    const label = await focused.evaluate((element) => {
      const { labels, ariaLabel, innerText } = element as unknown as {
        labels?: Iterable<{ innerText: string }>;
        ariaLabel: string | null;
        innerText: string;
      };
      return ariaLabel ?? [...(labels ?? [])].map((each) => each.innerText).join(' ') + innerText;
    });
    if (label.includes(name)) return;
  }
  throw new Error(`Tab never comes to ${name}`);
}

describe('the console without a mouse', () => {
  it('is signed in to, walked through, and a task is cancelled in it', async () => {
    await using site = await startSite();
    await using browser = await startBrowser();
    const { body: task } = await site.manager.call('POST', '/tasks', {
      type: 'ticket.read',
      connector: 'snow',
      selectors: ['dc9'],
      params: { table: 'incident', numbers: ['INC1'], fields: ['state'] },
    });
    await using window = await browser.open(site.manager.url);
    const { page } = window;
    await page.goto('/');
    await page.getByRole('heading', { name: 'Sign in to Ticketgate' }).waitFor();
    await tabTo(page, 'API token');
    await page.keyboard.type(site.manager.adminToken);
    await page.keyboard.press('Enter');
    await page.getByRole('navigation', { name: 'Pages' }).waitFor();
    await tabTo(page, 'Tasks');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { level: 1, name: 'Tasks' }).waitFor();
    await page.getByRole('link', { name: task.id }).waitFor();
    await tabTo(page, task.id);
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Cancel the task' }).waitFor();
    await tabTo(page, 'Cancel the task');
    await page.keyboard.press('Enter');
    await page.getByRole('dialog').waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    // The focus comes back to where the dialog was opened from.
    await expect.poll(() => page.locator(':focus').innerText()).toBe('Cancel the task');
    await page.keyboard.press('Enter');
    await page.getByRole('dialog').waitFor();
    await tabTo(page, 'Cancel the task');
    await page.keyboard.press('Enter');
    await page.getByText('Cancelled: cancelled by a caller').waitFor();
    expect(window.faults).toEqual([]);
  });
});
