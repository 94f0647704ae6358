/** Institutions counted by pooling area, for the schematic. Pure. */

export interface AreaCount {
  readonly area: string;
  readonly name: string;
  readonly count: number;
}

/** The largest first, with how much each is of the largest, in whole percent; equal ones in the order of their codes. */
export function shares<A extends AreaCount>(counts: readonly A[]): (A & { readonly share: number })[] {
  const most = Math.max(1, ...counts.map((one) => one.count));
  return [...counts]
    .sort((one, other) => other.count - one.count || (one.area < other.area ? -1 : 1))
    .map((one) => ({ ...one, share: Math.round((one.count * 100) / most) }));
}
