import { expect, it } from 'vitest';
import { areaKind, ROLES, wrongRole } from './roles';

it('knows areas by their codes', () => {
  expect(['100000', '420000', '420100', '420106', 'H42010600001', 'x'].map(areaKind)).toEqual([
    'nation',
    'province',
    'city',
    'county',
    'institution',
    undefined,
  ]);
});

it('keeps roles where they belong', () => {
  expect(wrongRole('cashier', 'H42010600001')).toBe('');
  expect(wrongRole('cashier', '420100')).toMatch(/收费员不能/);
  expect(wrongRole('hub-reviewer', '420000')).toMatch(/国家复核不能/);
  expect(wrongRole('agency-operator', '420106')).toBe('');
  expect(wrongRole('', '420106')).toBe('请选择岗位');
  expect(wrongRole('finance', 'abc')).toMatch(/六位区划/);
});

it('has no role of the insured to give', () => {
  expect(ROLES.map((role) => role.code)).not.toContain('insured');
});
