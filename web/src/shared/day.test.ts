import { describe, expect, it } from 'vitest';
import {
  ageOn,
  dayAt,
  dayInWords,
  daysBetween,
  lastMonth,
  momentAt,
  parseDay,
  plusDays,
  recordedAt,
  type Day,
  wrongMonth,
  wrongPeriod,
} from './day';

const d = (text: string) => parseDay(text) as Day;

describe('days', () => {
  it('are those of China, wherever the machine stands', () => {
    expect(dayAt(new Date('2026-11-21T15:59:59Z'))).toBe('2026-11-21');
    expect(dayAt(new Date('2026-11-21T16:00:00Z'))).toBe('2026-11-22');
    expect(momentAt(new Date('2026-12-31T16:00:01Z'))).toBe('2027-01-01 00:00:01');
  });

  it.each(['2026-02-30', '2026-13-01', '26-01-01', '2026/01/01', ''])('%j is no day', (text) => {
    expect(parseDay(text)).toBeUndefined();
  });

  it('are counted over months and leap years', () => {
    expect(plusDays(d('2028-02-28'), 1)).toBe('2028-02-29');
    expect(plusDays(d('2026-01-01'), -1)).toBe('2025-12-31');
    expect(daysBetween(d('2026-02-27'), d('2026-03-02'))).toBe(3);
    expect(ageOn(d('1945-01-10'), d('2026-01-09'))).toBe(80);
    expect(ageOn(d('1945-01-10'), d('2026-01-10'))).toBe(81);
  });

  it('are written for people', () => {
    expect(dayInWords(d('2026-01-05'))).toBe('2026年1月5日');
    expect(recordedAt('2026-11-22 09:58:41')).toBe('2026-11-22 09:58');
    expect(recordedAt('2026-11-22T09:58:41.017')).toBe('2026-11-22 09:58');
    expect(recordedAt(1_795_312_721_000)).toBe('2026-11-22 09:58');
    expect(recordedAt('系统')).toBe('系统');
  });
});

it('says what is wrong with a period, of which either end may be open', () => {
  expect(wrongPeriod('', '')).toBe('');
  expect(wrongPeriod('2026-11-01', '2026-11-01')).toBe('');
  expect(wrongPeriod('2026-11-02', '2026-11-01')).toBe('截止日期不早于起始日期');
  expect(wrongPeriod('2026-11-31', '')).toMatch(/^日期应为/);
});

it('knows the month before', () => {
  expect(lastMonth('2026-01-31' as Day)).toBe('2025-12');
  expect(lastMonth('2026-11-23' as Day)).toBe('2026-10');
});

it('tells a month from what is none', () => {
  expect(['2026-10', '2026-13', '2026-1', ''].map((month) => wrongMonth(month) === '')).toEqual([
    true,
    false,
    false,
    false,
  ]);
});
