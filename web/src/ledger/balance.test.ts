import { expect, it } from 'vitest';
import { wrongLegs } from './balance';

const leg = (debit: string, credit: string, amount: string) => ({ debit, credit, amount });

it.each([
  [[leg('a', 'b', '1.00')], ''],
  [[leg('a', '', '1.00')], '请选择的借方和贷方科目'],
  [[leg('a', 'a', '1.00')], '借方和贷方不能是同一科目'],
  [[leg('a', 'b', '1'), leg('a', 'b', '0')], '请填写第2行的金额，大于零，至多两位小数'],
  [[leg('a', 'b', '1.001')], '请填写的金额，大于零，至多两位小数'],
])('%j', (legs, words) => {
  expect(wrongLegs(legs)).toBe(words);
});
