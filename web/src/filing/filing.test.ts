import { describe, expect, it } from 'vitest';
import { CATEGORIES, mayCancel, mayChange, standingOn, standingWords } from './categories';
import { areaOf, destinationsIn, provincesOf } from './destination';

const filing = (stage: string, begins: string, ends: string | null = null, deemed = false) => ({
  stage,
  stage_name: `[${stage}]`,
  begins,
  ends,
  deemed,
});
const DAY = '2026-11-23';

describe('where a filing stands', () => {
  it.each([
    [filing('submitted', '2026-12-01'), 'waiting', '[submitted]', false, true],
    [filing('effective', '2026-11-23'), 'in-force', '有效', true, true],
    [filing('effective', '2026-11-24'), 'to-come', '未到开始日期', true, true],
    [filing('effective', '2026-01-01', '2026-11-23'), 'in-force', '有效', true, true],
    [filing('effective', '2026-01-01', '2026-11-22'), 'expired', '已过有效期', false, false],
    [filing('effective', '2026-11-01', '2026-12-01', true), 'in-force', '有效', false, false],
    [filing('rejected', '2026-01-01'), 'over', '[rejected]', false, false],
    [filing('cancelled', '2026-01-01'), 'over', '[cancelled]', false, false],
  ])('%j', (one, standing, words, change, cancel) => {
    expect(standingOn(one, DAY)).toBe(standing);
    expect(standingWords(one, DAY)).toBe(words);
    expect([mayChange(one, DAY), mayCancel(one, DAY)]).toEqual([change, cancel]);
  });
});

it('long-term categories are those that may be committed to', () => {
  expect(CATEGORIES.filter((one) => one.longTerm).map((one) => one.code)).toEqual([
    'resettled_retiree',
    'long_term_resident',
    'stationed_worker',
  ]);
});

describe('where one may file to', () => {
  const names = new Map([
    ['110000', '北京市'],
    ['110101', '东城区'],
    ['420000', '湖北省'],
    ['420100', '武汉市'],
    ['420102', '江岸区'],
    ['429004', '仙桃市'],
  ]);
  it('is a city, a county under its province, or a whole province', () => {
    expect(provincesOf(names).map((one) => one.code)).toEqual(['110000', '420000']);
    expect(destinationsIn(names, '110000').map((one) => one.code)).toEqual(['110000']);
    expect(destinationsIn(names, '420000').map((one) => one.code)).toEqual(['420000', '420100', '429004']);
    expect(destinationsIn(names, '990000')).toEqual([]);
  });
  it.each([
    ['110101', '110000'],
    ['420102', '420100'],
    ['429004', '429004'],
    ['420100', '420100'],
  ])('%s lies in %s', (code, area) => expect(areaOf(code)).toBe(area));
});
