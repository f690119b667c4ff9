// Writes a picture of every page of the console, light, dark and as wide as a phone: npm run screenshots [-- FOLDER]
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { addressOf, everyPage, type PageName } from '../test/browser/every-page.ts';
import { startFurnishedSite } from '../test/browser/furnished-site.ts';
import { startBrowser } from '../test/support/browser.ts';

const views = {
  light: { scheme: 'light' },
  dark: { scheme: 'dark' },
  phone: { scheme: 'light', width: 375, height: 812 },
} as const;

const [folder = 'screenshots'] = process.argv.slice(2);
mkdirSync(folder, { recursive: true });
await using site = await startFurnishedSite();
await using browser = await startBrowser();
for (const [view, options] of Object.entries(views)) {
  await using window = await browser.open(site.manager.url, { ...options, token: site.manager.adminToken });
  for (const name of Object.keys(everyPage) as PageName[]) {
    await window.page.goto(addressOf(name, site.ids));
    await window.page.getByRole('heading', { level: 1 }).waitFor();
    await window.page.getByLabel('Loading', { exact: true }).first().waitFor({ state: 'detached' });
    const path = join(folder, `${name}-${view}.png`);
    await window.page.screenshot({ path, fullPage: true });
    process.stdout.write(`${path}\n`);
  }
}
