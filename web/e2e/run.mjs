// The pages in a real browser, against real nodes: `npm run build && npm run e2e`. YIDI names the binary, CHROMIUM the browser.
import { browser } from './browser.mjs';
import { demonstration, pages, sandbox } from './nodes.mjs';
import { console_, portal } from './console.mjs';
import { stay } from './stay.mjs';

/** What is played, on which nodes. `node e2e/run.mjs stay` plays one. */
const PLAYS = {
  console: { nodes: demonstration, play: [console_, portal], port: 15182 },
  stay: { nodes: () => sandbox(18790), play: [stay], port: 15181 },
};

const wanted = process.argv.slice(2);
const troubles = [];
const chrome = await browser();
try {
  for (const [name, { nodes, play, port }] of Object.entries(PLAYS)) {
    if (wanted.length > 0 && !wanted.includes(name)) continue;
    const running = await nodes();
    const served = await pages(port, running.env);
    try {
      for (const one of play) await one(chrome, served.url, troubles);
      console.log(`${name}: played`);
    } catch (error) {
      troubles.push(`${name}: ${error.stack ?? error}`);
      for (const context of chrome.contexts()) {
        for (const page of context.pages()) {
          await page.screenshot({ path: new URL(`pictures/failed-${name}.png`, import.meta.url).pathname });
        }
      }
    } finally {
      await served.stop();
      await running.stop();
    }
  }
} finally {
  await chrome.close();
}
if (troubles.length > 0) {
  console.error(`\n${troubles.length} troubles:\n${[...new Set(troubles)].join('\n')}`);
  process.exitCode = 1;
}
