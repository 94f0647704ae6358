// Logging in at an organisation's identity provider, in a browser that keeps cookies from other sites apart: the node is at 127.0.0.1, the provider
// at localhost, which to a browser is another site.
import assert from 'node:assert/strict';
import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DESKTOP, pageOf, visit } from './browser.mjs';
import { looked, program } from './desk.mjs';
import { free, start, YIDI } from './nodes.mjs';
import { PASSWORD, person, signIn, signOut } from './people.mjs';

const HUB = '100000';
const NAME = '演示统一身份认证';
const CLIENT = 'yidi';
const [NODE, PROVIDER] = [18840, 18849];

/** A provider that knows one person, who presses a button there; its ID tokens are signed with RS256. */
function provider(issuer, pages) {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const codes = new Map();
  const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const json = (answer, value) => {
    answer.setHeader('content-type', 'application/json');
    answer.end(JSON.stringify(value));
  };
  const tokens = (form) => {
    const asked = codes.get(form.get('code'));
    codes.delete(form.get('code'));
    const challenge = createHash('sha256')
      .update(form.get('code_verifier') ?? '')
      .digest('base64url');
    if (asked?.get('code_challenge') !== challenge || form.get('client_id') !== CLIENT) return undefined;
    const now = Math.floor(Date.now() / 1000);
    const claims = {
      ...{ iss: issuer, sub: 'u-0001', aud: CLIENT, exp: now + 60, iat: now },
      ...{ nonce: asked.get('nonce'), preferred_username: 'e2e-someone' },
    };
    const signed = `${part({ alg: 'RS256', kid: 'one' })}.${part(claims)}`;
    return `${signed}.${sign('sha256', Buffer.from(signed), privateKey).toString('base64url')}`;
  };
  const server = createServer((request, answer) => {
    const url = new URL(request.url, issuer);
    if (url.pathname === '/.well-known/openid-configuration') {
      json(answer, {
        issuer,
        authorization_endpoint: `${issuer}/authorize`,
        token_endpoint: `${issuer}/token`,
        jwks_uri: `${issuer}/keys`,
      });
    } else if (url.pathname === '/keys') {
      json(answer, { keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'one', use: 'sig' }] });
    } else if (url.pathname === '/authorize') {
      assert.equal(url.searchParams.get('redirect_uri'), `${pages}/web/oidc/demo/callback`);
      const code = `code-${Math.random()}`;
      codes.set(code, url.searchParams);
      const back = new URL(url.searchParams.get('redirect_uri'));
      for (const [name, value] of Object.entries({ code, state: url.searchParams.get('state') })) {
        back.searchParams.set(name, value);
      }
      answer.setHeader('content-type', 'text/html; charset=utf-8');
      answer.end(`<!doctype html><html lang="zh-CN"><title>认证</title><a href="${back}">是我</a></html>`);
    } else {
      let form = '';
      request.on('data', (chunk) => (form += chunk));
      request.on('end', () => {
        const token = tokens(new URLSearchParams(form));
        if (token === undefined) answer.statusCode = 400;
        json(answer, token === undefined ? { error: 'invalid_grant' } : { id_token: token });
      });
    }
  });
  return new Promise((resolve) => server.listen(PROVIDER, 'localhost', () => resolve(server)));
}

/** A hub that knows the provider, on a database of its own. */
export async function hubWithProvider(port) {
  const [issuer, pages] = [`http://localhost:${PROVIDER}`, `http://127.0.0.1:${port}`];
  const folder = mkdtempSync(join(tmpdir(), 'yidi-e2e-'));
  // The database runs as a user of its own, where this is root.
  chmodSync(folder, 0o755);
  const [config, tokenFile] = [join(folder, 'hub.toml'), join(folder, 'token')];
  const token = 'a token of plays alone';
  writeFileSync(tokenFile, token, { mode: 0o600 });
  writeFileSync(
    config,
    `listen = "127.0.0.1:${NODE}"\ndata = "${folder}/hub"\nmanagement_token_file = "${tokenFile}"\nportal = "${pages}"\n` +
      `[[identity_providers]]\nid = "demo"\nname = "${NAME}"\nissuer = "${issuer}"\nclient_id = "${CLIENT}"\n`,
  );
  await free(NODE);
  const there = await provider(issuer, pages);
  const hub = start(YIDI, ['hub', '--config', config], { until: /公钥/ });
  const stop = async () => {
    await hub.stop();
    there.closeAllConnections();
    there.close();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await hub.ready;
  } catch (error) {
    await stop();
    throw error;
  }
  return { token, nodes: { [HUB]: `http://127.0.0.1:${NODE}` }, stop };
}

export async function identity(chrome, country, troubles) {
  const hub = await country.at(HUB);
  const account = { account: 'e2e-operator', name: '演示甲', role: 'hub-operator', area: HUB };
  await person(country, HUB, account);
  const page = await pageOf(chrome, DESKTOP, troubles);
  page.setDefaultTimeout(10_000);
  const at = { page, troubles };

  // Nobody is let in by what a provider says alone.
  await visit(page, `${hub}/console.html`);
  await page.getByRole('link', { name: `用${NAME}登录` }).waitFor();
  await looked(at, 'identity-login');
  await page.getByRole('link', { name: `用${NAME}登录` }).click();
  await page.getByRole('link', { name: '是我' }).click();
  await page.getByRole('alert').getByText('未绑定本平台账户').waitFor();
  await looked(at, 'identity-untied');
  await page.getByRole('link', { name: '返回登录页' }).click();

  // The person ties it, with the account's password.
  await signIn(page, hub, account.account);
  await visit(page, `${hub}/console.html#/me`);
  const box = page.getByRole('region', { name: '统一身份认证' });
  await box.getByLabel('本账户密码').fill('wrong-password-9');
  await box.getByRole('button', { name: `绑定${NAME}` }).click();
  await box.getByRole('alert').getByText('原密码不正确').waitFor();
  await looked(at, 'identity-tie');
  await box.getByLabel('本账户密码').fill(PASSWORD);
  await box.getByRole('button', { name: `绑定${NAME}` }).click();
  await page.getByRole('link', { name: '是我' }).click();
  await box.getByText(`已绑定${NAME}`).waitFor();
  await looked(at, 'identity-tied');
  const view = await program(country, HUB, 'GET', `/api/v1/accounts/${account.account}`);
  assert.deepEqual(
    [view.identity.provider_name, view.identity.shown, view.identity.only],
    [NAME, 'e***e', false],
  );
  await signOut(page);

  // It logs in: the session's cookie is shown although the way back came from another site.
  await visit(page, `${hub}/console.html`);
  await page.getByRole('link', { name: `用${NAME}登录` }).click();
  await page.getByRole('link', { name: '是我' }).click();
  await page.getByRole('button', { name: '演示甲' }).waitFor();
  const cookies = await page.context().cookies(hub);
  assert.deepEqual(
    cookies.map(({ name, sameSite, httpOnly }) => [name, sameSite, httpOnly]),
    [['yidi_session', 'Strict', true]],
  );

  // An administrator unties it, and whoever was in by it is out.
  await program(country, HUB, 'POST', `/api/v1/accounts/${account.account}/untie-identity`, {});
  await visit(page, `${hub}/console.html#/me`);
  await page.getByRole('button', { name: '登录', exact: true }).waitFor();
}
