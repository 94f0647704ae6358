// The pages in a real browser, against real nodes: `npm run build && npm run e2e`. YIDI names the binary, CHROMIUM the browser.
import { agency } from './agency.mjs';
import { browser, spent } from './browser.mjs';
import { complaint } from './complaint.mjs';
import { console_ } from './console.mjs';
import { differences } from './differences.mjs';
import { hubWithProvider, identity } from './identity.mjs';
import { jobs } from './jobs.mjs';
import { journey } from './journey.mjs';
import { demonstration, sandbox, withPages } from './nodes.mjs';
import { outpatient } from './outpatient.mjs';
import { payment } from './payment.mjs';
import { pharmacy } from './pharmacy.mjs';
import { portal } from './portal.mjs';
import { prepayments } from './prepayments.mjs';
import { stay } from './stay.mjs';
import { transfers } from './transfers.mjs';

/**
 * What is played, with the pages just built from which port on; without a port those inside the program. `node e2e/run.mjs stay` plays one.
 * What stands together is played one after the other on the same nodes, as they stand in the list: starting them takes as long as a short play.
 * What looks for something that nobody has done yet stands before what does it; what lets days pass or spoils a book stands alone.
 */
const SETTINGS = [
  { nodes: demonstration, plays: { transfers: { play: transfers, port: 15260 } } },
  { nodes: demonstration, plays: { prepayments: { play: prepayments, port: 15270 } } },
  {
    nodes: demonstration,
    plays: { payment: { play: payment, port: 15250 }, console: { play: console_, port: 15200 } },
  },
  {
    nodes: () => sandbox(18800),
    plays: {
      agency: { play: agency, port: 15220 },
      stay: { play: stay, port: 15210 },
      outpatient: { play: outpatient, port: 15320 },
      pharmacy: { play: pharmacy, port: 15310 },
      jobs: { play: jobs, port: 15300 },
    },
  },
  {
    nodes: () => sandbox(18810),
    plays: {
      portal: { play: portal, port: 15230 },
      journey: { play: journey, port: 15240 },
      complaint: { play: complaint },
    },
  },
  { nodes: demonstration, plays: { differences: { play: differences, port: 15280 } } },
  { nodes: () => hubWithProvider(15290), plays: { identity: { play: identity, port: 15290 } } },
];

const wanted = process.argv.slice(2);
const known = SETTINGS.flatMap(({ plays }) => Object.keys(plays));
const unknown = wanted.filter((name) => !known.includes(name));
if (unknown.length > 0) throw new Error(`no such play: ${unknown.join(', ')}`);
// Two at once: a play waits for its pages more than it works. What went wrong is told and played once more on new nodes, alone: a browser on a
// machine that does much else may be late. Twice is wrong.
const AT_ONCE = 2;
const waiting = SETTINGS.map(({ nodes, plays }) => ({
  nodes,
  plays: Object.entries(plays).filter(([name]) => wanted.length === 0 || wanted.includes(name)),
})).filter(({ plays }) => plays.length > 0);
const [again, troubles, ending] = [[], [], []];
const begun = Date.now();
await Promise.all(Array.from({ length: AT_ONCE }, work));
await Promise.all(ending);
for (const { setting, name } of again) {
  const one = { nodes: setting.nodes, plays: setting.plays.filter(([other]) => other === name) };
  await played(one, (_, found) => troubles.push(...found));
  // The next ones may listen where these did.
  await Promise.all(ending);
}
const shares = [...spent].map(([what, millis]) => `${what} ${Math.round(millis / 1000)} s`);
console.log(`all played in ${seconds(begun)} s; of both together: ${shares.join(', ')}`);
if (troubles.length > 0) {
  console.error(`\n${troubles.length} troubles:\n${[...new Set(troubles)].join('\n')}`);
  process.exitCode = 1;
}

function seconds(since) {
  return Math.round((Date.now() - since) / 1000);
}

/** Plays what waits, one after the other. */
async function work() {
  for (let setting = waiting.shift(); setting !== undefined; setting = waiting.shift()) {
    await played(setting, (name, found) => {
      console.error(`${name}: to be played again\n${found.join('\n')}`);
      again.push({ setting, name });
    });
  }
}

/** Plays what stands together in a browser and on nodes of its own; `wrong` hears of each that went wrong. */
async function played({ nodes, plays }, wrong) {
  const since = Date.now();
  // Neither waits for the other.
  const [chrome, running] = await Promise.allSettled([browser(), nodes()]);
  const failed = [chrome, running].find(({ status }) => status === 'rejected');
  if (failed === undefined)
    console.log(`${plays.map(([name]) => name).join(', ')}: ready after ${seconds(since)} s`);
  for (const [name, { play, port }] of plays) {
    const found = failed ? [`${name}: ${failed.reason.stack ?? failed.reason}`] : [];
    if (!failed) await once(name, play, chrome.value, withPages(running.value, port), found);
    if (found.length > 0) wrong(name, found);
  }
  // The next ones do not wait until these have ended.
  ending.push(chrome.value?.close(), running.value?.stop());
}

/** Plays one; what went wrong is in `found`. */
async function once(name, play, chrome, country, found) {
  const since = Date.now();
  try {
    await play(chrome, country, found);
  } catch (error) {
    found.push(`${name}: ${error.stack ?? error}`);
    for (const context of chrome.contexts()) {
      for (const page of context.pages()) {
        const path = new URL(`pictures/failed-${name}.png`, import.meta.url).pathname;
        // A page that is gone has no picture.
        await page.screenshot({ path }).catch(() => {});
      }
      await context.close();
    }
  } finally {
    await country.pagesGone();
  }
  if (found.length === 0) console.log(`${name}: played in ${seconds(since)} s`);
}
