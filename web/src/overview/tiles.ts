/**
 * 各省方格图: the provinces as tiles of one size, laid by hand about where they lie. A cartogram, not a map: it shows no border
 * and no distance, and every province can be seen and pressed. Columns run from west to east, rows from north to south.
 */

export interface Tile {
  /** `420000`. */
  readonly code: string;
  /** 简称: one or two characters. */
  readonly short: string;
  readonly column: number;
  readonly row: number;
}

const ROWS: readonly (readonly (readonly [code: string, short: string, column: number])[])[] = [
  [['230000', '黑', 9]],
  [
    ['650000', '新', 1],
    ['660000', '兵', 2],
    ['150000', '蒙', 6],
    ['220000', '吉', 9],
  ],
  [
    ['620000', '甘', 3],
    ['640000', '宁', 4],
    ['140000', '晋', 5],
    ['130000', '冀', 6],
    ['110000', '京', 7],
    ['210000', '辽', 8],
  ],
  [
    ['630000', '青', 2],
    ['610000', '陕', 4],
    ['410000', '豫', 5],
    ['370000', '鲁', 6],
    ['120000', '津', 7],
  ],
  [
    ['540000', '藏', 1],
    ['510000', '川', 3],
    ['500000', '渝', 4],
    ['420000', '鄂', 5],
    ['340000', '皖', 6],
    ['320000', '苏', 7],
    ['310000', '沪', 8],
  ],
  [
    ['530000', '滇', 3],
    ['520000', '黔', 4],
    ['430000', '湘', 5],
    ['360000', '赣', 6],
    ['330000', '浙', 7],
  ],
  [
    ['450000', '桂', 4],
    ['440000', '粤', 5],
    ['350000', '闽', 6],
    ['710000', '台', 8],
  ],
  [
    ['460000', '琼', 4],
    ['820000', '澳', 5],
    ['810000', '港', 6],
  ],
];

export const TILES: readonly Tile[] = ROWS.flatMap((tiles, row) =>
  tiles.map(([code, short, column]) => ({ code, short, column: column - 1, row })),
);
export const COLUMNS = Math.max(...TILES.map((tile) => tile.column)) + 1;
export const LINES = ROWS.length;

/** A place on the drawing, in hundredths of a tile: the drawing needs no fractions. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

/** A tile's side, and its middle, in the drawing's units. */
export const SIDE = 100;
export const middleOf = (tile: Tile): Point => ({
  x: tile.column * SIDE + SIDE / 2,
  y: tile.row * SIDE + SIDE / 2,
});

/** How far from the middles arcs begin and end: names and figures stay readable. */
const CLEAR = 30;

/** An arc from one middle to another, bent to its left by a fifth of its length, so that both directions of a pair lie apart. */
export function arc(from: Point, to: Point): string {
  const [dx, dy] = [to.x - from.x, to.y - from.y];
  const bend: Point = { x: (from.x + to.x) / 2 + dy / 5, y: (from.y + to.y) / 2 - dx / 5 };
  const towards = (point: Point): Point => {
    const length = Math.hypot(bend.x - point.x, bend.y - point.y);
    const part = length === 0 ? 0 : Math.min(1, CLEAR / length);
    return { x: point.x + (bend.x - point.x) * part, y: point.y + (bend.y - point.y) * part };
  };
  const at = ({ x, y }: Point) => `${Math.round(x)} ${Math.round(y)}`;
  return `M${at(towards(from))}Q${at(bend)} ${at(towards(to))}`;
}

/** How thick an arc is, from one to eight units, by what flows on it; the area grows with it. */
export function thickness(value: number, most: number): number {
  if (value <= 0 || most <= 0) return 1;
  return Math.max(1, Math.round(8 * Math.sqrt(value / most)));
}

/** Which of `steps` grades a value has: 0 is nothing, the last the most. */
export function grade(value: number, most: number, steps: number): number {
  if (value <= 0 || most <= 0) return 0;
  return Math.min(steps - 1, Math.max(1, Math.ceil((value / most) * (steps - 1))));
}

/** To which of so many arcs a key goes from one: the arrows to the next or the one before, round the ends; nothing for other keys. */
export function nextArc(key: string, from: number, count: number): number | undefined {
  if (count === 0) return undefined;
  switch (key) {
    case 'ArrowRight':
    case 'ArrowDown':
      return (from + 1) % count;
    case 'ArrowLeft':
    case 'ArrowUp':
      return (Math.max(from, 0) + count - 1) % count;
    case 'Home':
      return 0;
    case 'End':
      return count - 1;
    default:
      return undefined;
  }
}
