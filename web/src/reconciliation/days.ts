/** Days of reconciliation, summed up: what stands in the books of treatment places is what was settled. */

import type { components } from '@/generated/hub';
import { daysBetween, parseDay, plusDays, type Day } from '@/shared/day';
import { readAmount, sum, ZERO, type Fen } from '@/shared/money';

type View = components['schemas']['ReconciliationView'];

export interface DaySum {
  readonly day: Day;
  /** 结算笔数. */
  readonly standing: number;
  readonly total: Fen;
  readonly differing: number;
  readonly underWay: number;
  /** Books of this day that were compared, and that agree. */
  readonly books: number;
  readonly agreed: number;
}

/** Each day from the first to the last, the days without a comparison too. */
export function daySums(rows: readonly View[], from: Day, to: Day): DaySum[] {
  const days: DaySum[] = [];
  for (let day = from; day <= to; day = plusDays(day, 1)) {
    const of = rows.filter((row) => row.day === day);
    const treated = of.filter((row) => row.part === 'treatment');
    const count = (list: readonly View[], number: (row: View) => number) =>
      list.reduce((all, row) => all + number(row), 0);
    days.push({
      day,
      standing: count(treated, (row) => row.standing),
      total: treated.length === 0 ? ZERO : sum(treated.map((row) => readAmount(row.total))),
      differing: count(of, (row) => row.differing),
      underWay: count(of, (row) => row.under_way),
      books: of.length,
      agreed: of.filter((row) => row.agreed).length,
    });
  }
  return days;
}

/** So many days are listed whole; of more the last week. */
export const LISTED_MAX = 31;
const WEEK = 7;

/** The days whose results are listed, of those that were asked for. */
export function lastDays(asked: { readonly from: string; readonly to: string }): {
  from: string;
  to: string;
} {
  const [from, to] = [parseDay(asked.from), parseDay(asked.to)];
  if (from === undefined || to === undefined || daysBetween(from, to) < LISTED_MAX) {
    return { from: asked.from, to: asked.to };
  }
  return { from: plusDays(to, 1 - WEEK), to };
}
