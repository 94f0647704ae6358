import { expect, it } from 'vitest';
import { saidByHand, wrongByHand } from './byHand';

it.each([
  [{ how: 'amount', amount: '12.345', reason: '协商' }, '请填写金额，至多两位小数'],
  [{ how: 'amount', amount: '12.34', reason: ' ' }, '请填写理由'],
  [{ how: 'computed', amount: '', reason: '' }, '请填写理由'],
  [{ how: 'computed', amount: '', reason: '协商' }, ''],
])('%j', (said, wrong) => {
  expect(wrongByHand(said)).toBe(wrong);
});

it('an amount goes along only where it is set', () => {
  expect(saidByHand({ how: 'amount', amount: ' 1.00 ', reason: ' 协商 ' })).toEqual({
    amount: '1.00',
    reason: '协商',
  });
  expect(saidByHand({ how: 'computed', amount: '1.00', reason: '协商' })).toEqual({ reason: '协商' });
});
