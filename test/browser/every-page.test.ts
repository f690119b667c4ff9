import { describe, expect, it } from 'vitest';
import { findBarriers } from '../support/barriers.ts';
import { startBrowser } from '../support/browser.ts';
import { addressOf, everyPage, type PageName } from './every-page.ts';
import { startFurnishedSite } from './furnished-site.ts';

const names = Object.keys(everyPage) as PageName[];

const overhangScript = 'document.documentElement.scrollWidth - document.documentElement.clientWidth';

describe('every page of the console', () => {
  it.each(['light', 'dark'] as const)(
    'has no serious barrier, fits a phone and breaks no rule of its policy: %s',
    async (scheme) => {
      await using site = await startFurnishedSite();
      await using browser = await startBrowser();
      const { url, adminToken: token } = site.manager;
      await using wide = await browser.open(url, { token, scheme });
      await using phone = await browser.open(url, { token, scheme, width: 375, height: 800 });
      const faults: string[] = [];
      for (const name of names)
        for (const { page } of [wide, phone]) {
          await page.goto(addressOf(name, site.ids));
          await page.getByRole('heading', { level: 1 }).waitFor();
          await page.getByLabel('Loading', { exact: true }).first().waitFor({ state: 'detached' });
          faults.push(...(await findBarriers(page)).map((barrier) => `${name}: ${barrier}`));
          const overhang = await page.evaluate<number>(overhangScript);
          if (overhang > 0) faults.push(`${name}: ${overhang} px wider than the window`);
        }
      expect(faults).toEqual([]);
      expect([...wide.faults, ...phone.faults]).toEqual([]);
    },
    180_000,
  );

  it('loads no more than 300 kB of script, compressed, before it is shown', async () => {
    await using site = await startFurnishedSite();
    await using browser = await startBrowser();
    await using window = await browser.open(site.manager.url, { token: site.manager.adminToken });
    const sizes: Promise<number>[] = [];
    window.page.on('response', (response) => {
      if (response.request().resourceType() === 'script')
        sizes.push(
          response
            .request()
            .sizes()
            .then(({ responseBodySize }) => responseBodySize),
        );
    });
    await window.page.goto('/');
    await window.page.getByRole('heading', { level: 1 }).waitFor();
    const total = (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
    expect(total).toBeGreaterThan(50_000);
    expect(total).toBeLessThanOrEqual(300_000);
  });
});
