// What plays do at the consoles: open a page, act through a dialog, look at it in both widths; and what a program asks a node beside them.
import assert from 'node:assert/strict';
import { DESKTOP, PHONE, picture, quiet, violations, visit } from './browser.mjs';

/** Asks a node as a program does, with the management token; what it answers. */
export async function program(country, participant, method, path, body, headers = {}) {
  const answer = await fetch(`${country.nodes[participant]}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${country.token}`,
      'content-type': 'application/json',
      'x-operator': 'e2e',
      ...headers,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  assert.ok(answer.ok, `${method} ${path} at ${participant}: HTTP ${answer.status} ${text}`);
  return text === '' ? undefined : JSON.parse(text);
}

/** The same about money: a path under `/api/v1/funds`; GET without a body, POST with one. */
export const funds = (country, participant, path, body) =>
  program(country, participant, body === undefined ? 'GET' : 'POST', `/api/v1/funds/${path}`, body);

/** Does what is refused only for a moment, while the hub and the provinces tell each other what has changed. */
export async function patiently(doing) {
  for (let tries = 0; ; tries += 1) {
    try {
      return await doing();
    } catch (error) {
      if (tries === 79 || !String(error).includes('请稍后')) throw error;
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
  }
}

/** Asks again and again until the answer is such: what nodes do by themselves comes with their timetable. The answer. */
export async function until(what, ask, holds, seconds = 60) {
  const last = Date.now() + seconds * 1_000;
  for (;;) {
    const answer = await ask();
    if (holds(answer)) return answer;
    assert.ok(Date.now() < last, `${what} does not come: ${JSON.stringify(answer).slice(0, 2_000)}`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

/** An amount of an answer in fen, and the other way round. */
export const fen = (text) => BigInt(String(text).replace('.', ''));
export const yuan = (amount) => {
  const digits = String(amount < 0n ? -amount : amount).padStart(3, '0');
  return `${amount < 0n ? '-' : ''}${digits.slice(0, -2)}.${digits.slice(-2)}`;
};
/** An amount of an answer as pages show it. */
export const shown = (text) => String(text).replace(/\B(?=(\d{3})+\.)/g, ',');

/** Waits until a page stands there, with nothing refused. */
export async function settled({ page }, title) {
  await page.getByRole('heading', { level: 1, name: title }).waitFor();
  await quiet(page);
  await page.locator('[aria-busy=true]').first().waitFor({ state: 'detached' });
  assert.equal(
    await page.locator('[role=alert]').count(),
    0,
    `${title}: ${await page.locator('main').innerText()}`,
  );
}

export async function accessible({ page, troubles }, where) {
  for (const one of await violations(page)) troubles.push(`${where}: ${one}`);
}

export async function open(at, url, path, title) {
  await visit(at.page, `${url}/console.html#/${path}`);
  await settled(at, title);
}

/** Goes from the list of what waits for somebody to where it is done. */
export async function toDo(at, url, work, title) {
  await open(at, url, 'work', '待办');
  const item = at.page.getByRole('listitem').filter({ hasText: work });
  await item.getByRole('link', { name: '去办理' }).click();
  await settled(at, title);
}

/** Opens a dialog by its button, fills it, and presses what does it; then reads what is told above the page. */
export async function act(at, button, fill, confirm = button, done = /已/) {
  await at.page.getByRole('button', { name: button, exact: true }).first().click();
  await inDialog(at, fill, confirm, done);
}

/** The same in a dialog that is opening. */
export async function inDialog({ page }, fill, confirm, done = /已/) {
  const dialog = page.getByRole('dialog');
  await dialog.waitFor();
  await fill?.(dialog);
  await dialog.getByRole('button', { name: confirm, exact: true }).click();
  await dialog.waitFor({ state: 'detached' });
  await page.locator('.told').getByText(done).waitFor();
}

/** In a dialog that is opening: fills it, is refused in such words, which stay there with what was typed, and goes back. */
export async function refusedInDialog({ page }, fill, confirm, words) {
  const dialog = page.getByRole('dialog');
  await dialog.waitFor();
  await fill?.(dialog);
  await dialog.getByRole('button', { name: confirm, exact: true }).click();
  await dialog.getByRole('alert').getByText(words).waitFor();
  await dialog.getByRole('button', { name: '返回' }).click();
  await dialog.waitFor({ state: 'detached' });
}

/** Looks at a page as it is, at phone and desk: nothing that axe finds, nothing wider than the screen. `seen` is called at each size. */
async function inSizes(at, name, seen) {
  const { page, troubles } = at;
  for (const [viewport, size] of [
    [PHONE, 'phone'],
    [DESKTOP, 'desk'],
  ]) {
    await page.setViewportSize(viewport);
    await accessible(at, `${name}, ${size}`);
    const wider = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    if (wider > 0) troubles.push(`${name}, ${size}: ${wider} px wider than the screen`);
    await seen?.(size);
  }
}

/** The same, with a picture as it is at a desk. */
export async function looked(at, name) {
  await inSizes(at, name);
  await picture(at.page, name);
}

/** The same, with a picture of each size under this name. */
export const inBothSizes = (at, title, name) =>
  inSizes(at, title, (size) => picture(at.page, `${name}-${size}`));

/** Takes the last closed month to its notices, without hands: others play how that is done. Its name, like 2026-10. */
export async function cleared(country, { notices = true } = {}) {
  const hub = '100000';
  const { months } = await funds(country, hub, 'clearings');
  const { month, revision } = months.at(-1);
  const number = month.replace('-', '');
  await funds(country, hub, `clearings/${number}/adopt`, { revision });
  const provinces = Object.keys(country.nodes).filter((code) => code !== hub);
  for (const province of provinces) {
    await patiently(() => funds(country, province, `statements/${month}/fetch`, {}));
    await funds(country, province, `statements/${month}/confirm`, {});
  }
  await until(
    'the answers of all provinces',
    async () => (await funds(country, hub, 'clearings')).months.at(-1),
    (one) => one.unanswered.length === 0 && one.disputed.length === 0,
  );
  if (notices) await funds(country, hub, `clearings/${number}/notices`, {});
  for (const province of provinces) {
    await patiently(() => funds(country, province, `statements/${month}/fetch`, {}));
  }
  return month;
}
