import { afterEach, describe, expect, it, vi } from 'vitest';
import { beside, fileName, filled, glance, headerText, request, understood } from './client';

describe('a session', () => {
  const { seen, lost } = beside;
  afterEach(() => {
    Object.assign(beside, { seen, lost });
    vi.unstubAllGlobals();
  });
  it('is kept alive by what somebody asks, and not by what a page looks at by itself', async () => {
    const heard: string[] = [];
    Object.assign(beside, { seen: () => heard.push('seen'), lost: () => heard.push('lost') });
    let status = 200;
    vi.stubGlobal('fetch', () => Promise.resolve(new Response('{"jobs":[]}', { status })));
    await glance('/web/jobs');
    expect(heard).toEqual([]);
    await request('GET', '/web/session');
    expect(heard).toEqual(['seen']);
    status = 401;
    await glance('/web/jobs');
    expect(heard).toEqual(['seen', 'lost']);
  });
});

describe('a request', () => {
  it('fills its path and leaves out what is not said', () => {
    expect(filled('/api/v1/funds/clearings/{month}/pairs', { month: '2026-10' }, { province: '' })).toBe(
      '/api/v1/funds/clearings/2026-10/pairs',
    );
    expect(filled('/a/{id}', { id: '一/二' }, { after: 'x y', from: undefined })).toBe(
      '/a/%E4%B8%80%2F%E4%BA%8C?after=x%20y',
    );
    expect(filled('/a', {}, { account: 'manual/1:2', name: '武&汉', limit: 50, only: false })).toBe(
      '/a?account=manual/1:2&name=%E6%AD%A6%26%E6%B1%89&limit=50',
    );
  });
});

it('reads the name of a file, the one in UTF-8 before the plain one', () => {
  expect(fileName('attachment; filename="a.csv"')).toBe('a.csv');
  expect(fileName('attachment; filename="a.csv"; filename*=UTF-8\'\'%E8%A1%A8.csv')).toBe('表.csv');
  expect(fileName("attachment; filename*=UTF-8''%E8; filename=b.csv")).toBe('b.csv');
  expect(fileName('inline')).toBeUndefined();
  expect(fileName(null)).toBeUndefined();
});

it('writes a duty as a header may carry it', () => {
  expect(headerText('核对 1')).toBe('%E6%A0%B8%E5%AF%B9%201');
});

describe('an answer', () => {
  it.each([
    [200, '{"months":[]}', undefined],
    [422, '{"code":"not-yet","message":"月份尚未结束"}', { code: 'not-yet', message: '月份尚未结束' }],
    [401, 'x', { code: 'HTTP 401', message: '登录已失效，请重新登录' }],
    [204, '', undefined],
    [502, '<html>', { code: 'HTTP 502', unknown: true }],
    [200, 'not json', { code: 'HTTP 200', unknown: false }],
  ])('HTTP %d with %s', (status, text, refusal) => {
    const outcome = understood(status, text, 'GET /x');
    expect(outcome.ok).toBe(refusal === undefined);
    if (!outcome.ok) expect(outcome.refusal).toMatchObject(refusal ?? {});
  });
});
