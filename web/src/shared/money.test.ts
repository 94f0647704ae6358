import { describe, expect, it } from 'vitest';
import {
  capitals,
  fenOf,
  jsonNumber,
  parseYuan,
  priced,
  readAmount,
  share,
  short,
  shown,
  sum,
  yuan,
} from './money';

describe('money', () => {
  it.each([
    ['0', 0n, '0.00'],
    ['100', 10000n, '100.00'],
    ['1234.5', 123450n, '1,234.50'],
    ['-12.05', -1205n, '-12.05'],
    ['1,234,567.89', 123456789n, '1,234,567.89'],
    ['0.1', 10n, '0.10'],
    ['100.5000', 10050n, '100.50'],
  ])('reads %s to the fen and shows it', (text, units, words) => {
    expect(parseYuan(text)).toBe(units);
    expect(shown(fenOf(units))).toBe(words);
  });

  it.each(['', '一百', '1.234', '1e3', '--1', '1.2.3', ' . '])('does not read %j', (text) => {
    expect(parseYuan(text)).toBeUndefined();
  });

  it('is exact where floating-point numbers are not', () => {
    const amounts = Array.from({ length: 10 }, () => readAmount(0.1));
    expect(yuan(sum(amounts))).toBe('1.00');
    expect(readAmount(1.15) * 100n).toBe(11500n);
  });

  it('reads every amount of an answer as it was written, and writes it so', () => {
    for (const text of ['23442.46', '999999999.99', '0.01', '-0.05', '100.1']) {
      const parsed: unknown = JSON.parse(text);
      expect(yuan(readAmount(parsed))).toBe(yuan(readAmount(text)));
      expect(JSON.stringify(jsonNumber(text))).toBe(text);
    }
    expect(readAmount(null)).toBe(0n);
    expect(() => readAmount({})).toThrow('not an amount');
    expect(() => readAmount(0.001)).toThrow();
  });

  it.each([
    // price in 10^-6 yuan, quantity in 10^-4, fen
    [4_116_667n, 30_000n, 1235n],
    [12_500_000n, 10_000n, 1250n],
    [5_000n, 10_000n, 1n],
    [4_999n, 10_000n, 0n],
    [5_000n, -10_000n, -1n],
  ])('%d times %d is %d fen', (price, quantity, amount) => {
    expect(priced(price, quantity)).toBe(amount);
  });

  it('shortens for boards', () => {
    expect(short(fenOf(123_456n))).toBe('1,234.56');
    expect(short(fenOf(123_456_789n))).toBe('123.46万');
    expect(short(fenOf(-12_345_678_901n))).toBe('-1.23亿');
    expect(share(fenOf(1n), fenOf(3n))).toBe(3333);
    expect(share(fenOf(1n), fenOf(0n))).toBe(0);
  });

  it.each([
    ['0', '零元整'],
    ['1234.5', '壹仟贰佰叁拾肆元伍角整'],
    ['10003.04', '壹万零叁元零肆分'],
    ['100000000', '壹亿元整'],
    ['100200300.01', '壹亿零贰拾万零叁佰元零壹分'],
    ['0.35', '叁角伍分'],
    ['0.05', '伍分'],
    ['-20', '负贰拾元整'],
    ['42680', '肆万贰仟陆佰捌拾元整'],
  ])('%s in capitals', (text, words) => {
    expect(capitals(readAmount(text))).toBe(words);
  });
});
