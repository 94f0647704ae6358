import { expect, it } from 'vitest';
import { PROVINCES } from '@/generated/provinces';
import { arc, grade, middleOf, nextArc, thickness, TILES } from './tiles';

it('has every province once, and no two on one place', () => {
  expect(TILES.map((tile) => tile.code).sort()).toEqual(PROVINCES.map(([code]) => code).sort());
  expect(new Set(TILES.map((tile) => `${tile.column} ${tile.row}`)).size).toBe(TILES.length);
  expect(new Set(TILES.map((tile) => tile.short)).size).toBe(TILES.length);
});

it('lays neighbours about where they lie', () => {
  const at = (short: string) => {
    const tile = TILES.find((one) => one.short === short);
    return tile === undefined ? { x: -1, y: -1 } : middleOf(tile);
  };
  // West to east and north to south, along lines that everybody knows.
  const across = ['新', '甘', '陕', '豫', '鲁'].map((short) => at(short).x);
  const down = ['黑', '吉', '辽', '津', '苏', '浙', '闽'].map((short) => at(short).y);
  expect([...across].sort((one, other) => one - other)).toEqual(across);
  expect([...down].sort((one, other) => one - other)).toEqual(down);
  expect(at('沪').x).toBeGreaterThan(at('川').x);
  expect(at('琼').y).toBeGreaterThan(at('粤').y);
});

it('bends both directions of a pair apart, and leaves the middles free', () => {
  const [one, other] = [
    { x: 0, y: 0 },
    { x: 100, y: 0 },
  ];
  expect(arc(one, other)).toBe('M28 -11Q50 -20 72 -11');
  expect(arc(other, one)).toBe('M72 11Q50 20 28 11');
});

it('draws much thicker and darker than little', () => {
  expect([thickness(0, 10), thickness(1, 100), thickness(25, 100), thickness(100, 100)]).toEqual([
    1, 1, 4, 8,
  ]);
  expect([grade(0, 10, 5), grade(1, 100, 5), grade(60, 100, 5), grade(100, 100, 5)]).toEqual([0, 1, 3, 4]);
});

it('goes from arc to arc with the arrows, round the ends', () => {
  const from = (key: string, at: number) => nextArc(key, at, 3);
  expect([from('ArrowRight', 0), from('ArrowDown', 2), from('ArrowLeft', 0), from('ArrowUp', 2)]).toEqual([
    1, 0, 2, 1,
  ]);
  expect([from('Home', 2), from('End', 0), from('Tab', 0), nextArc('ArrowRight', 0, 0)]).toEqual([
    0,
    2,
    undefined,
    undefined,
  ]);
});
