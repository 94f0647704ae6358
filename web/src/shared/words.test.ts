import { expect, it } from 'vitest';
import { FUNDS, PERSON_TYPES, SCHEMES } from '@/generated/code-tables';
import { provinceName } from './place';
import { schemeCode, schemeShort, wordFor } from './words';

it.each([
  [SCHEMES, '310', '职工基本医疗保险'],
  [SCHEMES, schemeCode('resident'), '城乡居民基本医疗保险'],
  [PERSON_TYPES, '12', '退休'],
  [PERSON_TYPES, '1199', '在职'],
  [PERSON_TYPES, '77', '77'],
  [FUNDS, '310100', '城镇职工基本医疗保险统筹基金'],
  [FUNDS, null, ''],
])('a code has its word', (table, code, word) => {
  expect(wordFor(table, code)).toBe(word);
});

it('provinces and schemes have short names', () => {
  expect(provinceName('420106')).toBe('湖北');
  expect(provinceName('150000')).toBe('内蒙古');
  expect(provinceName('110000')).toBe('北京');
  expect(provinceName('100000')).toBe('国家');
  expect(provinceName('990000')).toBe('990000');
  expect(schemeShort('employee')).toBe('职工');
});
