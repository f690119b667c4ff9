import axe, { type AxeResults } from 'axe-core';
import type { Page } from 'playwright-core';

/** What keeps people out, by the rules of WCAG 2.2 A and AA and the good practice that axe knows. */
export async function findBarriers(page: Page): Promise<string[]> {
  // The page's content security policy admits no script from elsewhere; the debugger is no script.
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate<AxeResults>('axe.run()');
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 120)).join(' | ')}`);
}
