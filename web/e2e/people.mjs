// Accounts of nodes for plays: made with the management token, as `yidi account create` makes them, and logged in through the page.
import { visit } from './browser.mjs';

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
export async function person(country, participant, of) {
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

/** Logs in through the page that is there. */
export async function signIn(page, url, account, password = PASSWORD) {
  await visit(page, `${url}/console.html`);
  await page.getByLabel('账号').fill(account);
  await page.getByLabel('密码', { exact: true }).fill(password);
  await page.getByRole('button', { name: '登录', exact: true }).click();
  await page.getByRole('button', { name: '登录', exact: true }).waitFor({ state: 'detached' });
}

/** Logs out through the page. */
export async function signOut(page) {
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
