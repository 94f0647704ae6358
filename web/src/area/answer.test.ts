import { expect, it } from 'vitest';
import { disputed, DISPUTED_MAX, tagOf } from './answer';

const ID = '4'.repeat(30);

it.each([
  ['', '请列出有异议的结算ID'],
  ['12', '结算ID为30位数字：12'],
  [`${ID}\n${ID}，`, [ID]],
  [`${ID} ${'5'.repeat(30)}`, [ID, '5'.repeat(30)]],
])('%s', (text, expected) => expect(disputed(text)).toEqual(expected));

it('has a most', () => {
  const many = Array.from({ length: DISPUTED_MAX + 1 }, (_, at) => `4${String(at).padStart(29, '0')}`);
  expect(disputed(many.join(' '))).toBe('一次至多500笔');
});

it('marks what waits and what is disputed', () => {
  expect(['awaited', 'disputed', 'deemed', 'upheld'].map(tagOf)).toEqual(['warn', 'bad', 'good', '']);
});
