import { describe, expect, it } from 'vitest';
import { readCitizen } from './citizen';

describe('an identity number', () => {
  it('says birth and sex', () => {
    expect(readCitizen(' 11010119410618915 1')).toEqual({
      number: '110101194106189151',
      birth: '1941-06-18',
      sex: '男',
    });
  });

  it.each([
    ['110101194106189152', '校验位不符'],
    ['11010119411318915X', '出生日期不存在'],
    ['1101011941061891', '18位'],
    ['', '18位'],
  ])('%j is refused: %s', (text, why) => {
    expect(readCitizen(text)).toContain(why);
  });
});
