/** Columns of a table. */

export interface Column<R> {
  readonly key: string;
  readonly title: string;
  /** What stands in the cell, where no slot of the column's key says otherwise. */
  readonly text?: (row: R) => string | number | null | undefined;
  /** Figures stand at the right. */
  readonly figures?: boolean;
  /** `6rem`; free where it is not said. */
  readonly width?: string;
  /** Words may run over several lines; all else stays on one. */
  readonly wraps?: boolean;
  /** Left out on a phone. */
  readonly minor?: boolean;
  /** The server sorts by this name. */
  readonly sort?: string;
}

/** What a click on a column's head asks for: downwards first, then upwards, then as the server likes. */
export function nextSort(current: string, name: string): string {
  if (current === `-${name}`) return name;
  return current === name ? '' : `-${name}`;
}

/** How a column is sorted, as ARIA says it. */
export function ariaSort(
  current: string,
  name: string | undefined,
): 'ascending' | 'descending' | 'none' | undefined {
  if (name === undefined) return undefined;
  if (current === name) return 'ascending';
  return current === `-${name}` ? 'descending' : 'none';
}
