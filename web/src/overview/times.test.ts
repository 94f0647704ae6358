import { expect, it } from 'vitest';
import { millis } from './times';

it('says how long in the unit that people read', () => {
  expect([5, 999, 1000, 2500, 10_000, undefined, null].map(millis)).toEqual([
    '5毫秒',
    '999毫秒',
    '1秒',
    '2.5秒',
    '10秒',
    '30秒以上',
    '30秒以上',
  ]);
});
