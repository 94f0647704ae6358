import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { client } from './client';
import {
  ended,
  leave,
  loadSession,
  logIn,
  logOut,
  may,
  session,
  showCode,
  tieIdentity,
  wayTo,
} from './session';

const VIEW = {
  account: 'a',
  name: '演示甲',
  participant: '100000',
  role: 'hub-operator',
  role_name: '国家经办',
  area: { kind: 'nation', code: '100000', name: '全国' },
  actions: ['read-clearing'],
  windows: [],
  csrf: 'word-1',
  must_change_password: false,
  one_time_code: false,
  idle_minutes: 15,
  development: false,
};

interface Sent {
  url: string;
  method: string;
  headers: Record<string, string>;
}
let sent: Sent[] = [];
let answers: [status: number, value: unknown][] = [];

beforeEach(() => {
  sent = [];
  answers = [];
  leave();
  vi.stubGlobal('fetch', async (url: string, init: RequestInit) => {
    sent.push({ url, method: init.method ?? '', headers: init.headers as Record<string, string> });
    const [status, value] = answers.shift() ?? [500, undefined];
    return new Response(value === undefined ? null : JSON.stringify(value), { status });
  });
});
afterEach(() => vi.unstubAllGlobals());

it('shows the word against forged requests with what writes, and with nothing else', async () => {
  answers = [
    [200, VIEW],
    [200, {}],
    [200, {}],
    [200, {}],
  ];
  await logIn({ account: 'a', password: 'p' });
  expect(may('read-clearing')).toBe(true);
  expect(may('adopt-clearing', 'plan-clearing')).toBe(false);
  const node = client<Record<string, { get: unknown; post: unknown; put: unknown }>>();
  await node.get('/x' as never, { duty: '核对' } as never);
  await node.post('/x' as never);
  await node.put('/x' as never);
  expect(sent.map((one) => one.headers['x-csrf-token'])).toEqual([undefined, undefined, 'word-1', 'word-1']);
  expect(sent[1]?.headers['x-duty']).toBe('%E6%A0%B8%E5%AF%B9');
});

it('lets in whoever has come back from a provider and shows the one-time code', async () => {
  answers = [
    [401, { code: 'one-time-code-wrong', message: '动态验证码不正确' }],
    [200, VIEW],
    [200, { address: 'https://id.example.cn/' }],
  ];
  expect((await showCode('demo', '000000')).ok).toBe(false);
  expect(session.value).toBeUndefined();
  await showCode('demo', '123456');
  expect(session.value?.account).toBe('a');
  const tied = await tieIdentity('demo', 'p', true);
  expect(tied.ok && tied.value.address).toBe('https://id.example.cn/');
  expect(sent.map((one) => one.url)).toEqual([
    '/web/oidc/demo/code',
    '/web/oidc/demo/code',
    '/web/oidc/demo/tie',
  ]);
  expect(sent[2]?.headers['x-csrf-token']).toBe('word-1');
  expect(wayTo('a/b')).toBe('/web/oidc/a%2Fb');
});

it('forgets who sat there when the server does', async () => {
  answers = [
    [200, VIEW],
    [401, { code: 'not-authenticated', message: '请登录' }],
  ];
  await loadSession();
  expect(session.value?.account).toBe('a');
  await client<Record<string, { get: unknown }>>().get('/x' as never);
  expect(session.value).toBeUndefined();
  expect(ended.value).toMatch(/重新登录/);
  expect(may('read-clearing')).toBe(false);
});

it('keeps the session when a login is refused, and ends it when one logs out', async () => {
  answers = [
    [200, VIEW],
    [401, { code: 'login-failed', message: '账户或密码不正确' }],
    [204, undefined],
  ];
  await loadSession();
  expect((await logIn({ account: 'a', password: 'wrong' })).ok).toBe(false);
  expect(session.value?.account).toBe('a');
  expect((await logOut()).ok).toBe(true);
  expect(session.value).toBeUndefined();
  expect(ended.value).toBe('');
});

it('learns who sits there now when another window has logged in anew', async () => {
  answers = [
    [200, VIEW],
    [403, { code: 'csrf', message: '请刷新' }],
    [200, { ...VIEW, account: 'b', csrf: 'word-2' }],
  ];
  await loadSession();
  await client<Record<string, { post: unknown }>>().post('/x' as never);
  await vi.waitFor(() => expect(session.value?.account).toBe('b'));
});
