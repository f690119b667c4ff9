import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { findChromium } from '../../scripts/chromium.js';

export interface RunningBrowser extends AsyncDisposable {
  /** A window of its own, signed in with the token if there is one. */
  open(url: string, view?: View): Promise<Window>;
}

export interface View {
  readonly token?: string;
  readonly scheme?: 'light' | 'dark';
  readonly width?: number;
  readonly height?: number;
}

export interface Window extends AsyncDisposable {
  readonly page: Page;
  readonly context: BrowserContext;
  /** What went wrong in the page: faults of its scripts, and what its content security policy refused. */
  readonly faults: readonly string[];
}

/** The system's Chromium, without whatever it does on its own. */
const quietly = [
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-dev-shm-usage',
];

/** Starts a real Chromium; `await using` ends it. */
export async function startBrowser(): Promise<RunningBrowser> {
  const executablePath = findChromium();
  if (executablePath === undefined)
    throw new Error('there is no Chromium here: run "node scripts/setup.js --chromium"');
  const asRoot = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  const browser = await chromium.launch({ executablePath, args: [...quietly, ...asRoot] });
  return {
    open: (url, view) => openWindow(browser, url, view),
    [Symbol.asyncDispose]: () => browser.close(),
  };
}

async function openWindow(
  browser: Browser,
  url: string,
  { token, scheme = 'light', width = 1_280, height = 900 }: View = {},
): Promise<Window> {
  const context = await browser.newContext({
    baseURL: url,
    colorScheme: scheme,
    reducedMotion: 'reduce',
    viewport: { width, height },
  });
  if (token !== undefined) {
    const answer = await context.request.post('/api/v1/session', { data: { token }, headers: { origin: url } });
    if (!answer.ok()) throw new Error(`signing in answered ${answer.status()}: ${await answer.text()}`);
  }
  // Shorter than a test may last, so that what was waited for is told.
  context.setDefaultTimeout(15_000);
  const page = await context.newPage();
  const faults: string[] = [];
  page.on('pageerror', (error) => faults.push(String(error)));
  page.on('console', (message) => {
    // A refused request is told there too, and the page shows it.
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource'))
      faults.push(message.text());
  });
  return { page, context, faults, [Symbol.asyncDispose]: () => context.close() };
}
