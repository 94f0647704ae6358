import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { forgetMine, fresh, going, lookAtMine, mine, see } from './bell';
import { carried, told, type Job } from './jobs';

const job = (id: string, state: string): Job => ({
  id,
  words: '清分试算',
  path: '/api/v1/funds/clearings/202610/plan',
  attempt: 1,
  state,
  started_at: '2026-11-23 10:00:00',
  seen_at: '2026-11-23 10:00:00',
  done: 0,
  total: 0,
  size: 0,
  kept_until: '2026-11-24 10:00:00',
});
const json = (value: unknown, status = 200) =>
  new Response(JSON.stringify(value), { status, headers: { 'content-type': 'application/json' } });
let listed: readonly Job[] = [];
let looks = 0;
beforeEach(() => {
  vi.useFakeTimers();
  [listed, looks] = [[], 0];
  vi.stubGlobal('fetch', (url: string) => {
    if (url === '/web/jobs') {
      looks += 1;
      return Promise.resolve(json({ jobs: listed }));
    }
    if (url.endsWith('/answer')) return Promise.resolve(json({ plan: 1 }));
    return Promise.resolve(json(job('J7', 'done'), url.startsWith('/web/') ? 200 : 202));
  });
});
afterEach(() => {
  forgetMine();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

it('looks again while one goes on, and tells what has ended until it was seen', async () => {
  listed = [job('J2', 'running'), job('J1', 'done')];
  await lookAtMine();
  expect([going.value.length, fresh.value.map((one) => one.id)]).toEqual([1, ['J1']]);
  see(['J1']);
  expect(fresh.value).toEqual([]);
  listed = [job('J2', 'refused'), job('J1', 'done')];
  await vi.advanceTimersByTimeAsync(3_000);
  expect([looks, going.value.length, fresh.value.map((one) => one.id)]).toEqual([2, 0, ['J2']]);
  // Nothing goes on: nobody is asked any more.
  await vi.advanceTimersByTimeAsync(60_000);
  expect(looks).toBe(2);
});

it('keeps one that begins while it looks', async () => {
  const look = lookAtMine();
  told.begun(job('J5', 'running'));
  await look;
  expect(going.value.map((one) => one.id)).toEqual(['J5']);
  listed = [job('J5', 'done')];
  await vi.advanceTimersByTimeAsync(3_000);
  expect(fresh.value.map((one) => one.id)).toEqual(['J5']);
});

it('hears of one that begins, and of what its page has shown', async () => {
  told.begun(job('J9', 'running'));
  expect(going.value.map((one) => one.id)).toEqual(['J9']);
  listed = [job('J9', 'done')];
  await vi.advanceTimersByTimeAsync(3_000);
  expect(fresh.value.map((one) => one.id)).toEqual(['J9']);
  expect(await carried('POST', '/api/v1/x', {})).toMatchObject({ ok: true });
  expect(fresh.value.map((one) => one.id)).toEqual(['J9']);
  told.begun(job('J8', 'running'));
  told.taken('J8');
  expect([going.value.length, fresh.value.map((one) => one.id)]).toEqual([0, ['J9']]);
  forgetMine();
  expect(mine.value).toEqual([]);
});
