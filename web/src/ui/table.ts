/** Columns of a table. */

import { provinceNumber } from '@/shared/place';

export interface Column<R> {
  readonly key: string;
  readonly title: string;
  /** What stands in the cell, where no slot of the column's key says otherwise. */
  readonly text?: (row: R) => string | number | null | undefined;
  /** What rows are put in the order of, where it is not the text: the division's number (行政区划代码) of a place. Provinces need none. */
  readonly order?: (row: R) => string;
  /** Figures stand at the right. */
  readonly figures?: boolean;
  /** `6rem`; free where it is not said. */
  readonly width?: string;
  /** Words may run over several lines; all else stays on one. */
  readonly wraps?: boolean;
  /** Left out on a phone. */
  readonly minor?: boolean;
  /** It is sorted by this name. */
  readonly sort?: string;
  /** Whoever hears the page is told that the head sorts. */
  readonly named?: boolean;
}

/** The name under which a list that came whole is sorted by a column: its key. The page sorts it, since nothing is left at the server. */
export function sortable<R>(columns: readonly Column<R>[]): Column<R>[] {
  return columns.map((column) =>
    column.text === undefined ? column : { ...column, sort: column.key, named: true },
  );
}

/** A figure as a number that can be compared; nothing of what is none. Exact enough to put rows in order. */
function figure(text: string): number | undefined {
  const plain = text.replaceAll(',', '').replace(/%$/, '');
  return /^-?\d+(\.\d+)?$/.test(plain) ? Number(plain) : undefined;
}

/**
 * How two cells stand to each other: figures as numbers, provinces by their numbers (as official tables have them, and not as their names are
 * read), all else as Chinese is sorted.
 */
function compared(one: string, other: string): number {
  const [a, b] = [figure(one), figure(other)];
  if (a !== undefined && b !== undefined) return a - b;
  const [here, there] = [provinceNumber(one), provinceNumber(other)];
  if (here !== undefined && there !== undefined) return Number(here) - Number(there);
  return one.localeCompare(other, 'zh-CN', { numeric: true });
}

/** Rows in the order of a column that `sortable` has named; as they came where the order names none. What has no value is last. */
export function inOrder<R>(rows: readonly R[], columns: readonly Column<R>[], sort: string): readonly R[] {
  const name = sort.replace(/^-/, '');
  const column = columns.find((one) => one.key === name);
  const text = column?.text;
  if (text === undefined) return rows;
  const order = column?.order ?? text;
  const sign = sort.startsWith('-') ? -1 : 1;
  const keyed = rows.map((row) => ({ row, words: String(order(row) ?? '') }));
  const blank = (words: string) => words === '' || words === '—';
  return keyed
    .sort(({ words: one }, { words: other }) => {
      if (blank(one) || blank(other)) return Number(blank(one)) - Number(blank(other));
      return sign * compared(one, other);
    })
    .map(({ row }) => row);
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
