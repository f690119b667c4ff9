import type { Locator, Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { findBarriers } from '../support/barriers.ts';
import { startBrowser } from '../support/browser.ts';
import { startSite } from '../support/site.ts';

async function choose(page: Page, input: Locator, option: string): Promise<void> {
  await input.click();
  await page.getByRole('option', { name: option, exact: true }).click();
}

const field = (within: Page | Locator, name: string) => within.getByRole('combobox', { name });

describe('the page that starts an approval', () => {
  it('puts criteria together from the live fields and choices, and starts the gate', async () => {
    await using site = await startSite();
    await using browser = await startBrowser();
    const number = await site.createChange();
    const { body: token } = await site.manager.call('POST', '/api-tokens', { name: 'ci', role: 'pipeline' });
    await using window = await browser.open(site.manager.url, { token: token.token });
    const { page } = window;
    await page.goto('/approvals');
    await page.getByRole('link', { name: 'Start an approval', exact: true }).click();
    await choose(page, field(page, 'Table'), 'Change Request (change_request)');
    await page.getByLabel('Ticket number').fill(number);
    const approves = page.getByRole('group', { name: 'What approves' });
    const first = approves.getByRole('group', { name: 'Condition 1' });
    await approves.getByText('The gate opens when this holds.').waitFor();
    await choose(page, field(first, 'Field'), 'State (state)');
    await choose(page, field(first, 'Value'), 'Scheduled (-2)');
    await approves.getByRole('button', { name: 'Add a condition' }).click();
    const second = approves.getByRole('group', { name: 'Condition 2' });
    await choose(page, field(second, 'Field'), 'Approval (approval)');
    await choose(page, field(second, 'Operator'), 'is one of');
    await choose(page, field(second, 'Values'), 'Approved (approved)');
    await page.getByRole('option', { name: 'Not Yet Requested (not requested)' }).click();
    await page.keyboard.press('Escape');
    await approves.getByText("state = -2 and approval in (approved, 'not requested')").waitFor();
    await approves.getByText('Any one will do').click();
    await approves.getByText("state = -2 or approval in (approved, 'not requested')").waitFor();
    await approves.getByText('All must hold').click();
    await choose(page, field(page, 'Starts by the field'), 'Planned start date (start_date)');
    await choose(page, field(page, 'Ends by the field'), 'Planned end date (end_date)');
    await page.getByLabel('Look every').fill('30s');
    await page.getByRole('checkbox', { name: 'Also note it on the ticket' }).check();
    expect(await findBarriers(page)).toEqual([]);
    await page.getByRole('button', { name: 'Start the approval' }).click();
    await page.getByRole('heading', { level: 1, name: `Approval of ${number}` }).waitFor();
    const [started] = (await site.manager.call('GET', '/approvals')).body.items;
    expect(started).toMatchObject({
      ticket: { number, table: 'change_request' },
      criteria: { approve: "state = -2 and approval in (approved, 'not requested')" },
      window: { startField: 'start_date', endField: 'end_date' },
      intervalMs: 30_000,
      workNotes: true,
    });
    expect(started.criteria.reject).toBeUndefined();
    expect(window.faults).toEqual([]);
  }, 60_000);

  it("shows in place what is missing, and the manager's faults with where reading stopped", async () => {
    await using site = await startSite();
    await using browser = await startBrowser();
    const number = await site.createChange();
    await site.manager.call('PUT', '/secrets/hook', { value: 'a key of more than 24 bytes' });
    await using window = await browser.open(site.manager.url, { token: site.manager.adminToken });
    const { page } = window;
    await page.goto('/approvals/start');
    await page.getByRole('button', { name: 'Start the approval' }).click();
    await page.getByText('Choose a table.').waitFor();
    await page.getByText('Give the number of the ticket.').waitFor();
    await page.getByText('Choose a field, or remove this condition.').waitFor();
    expect(await page.locator('input:focus').getAttribute('placeholder')).toBe('change_request');

    await field(page, 'Table').fill('change_request');
    await page.keyboard.press('Escape');
    await page.getByLabel('Ticket number').fill(number);
    const approves = page.getByRole('group', { name: 'What approves' });
    const first = approves.getByRole('group', { name: 'Condition 1' });
    await choose(page, field(first, 'Field'), 'Risk (risk)');
    await choose(page, field(first, 'Operator'), 'contains');
    await first.getByRole('textbox', { name: 'Value' }).fill('low');
    await approves.getByText('risk contains low').waitFor();
    const rejects = page.getByRole('group', { name: 'What rejects' });
    await rejects.getByRole('switch', { name: 'Type it by hand' }).check();
    const byHand = rejects.getByLabel('What rejects, by hand');
    await byHand.fill('approval in rejected');
    await page.getByLabel('Look every').fill('1s');
    await page.getByRole('button', { name: 'Start the approval' }).click();
    await rejects.getByText(/^at "rejected", position 13: expected/).waitFor();
    expect(await rejects.locator('mark').textContent()).toBe('rejected');

    await byHand.fill('state = Nonsense');
    await page.getByRole('button', { name: 'Start the approval' }).click();
    await page.getByText(/^must be a duration from 10s to 1d/).waitFor();
    await page.getByLabel('Look every').fill('');
    await page.getByRole('button', { name: 'Start the approval' }).click();
    await rejects.getByText(/^"Nonsense" is no choice of state, which are/).waitFor();
    await byHand.fill('approval = rejected');
    await page.getByLabel('Webhook URL').fill('https://127.0.0.1/hook');
    await field(page, 'Signed with secret').fill('hook');
    await page.getByRole('button', { name: 'Start the approval' }).click();
    await page.getByRole('alert').getByText('Correct what is marked above.').waitFor();
    expect(await page.getByLabel('Webhook URL').getAttribute('aria-invalid')).toBe('true');
    expect(await findBarriers(page)).toEqual([]);
    await page.getByLabel('Webhook URL').fill('');
    await field(page, 'Signed with secret').fill('');
    await page.getByRole('button', { name: 'Start the approval' }).click();
    await page.getByRole('heading', { level: 1, name: `Approval of ${number}` }).waitFor();
    const [started] = (await site.manager.call('GET', '/approvals')).body.items;
    expect(started.criteria).toEqual({ approve: 'risk contains low', reject: 'approval = rejected' });
    expect(window.faults).toEqual([]);
  }, 60_000);
});
