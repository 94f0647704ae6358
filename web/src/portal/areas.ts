/** Institutions counted by pooling area, for the schematic. Pure. */

import { areaOf } from '@/filing/destination';

export interface AreaCount {
  readonly area: string;
  readonly name: string;
  readonly count: number;
  /** Of the largest count, in whole percent. */
  readonly share: number;
}

/** The largest first; equal ones in the order of their codes. */
export function countedByArea(
  institutions: readonly { readonly place: string }[],
  names: ReadonlyMap<string, string>,
): AreaCount[] {
  const counts = new Map<string, number>();
  for (const { place } of institutions) counts.set(areaOf(place), (counts.get(areaOf(place)) ?? 0) + 1);
  const most = Math.max(1, ...counts.values());
  return [...counts]
    .sort(([a, one], [b, other]) => other - one || (a < b ? -1 : 1))
    .map(([area, count]) => ({
      area,
      count,
      name: names.get(area) ?? area,
      share: Math.round((count * 100) / most),
    }));
}
