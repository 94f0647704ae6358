// The pages in a real browser, against real nodes: `npm run build && npm run e2e`. YIDI names the binary, CHROMIUM the browser.
import { agency } from './agency.mjs';
import { browser } from './browser.mjs';
import { complaint } from './complaint.mjs';
import { console_ } from './console.mjs';
import { differences } from './differences.mjs';
import { hubWithProvider, identity } from './identity.mjs';
import { journey } from './journey.mjs';
import { demonstration, sandbox, withPages } from './nodes.mjs';
import { payment } from './payment.mjs';
import { portal } from './portal.mjs';
import { prepayments } from './prepayments.mjs';
import { stay } from './stay.mjs';
import { transfers } from './transfers.mjs';

/**
 * What is played, on which nodes, with the pages just built from which port on; without a port those inside the program.
 * `node e2e/run.mjs stay` plays one.
 */
const PLAYS = {
  console: { nodes: demonstration, play: console_, port: 15200 },
  stay: { nodes: () => sandbox(18790), play: stay, port: 15210 },
  agency: { nodes: () => sandbox(18800), play: agency, port: 15220 },
  portal: { nodes: () => sandbox(18810), play: portal, port: 15230 },
  journey: { nodes: () => sandbox(18820), play: journey, port: 15240 },
  payment: { nodes: demonstration, play: payment, port: 15250 },
  transfers: { nodes: demonstration, play: transfers, port: 15260 },
  prepayments: { nodes: demonstration, play: prepayments, port: 15270 },
  differences: { nodes: demonstration, play: differences, port: 15280 },
  identity: { nodes: () => hubWithProvider(15290), play: identity, port: 15290 },
  complaint: { nodes: () => sandbox(18830), play: complaint },
};

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => PLAYS[name] === undefined);
if (unknown.length > 0) throw new Error(`no such play: ${unknown.join(', ')}`);
// A browser on a machine that does much else may be late once: what went wrong is told, and the play begins anew on new nodes. Twice is wrong.
const TIMES = 2;
const troubles = [];
const chrome = await browser();
try {
  for (const [name, { nodes, play, port }] of Object.entries(PLAYS)) {
    if (wanted.length > 0 && !wanted.includes(name)) continue;
    for (let time = 1; time <= TIMES; time += 1) {
      const found = await once(name, nodes, play, port);
      if (found.length === 0) {
        console.log(`${name}: played`);
        break;
      }
      if (time === TIMES) troubles.push(...found);
      else console.error(`${name}: to be played again\n${found.join('\n')}`);
    }
  }
} finally {
  await chrome.close();
}
if (troubles.length > 0) {
  console.error(`\n${troubles.length} troubles:\n${[...new Set(troubles)].join('\n')}`);
  process.exitCode = 1;
}

/** Plays one on nodes of its own; what went wrong. */
async function once(name, nodes, play, port) {
  const found = [];
  const country = withPages(await nodes(), port);
  try {
    await play(chrome, country, found);
  } catch (error) {
    found.push(`${name}: ${error.stack ?? error}`);
    for (const context of chrome.contexts()) {
      for (const page of context.pages()) {
        await page.screenshot({ path: new URL(`pictures/failed-${name}.png`, import.meta.url).pathname });
      }
    }
  } finally {
    for (const context of chrome.contexts()) await context.close();
    await country.stop();
  }
  return found;
}
