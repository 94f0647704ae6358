import { expect, it } from 'vitest';
import { idle } from './idle';

it('warns two minutes before the end, and knows the end', () => {
  const minute = 60_000;
  expect(idle(10 * minute, 1, 0)).toMatchObject({ warns: false, over: false });
  expect(idle(minute, minute, 15)).toMatchObject({ warns: false, over: false, minutesLeft: 15 });
  expect(idle(14 * minute, minute, 15)).toMatchObject({ warns: true, over: false, minutesLeft: 2 });
  expect(idle(16 * minute - 1, minute, 15)).toMatchObject({ warns: true, over: false, minutesLeft: 1 });
  expect(idle(16 * minute, minute, 15)).toMatchObject({ warns: false, over: true, minutesLeft: 0 });
});

it('does not warn from the beginning where the limit is short', () => {
  expect(idle(2_000, 1_000, 1)).toMatchObject({ warns: false, over: false });
});
