// A headless Chromium, pictures, and axe.
import { chromium } from 'playwright-core';
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const PICTURES = fileURLToPath(new URL('pictures/', import.meta.url));

/** How long the plays have spent on what they all do, in milliseconds, by what it is. */
export const spent = new Map();
export async function timed(what, doing) {
  const begun = performance.now();
  try {
    return await doing();
  } finally {
    spent.set(what, (spent.get(what) ?? 0) + performance.now() - begun);
  }
}

export const DESKTOP = { width: 1440, height: 900 };
export const PHONE = { width: 390, height: 844 };

export async function browser() {
  mkdirSync(PICTURES, { recursive: true });
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--force-color-profile=srgb', '--lang=zh-CN'],
  });
}

/** A picture of one point, as a file that is chosen. */
export const photograph = (name) => ({
  name,
  mimeType: 'image/png',
  buffer: Buffer.from(
    'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
    'base64',
  ),
});

/** What a browser logs of a refusal; pages show it, and plays say which they await. */
const REFUSAL = /^Failed to load resource: the server responded with a status of 4\d\d/;

/** A page that fails the test on anything that its scripts throw or log as an error. */
export async function pageOf(chrome, viewport, troubles) {
  const context = await chrome.newContext({
    viewport,
    locale: 'zh-CN',
    timezoneId: 'Asia/Shanghai',
    // What fades in is seen half by axe, in colours that nobody reads.
    reducedMotion: 'reduce',
  });
  context.on('page', listen);
  const page = await context.newPage();
  page.on('pageerror', (error) => troubles.push(`${page.url()}: ${error.message}`));
  page.on('console', (message) => {
    if (REFUSAL.test(message.text())) return;
    if (['error', 'warning'].includes(message.type())) troubles.push(`${page.url()}: ${message.text()}`);
  });
  return page;
}

export const picture = (page, name, fullPage = true) =>
  timed('pictures', () => page.screenshot({ path: `${PICTURES}${name}.png`, fullPage }));

/**
 * Opens an address anew, as by a bookmark. Without leaving the page that is there, only the part after `#` would change, and until the
 * new page has come the fields of the old one would take what is typed.
 */
export const visit = (page, address) =>
  timed('opening', async () => {
    await page.goto('about:blank');
    await page.goto(address);
  });

/** What pages have asked: how much, and what of it is not answered yet. */
const asking = new WeakMap();

function listen(page) {
  const asked = { often: 0, open: new Set() };
  asking.set(page, asked);
  page.on('request', (request) => {
    // What the page before had asked nobody waits for.
    if (request.isNavigationRequest() && request.frame() === page.mainFrame()) asked.open.clear();
    asked.often += 1;
    asked.open.add(request);
  });
  const answered = (request) => asked.open.delete(request);
  page.on('requestfinished', answered);
  page.on('requestfailed', answered);
}

/**
 * Waits until a page asks nothing any more: all is answered, and its scripts, once they have nothing left to do with the answers, have not
 * asked on. Playwright's own `networkidle` is half a second of silence, on every page.
 */
export const quiet = (page) => timed('waiting', () => asksNothing(page));

async function asksNothing(page) {
  const asked = asking.get(page);
  for (const last = Date.now() + 30_000; asked.open.size > 0;) {
    const urls = [...asked.open].map((request) => request.url()).join(', ');
    if (Date.now() > last) throw new Error(`${page.url()} waits for ${urls}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  const { often } = asked;
  await page.evaluate(async () => {
    for (let times = 0; times < 3; times += 1) {
      await new Promise((resolve) => {
        requestIdleCallback(() => setTimeout(resolve, 10), { timeout: 5_000 });
      });
    }
  });
  if (asked.often > often) await asksNothing(page);
}

/** What axe finds against WCAG 2.1 A and AA, a line each. */
export const violations = (page) => timed('axe', () => found(page));

async function found(page) {
  if (!(await page.evaluate(() => 'axe' in globalThis))) await page.evaluate(AXE);
  await page.evaluate(() => Promise.allSettled(document.getAnimations().map((one) => one.finished)));
  const answer = await page.evaluate(() =>
    globalThis.axe.run(document, {
      runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'best-practice'],
      // What passes is counted for nobody.
      resultTypes: ['violations'],
    }),
  );
  return answer.violations.flatMap((rule) =>
    rule.nodes.map((node) => `${rule.id} (${rule.impact}) at ${node.target.join(' ')}: ${rule.help}`),
  );
}
