import { afterEach, expect, it, vi } from 'vitest';
import { carried, carriedFile, ended, howFar, jobWords, type Job } from './jobs';

const job = (state: string, done = 0): Job => ({
  id: 'J1',
  words: '导出',
  path: '/list',
  attempt: 1,
  state,
  started_at: '2026-11-23 10:00:00',
  seen_at: '2026-11-23 10:00:00',
  done,
  total: 10,
  size: 0,
  kept_until: '2026-11-24 10:00:00',
});
const json = (value: unknown, status = 200) =>
  new Response(JSON.stringify(value), { status, headers: { 'content-type': 'application/json' } });
const at = (answers: Record<string, (() => Response)[]>) => {
  const asked: string[] = [];
  vi.stubGlobal('fetch', (url: string, init: RequestInit) => {
    const key = `${init.method ?? 'GET'} ${url}`;
    asked.push(key + (new Headers(init.headers).get('x-job') === 'true' ? ' left' : ''));
    const next = answers[key]?.shift();
    return next ? Promise.resolve(next()) : Promise.reject(new Error(`not awaited: ${key}`));
  });
  return asked;
};
afterEach(() => vi.unstubAllGlobals());
const pause = () => Promise.resolve();

it('waits for what goes on by itself, and says how far it is', async () => {
  const asked = at({
    'POST /api/v1/filings/batch': [() => json(job('running'), 202)],
    'GET /web/jobs/J1': [() => json(job('running', 4)), () => json(job('done', 10))],
    'GET /web/jobs/J1/answer': [() => json({ taken: 3 })],
  });
  const told: number[] = [];
  const outcome = await carried(
    'POST',
    '/api/v1/filings/batch',
    {},
    { pause, tell: (one) => told.push(one.done) },
  );
  expect(outcome).toEqual({ ok: true, value: { taken: 3 } });
  expect(told).toEqual([0, 4, 10]);
  expect(asked[0]).toBe('POST /api/v1/filings/batch left');
});

it('takes an answer that comes at once, and a refusal of either', async () => {
  at({ 'POST /x': [() => json({ done: true })] });
  expect(await carried('POST', '/x', {}, { pause })).toEqual({ ok: true, value: { done: true } });
  at({ 'POST /x': [() => json({ code: 'job-rule', message: '稍后' }, 422)] });
  expect(await carried('POST', '/x', {}, { pause })).toMatchObject({
    ok: false,
    refusal: { code: 'job-rule' },
  });
  at({
    'POST /x': [() => json(job('refused'), 202)],
    'GET /web/jobs/J1/answer': [() => json({ code: 'list-rule', message: '不行' }, 422)],
  });
  expect(await carried('POST', '/x', {}, { pause })).toMatchObject({
    ok: false,
    refusal: { code: 'list-rule' },
  });
  at({ 'POST /x': [() => json(job('interrupted'), 202)] });
  expect(await carried('POST', '/x', {}, { pause })).toMatchObject({
    ok: false,
    refusal: { code: 'job-interrupted' },
  });
  at({ 'POST /x': [() => json({ ...job('interrupted'), note: '请先核对' }, 202)] });
  expect(await carried('POST', '/x', {}, { pause })).toMatchObject({
    refusal: { message: '请先核对' },
  });
});

it('hands a file over and forgets it there', async () => {
  const named = { 'content-disposition': "attachment; filename*=UTF-8''%E8%A1%A8.csv" };
  const asked = at({
    'GET /list?form=csv': [() => json(job('done'), 202)],
    'GET /web/jobs/J1/answer': [() => new Response('a,b', { headers: named })],
    'POST /web/jobs/J1/forget': [() => new Response(null, { status: 204 })],
  });
  const outcome = await carriedFile('x.csv', { method: 'GET', url: '/list?form=csv' }, { pause });
  expect(outcome).toMatchObject({ ok: true, value: { name: '表.csv' } });
  await Promise.resolve();
  expect(asked.at(-1)).toBe('POST /web/jobs/J1/forget');
});

it('what comes when nobody waits any more was not seen, and is kept', async () => {
  const gone = new AbortController();
  const asked = at({
    'POST /x': [() => json(job('running'), 202)],
    'GET /web/jobs/J1': [
      () => {
        gone.abort();
        return json(job('done'));
      },
    ],
  });
  const waiting = { pause, signal: gone.signal, forget: true };
  expect(await carried('POST', '/x', {}, waiting)).toBeUndefined();
  expect(asked).toEqual(['POST /x left', 'GET /web/jobs/J1']);
});

it('goes away with whoever waited, and gives up where nobody answers', async () => {
  const gone = new AbortController();
  gone.abort();
  expect(await ended(job('running'), { pause, signal: gone.signal })).toBeUndefined();
  const looks = at({});
  expect(await ended(job('running'), { pause })).toMatchObject({ ok: false });
  expect(looks.length).toBe(5);
});

it('says it in words', () => {
  expect([howFar(job('running', 3)), howFar({ done: 0, total: 0 })]).toEqual(['第3项，共10项', '']);
  expect(jobWords(job('interrupted'))).toContain('重新办理');
  expect(howFar({ ...job('running', 3), step: '查询', step_at: 1, step_of: 2 })).toBe(
    '第1步，共2步：查询，第3项，共10项',
  );
});
