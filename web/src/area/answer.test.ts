import { expect, it } from 'vitest';
import { disputed, DISPUTED_MAX, tagOf, mayDispute } from './answer';

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

it('lets an area dispute until its day, or until somebody has decided', () => {
  const verdicts = ['awaited', 'confirmed', 'deemed', 'disputed', 'upheld', 'rejected'];
  const on = (today: string) => verdicts.filter((verdict) => mayDispute(verdict, today, '2026-11-27'));
  expect(on('2026-11-27')).toEqual(['awaited', 'confirmed', 'disputed']);
  expect(on('2026-11-28')).toEqual(['awaited', 'disputed']);
});
