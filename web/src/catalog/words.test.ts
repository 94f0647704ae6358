import { describe, expect, it } from 'vitest';
import { byCode, limitsInWords, sharesInWords, sourcesOf, stateWords } from './words';

const share = { rate: '10%', is_final: false };

describe('a share', () => {
  it.each([
    [share, '10%'],
    [{ ...share, is_final: true }, '10%，余额全额纳入'],
    [{ ...share, levels: ['三级'] }, '10%（三级）'],
    [{ ...share, over: '200.00' }, '10%（单价200.00元以上）'],
    [{ ...share, to: '200.00' }, '10%（单价200.00元及以下）'],
    [
      { ...share, levels: ['二级', '三级'], over: '200.00', to: '1000.00', is_final: true },
      '10%（二级，三级，单价200.00元以上至1000.00元，余额全额纳入）',
    ],
  ])('%j', (one, words) => expect(sharesInWords([one])).toEqual([words]));

  it('names its sources once', () => {
    expect(sourcesOf([{ ...share, source: '甲文' }, share, { ...share, source: '甲文' }])).toEqual(['甲文']);
  });
});

describe('a limit', () => {
  it.each([
    [{}, ''],
    [{ primary: '18.00', secondary: '25.00', tertiary: '32.00' }, '一级 18.00，二级 25.00，三级 32.00'],
    [{ primary: '18.00', secondary: '18.00', tertiary: '18.00' }, '18.00'],
    [{ tertiary: '18.00' }, '三级 18.00'],
  ])('%j is %s', (limits, words) => expect(limitsInWords({ limits })).toBe(words));
});

it('says where a pair stands', () => {
  expect(['valid', 'ended', 'to_come'].map((state) => stateWords({ state }))).toEqual([
    '有效',
    '已结束',
    '未到开始日期',
  ]);
});

it('lists codes in their order', () => {
  const table = [
    ['03', '丙类'],
    ['01', '甲类'],
  ] as const;
  expect(byCode(table).map(([code]) => code)).toEqual(['01', '03']);
});
