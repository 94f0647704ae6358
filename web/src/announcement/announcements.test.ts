import { expect, it } from 'vitest';
import type { Day } from '@/shared/day';
import { affected, banners, period, wrongWith, type New, type Shown } from './announcements';

const one = (number: string, said: Partial<Shown>): Shown => ({
  number,
  owner: '100000',
  owner_name: '国家平台',
  title: '系统维护',
  text: '暂停直接结算',
  affects: [{ code: 'settlement', name: '直接结算' }],
  from: '2026-11-25 22:00:00',
  until: '2026-11-26 02:00:00',
  published_at: '2026-11-20 09:00:00',
  phase: 'upcoming',
  phase_name: '预告',
  ...said,
});

it('stands above pages from three days before until it is over', () => {
  const all = [
    one('ongoing', { phase: 'ongoing', from: '2026-11-01 00:00:00' }),
    one('near', { from: '2026-11-24 23:59:00' }),
    one('far', { from: '2026-11-25 00:00:00' }),
    one('over', { phase: 'over' }),
    one('portal', { phase: 'ongoing', affects: [{ code: 'portal', name: '参保人门户' }] }),
    one('all', { phase: 'ongoing', affects: [{ code: 'everything', name: '全部业务' }] }),
  ];
  const numbers = (businesses?: string[]) =>
    banners(all, '2026-11-21' as Day, businesses).map(({ number }) => number);
  expect(numbers()).toEqual(['ongoing', 'near', 'portal', 'all']);
  expect(numbers(['settlement'])).toEqual(['ongoing', 'near', 'all']);
});

it('says times and business shortly', () => {
  expect(period(one('1', {}))).toBe('2026-11-25 22:00 至 11-26 02:00');
  expect(period(one('1', { until: '2026-11-25 23:30:00' }))).toBe('2026-11-25 22:00 至 23:30');
  expect(period(one('1', { from: '2026-12-31 22:00:00', until: '2027-01-01 02:00:00' }))).toBe(
    '2026-12-31 22:00 至 2027-01-01 02:00',
  );
  const affects = [
    { code: 'filing', name: '异地就医备案' },
    { code: 'portal', name: '参保人门户' },
  ];
  expect(affected({ affects })).toBe('异地就医备案、参保人门户');
});

it('knows what is missing before anything is sent', () => {
  const good: New = {
    title: '国家平台系统维护',
    text: '维护期间暂停直接结算',
    affects: ['settlement'],
    from: '2026-11-25 22:00',
    until: '2026-11-26 02:00',
  };
  expect(wrongWith(good)).toBe('');
  const wrongs: [Partial<New>, string][] = [
    [{ title: ' 停机 ' }, '标题'],
    [{ text: '停' }, '正文'],
    [{ affects: [] }, '业务'],
    [{ from: '' }, '开始'],
    [{ until: '' }, '结束'],
    [{ until: '2026-11-25 22:00' }, '晚于'],
  ];
  for (const [damage, words] of wrongs) expect(wrongWith({ ...good, ...damage })).toContain(words);
});
