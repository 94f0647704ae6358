/** Forms of statistics as tables: the node says what each column holds. */

import type { components } from '@/generated/hub';
import { separated } from '@/shared/decimal';
import type { Day } from '@/shared/day';
import { readAmount, shown } from '@/shared/money';
import type { Column } from '@/ui/table';

type Table = components['schemas']['StatisticsTable'];
export type Row = readonly string[];

/** How many columns of a form a phone shows. */
const ON_A_PHONE = 4;

/** A cell for people: thousands apart, money with two decimals, shares with a sign. */
export function shownCell(kind: string, cell: string): string {
  if (cell === '') return '';
  if (kind === 'money') return shown(readAmount(cell));
  if (kind === 'count') return separated(cell);
  return kind === 'share' && !cell.endsWith('%') ? `${cell}%` : cell;
}

export const tableColumns = (table: Table): Column<Row>[] =>
  table.columns.map((column, at) => ({
    key: `c${at}`,
    title: column.name,
    figures: column.kind !== 'text',
    minor: at >= ON_A_PHONE,
    text: (row) => shownCell(column.kind, row[at] ?? ''),
  }));

/** The years of which there may be figures, the newest first: ten, and the one that is asked for. */
export function years(today: Day, asked: string): (readonly [string, string])[] {
  const newest = Number(today.slice(0, 4));
  const all = Array.from({ length: 10 }, (_, back) => String(newest - back));
  return [...new Set([...all, asked])]
    .sort()
    .reverse()
    .map((year) => [year, `${year}年`] as const);
}
