import { describe, expect, it } from 'vitest';
import { filled, understood } from './client';

describe('a request', () => {
  it('fills its path and leaves out what is not said', () => {
    expect(filled('/api/v1/funds/clearings/{month}/pairs', { month: '2026-10' }, { province: '' })).toBe(
      '/api/v1/funds/clearings/2026-10/pairs',
    );
    expect(filled('/a/{id}', { id: '一/二' }, { after: 'x y', from: undefined })).toBe(
      '/a/%E4%B8%80%2F%E4%BA%8C?after=x+y',
    );
  });
});

describe('an answer', () => {
  it.each([
    [200, '{"months":[]}', undefined],
    [422, '{"code":"not-yet","message":"月份尚未结束"}', { code: 'not-yet', message: '月份尚未结束' }],
    [401, 'x', { code: 'HTTP 401', message: '登录已失效，请重新登录' }],
    [502, '<html>', { code: 'HTTP 502', unknown: true }],
    [200, 'not json', { code: 'HTTP 200', unknown: false }],
  ])('HTTP %d with %s', (status, text, refusal) => {
    const outcome = understood(status, text, 'GET /x');
    expect(outcome.ok).toBe(refusal === undefined);
    if (!outcome.ok) expect(outcome.refusal).toMatchObject(refusal ?? {});
  });
});
