// Accounts of nodes for plays: made with the management token, as `yidi account create` makes them, and logged in through the page.
import { timed } from './browser.mjs';

/** Every account of a play has this one. */
export const PASSWORD = '秋水共长天一色 2026';

async function asked(url, method, path, body, headers) {
  const answer = await fetch(`${url}${path}`, {
    method,
    headers: { 'content-type': 'application/json', ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${method} ${path}: HTTP ${answer.status} ${text}`);
  return { answer, value: text === '' ? undefined : JSON.parse(text) };
}

/** Makes an account at a node. Its initial password is told; the person has yet to change it. */
export async function created(country, participant, { account, name, role, area }) {
  const { value } = await asked(
    country.nodes[participant],
    'POST',
    '/api/v1/accounts',
    { account, name, role, area },
    { authorization: `Bearer ${country.token}`, 'x-operator': 'e2e' },
  );
  return value.password;
}

/** Makes an account whose person has changed the initial password to PASSWORD. */
export const person = (country, participant, of) =>
  timed('accounts', () => withOwnPassword(country, participant, of));

async function withOwnPassword(country, participant, of) {
  const node = country.nodes[participant];
  const initial = await created(country, participant, of);
  const { answer, value } = await asked(node, 'POST', '/web/login', {
    account: of.account,
    password: initial,
  });
  const cookie = answer.headers.get('set-cookie').split(';')[0];
  await asked(
    node,
    'POST',
    '/web/password',
    { old: initial, new: PASSWORD },
    { cookie, 'x-csrf-token': value.csrf },
  );
  return of.account;
}

/** Sessions that were begun and not ended, by where and whose they are. */
const sessions = new Map();

/**
 * Has a browser be somebody's who works at a node: with the session that this person began before, as long as it lasts, or else with a new one.
 * With `anew`, a new one in any case. What is played of logging in itself goes through the page.
 */
export const signIn = (page, url, account, password = PASSWORD, anew = false) =>
  timed('logins', async () => {
    const whose = `${url} ${account}`;
    let value = anew ? undefined : sessions.get(whose);
    if (value !== undefined) {
      const alive = await fetch(`${url}/web/session`, { headers: { cookie: `yidi_session=${value}` } });
      if (!alive.ok) value = undefined;
    }
    if (value === undefined) {
      const { answer } = await asked(url, 'POST', '/web/login', { account, password });
      [, value] = /yidi_session=([^;]+)/.exec(answer.headers.get('set-cookie'));
      sessions.set(whose, value);
    }
    const context = page.context();
    await context.clearCookies();
    await context.addCookies([{ name: 'yidi_session', value, url, httpOnly: true, sameSite: 'Strict' }]);
  });

/** Another one sits down at the browser. The session of whoever sat there goes on. */
export async function signOut(page) {
  await page.goto('about:blank');
  await page.context().clearCookies();
}

/** Logs out through the page. */
export async function signOutByPage(page) {
  await page.locator('header .end .unfold').last().click();
  await page.getByRole('button', { name: '退出登录' }).click();
  await page.getByRole('button', { name: '登录', exact: true }).waitFor();
}

/** Makes accounts whose people take turns at one page; what does something as one of them. */
export async function inTurns(page, country, people) {
  for (const [participant, account, name, role, area] of people) {
    await person(country, participant, { account, name, role, area });
  }
  return async (url, account, doing) => {
    await signIn(page, url, account);
    await doing();
    await signOut(page);
  };
}

/** A display switch of the header: 大字, 高对比度, 深色, 紧凑. */
export async function display(page, name) {
  await page.getByRole('button', { name: '显示', exact: true }).click();
  await page.getByRole('button', { name }).click();
  await page.keyboard.press('Escape');
}
