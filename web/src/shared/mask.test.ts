import { expect, it } from 'vitest';
import { maskedAccount, maskedCitizen, maskedName, maskedPhone, shortened } from './mask';

it('covers the middle and never shows what is too short to cover', () => {
  expect(maskedCitizen('110101194106189151')).toBe('110101********9151');
  expect(maskedCitizen('1234567890')).toBe('**********');
  expect(maskedName('王某甲')).toBe('王**');
  expect(maskedName('𠮷野')).toBe('𠮷*');
  expect(maskedName('')).toBe('');
  expect(maskedPhone('13800001234')).toBe('138****1234');
  expect(maskedAccount('6222020000001234')).toBe('************1234');
});

it('shortens what is covered and leaves the rest', () => {
  expect(shortened('42**************************50')).toBe('42****50');
  expect(shortened('138****1234')).toBe('138****1234');
  expect(shortened('420100000000000031900000000203')).toBe('420100000000000031900000000203');
});
