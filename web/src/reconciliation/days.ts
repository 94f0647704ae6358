/** Days of reconciliation, summed up: what stands in the books of treatment places is what was settled. */

import type { components } from '@/generated/hub';
import { plusDays, type Day } from '@/shared/day';
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
