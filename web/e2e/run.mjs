// The pages in a real browser, against real nodes: `npm run build && npm run e2e`. YIDI names the binary, CHROMIUM the browser.
import { agency } from './agency.mjs';
import { browser } from './browser.mjs';
import { complaint } from './complaint.mjs';
import { console_ } from './console.mjs';
import { differences } from './differences.mjs';
import { hubWithProvider, identity } from './identity.mjs';
import { jobs } from './jobs.mjs';
import { journey } from './journey.mjs';
import { demonstration, sandbox, withPages } from './nodes.mjs';
import { payment } from './payment.mjs';
import { portal } from './portal.mjs';
import { prepayments } from './prepayments.mjs';
import { stay } from './stay.mjs';
import { transfers } from './transfers.mjs';

/**
 * What is played, on which nodes, with the pages just built from which port on; without a port those inside the program.
 * `node e2e/run.mjs stay` plays one. The longest come first.
 */
const PLAYS = {
  transfers: { nodes: demonstration, play: transfers, port: 15260 },
  prepayments: { nodes: demonstration, play: prepayments, port: 15270 },
  console: { nodes: demonstration, play: console_, port: 15200 },
  differences: { nodes: demonstration, play: differences, port: 15280 },
  payment: { nodes: demonstration, play: payment, port: 15250 },
  agency: { nodes: () => sandbox(18800), play: agency, port: 15220 },
  portal: { nodes: () => sandbox(18810), play: portal, port: 15230 },
  journey: { nodes: () => sandbox(18820), play: journey, port: 15240 },
  stay: { nodes: () => sandbox(18790), play: stay, port: 15210 },
  jobs: { nodes: () => sandbox(18850), play: jobs, port: 15300 },
  complaint: { nodes: () => sandbox(18830), play: complaint },
  identity: { nodes: () => hubWithProvider(15290), play: identity, port: 15290 },
};

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => PLAYS[name] === undefined);
if (unknown.length > 0) throw new Error(`no such play: ${unknown.join(', ')}`);
// Two at once: a play waits for its pages more than it works. What went wrong is told and played once more on new nodes, alone: a browser on a
// machine that does much else may be late. Twice is wrong.
const AT_ONCE = 2;
const waiting = Object.keys(PLAYS).filter((name) => wanted.length === 0 || wanted.includes(name));
const again = [];
const troubles = [];
await Promise.all(Array.from({ length: AT_ONCE }, work));
for (const name of again) {
  const found = await once(name);
  if (found.length > 0) troubles.push(...found);
}
if (troubles.length > 0) {
  console.error(`\n${troubles.length} troubles:\n${[...new Set(troubles)].join('\n')}`);
  process.exitCode = 1;
}

/** Plays what waits, one after the other. */
async function work() {
  for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
    const found = await once(name);
    if (found.length === 0) continue;
    console.error(`${name}: to be played again\n${found.join('\n')}`);
    again.push(name);
  }
}

/** Plays one in a browser and on nodes of its own; what went wrong. */
async function once(name) {
  const { nodes, play, port } = PLAYS[name];
  const [found, begun] = [[], Date.now()];
  const chrome = await browser();
  let country;
  try {
    country = withPages(await nodes(), port);
    await play(chrome, country, found);
  } catch (error) {
    found.push(`${name}: ${error.stack ?? error}`);
    for (const context of chrome.contexts()) {
      for (const page of context.pages()) {
        await page.screenshot({ path: new URL(`pictures/failed-${name}.png`, import.meta.url).pathname });
      }
    }
  } finally {
    await chrome.close();
    await country?.stop();
  }
  if (found.length === 0) console.log(`${name}: played in ${Math.round((Date.now() - begun) / 1000)} s`);
  return found;
}
