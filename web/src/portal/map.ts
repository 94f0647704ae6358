/** The cities of a province laid out as they lie to one another, each as large as there are institutions. Pure. */

import type { AreaCount } from './areas';

export interface Spot extends AreaCount {
  readonly x: number;
  readonly y: number;
  /** Radius; its area is as the count. */
  readonly r: number;
  /** Where the name stands; none where it would lie over another. */
  readonly label:
    { readonly x: number; readonly y: number; readonly anchor: 'start' | 'end' | 'middle' } | undefined;
}

export interface Laid {
  readonly spots: readonly Spot[];
  readonly width: number;
  readonly height: number;
}

const WIDTH = 360;
const [HEIGHT_LEAST, HEIGHT_MOST] = [150, 380];
const MARGIN = 30;
const [R_LEAST, R_MOST] = [5, 20];
/** Of the names, in the units of the drawing. */
export const TYPE = 13;
const GAP = 3;

interface Box {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}
const overlap = (one: Box, other: Box) =>
  one.left < other.right && other.left < one.right && one.top < other.bottom && other.top < one.bottom;

/** 武汉 of 武汉市; a name as short as people say it. */
export const shortName = (name: string): string => {
  const bare = name
    .replace(/(市|地区|盟|林区)$/, '')
    .replace(
      /(.{2,3}?)(土家族|苗族|藏族|彝族|回族|蒙古族?|壮族|傣族|白族|哈尼族|羌族|布依族|侗族|朝鲜族|哈萨克|柯尔克孜|黎族|景颇族|傈僳族).*自治[州县]$/,
      '$1',
    );
  return bare.length < 2 ? name : bare;
};

/** Those of which it is known where they lie; none if that is fewer than two. */
export function laidOut(
  counts: readonly AreaCount[],
  positions: ReadonlyMap<string, readonly [number, number]>,
): Laid | undefined {
  const known = counts.flatMap((one) => {
    const at = positions.get(one.area);
    return at === undefined ? [] : [{ one, longitude: at[0], latitude: at[1] }];
  });
  if (known.length < 2) return undefined;
  const middle = known.reduce((all, { latitude }) => all + latitude, 0) / known.length;
  const narrower = Math.cos((middle * Math.PI) / 180);
  const across = known.map(({ longitude }) => longitude * narrower);
  const down = known.map(({ latitude }) => -latitude);
  const span = (values: readonly number[]) => Math.max(...values) - Math.min(...values);
  const room = WIDTH - 2 * MARGIN;
  const scale = Math.min(
    room / Math.max(span(across), 0.01),
    (HEIGHT_MOST - 2 * MARGIN) / Math.max(span(down), 0.01),
  );
  const height = Math.max(HEIGHT_LEAST, Math.round(span(down) * scale + 2 * MARGIN));
  const [left, top] = [(WIDTH - span(across) * scale) / 2, (height - span(down) * scale) / 2];
  const most = Math.max(1, ...counts.map((one) => one.count));
  const placed = known
    .map(({ one }, at) => ({
      ...one,
      x: Math.round(left + ((across[at] ?? 0) - Math.min(...across)) * scale),
      y: Math.round(top + ((down[at] ?? 0) - Math.min(...down)) * scale),
      r: Math.max(R_LEAST, Math.round(R_MOST * Math.sqrt(one.count / most))),
    }))
    // The largest is named first, and drawn below the others.
    .sort((one, other) => other.count - one.count || (one.area < other.area ? -1 : 1));
  const taken: Box[] = placed.map(({ x, y, r }) => ({
    left: x - r,
    right: x + r,
    top: y - r,
    bottom: y + r,
  }));
  const spots = placed.map((spot): Spot => {
    const wide = shortName(spot.name).length * TYPE;
    const { x, y, r } = spot;
    const tries = [
      { x: x + r + GAP, y: y + TYPE / 3, anchor: 'start' as const, from: x + r + GAP },
      { x: x - r - GAP, y: y + TYPE / 3, anchor: 'end' as const, from: x - r - GAP - wide },
      { x, y: y + r + TYPE, anchor: 'middle' as const, from: x - wide / 2 },
      { x, y: y - r - GAP, anchor: 'middle' as const, from: x - wide / 2 },
    ];
    for (const { from, ...label } of tries) {
      const box = { left: from, right: from + wide, top: label.y - TYPE, bottom: label.y + GAP };
      const own: Box = { left: x - r, right: x + r, top: y - r, bottom: y + r };
      const fits = box.left >= 0 && box.right <= WIDTH && box.top >= 0 && box.bottom <= height;
      const free = taken.every((one) => !overlap(one, box) || (one.left === own.left && one.top === own.top));
      if (fits && free) {
        taken.push(box);
        return { ...spot, label };
      }
    }
    return { ...spot, label: undefined };
  });
  return { spots, width: WIDTH, height };
}
