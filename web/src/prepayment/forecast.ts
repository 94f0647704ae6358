/** 预警: how prepayments stand, in the order in which somebody has to look. */

import type { components } from '@/generated/hub';
import { readAmount } from '@/shared/money';

type Position = components['schemas']['PositionView'];

const ORDER = ['red', 'yellow', 'green'];

/** Red before yellow before green; within a light what is used up first, then what lacks most. */
export function byUrgency(rows: readonly Position[]): Position[] {
  const end = (row: Position) => row.used_up_on ?? '9999-12-31';
  return [...rows].sort((one, other) => {
    const light = ORDER.indexOf(one.light) - ORDER.indexOf(other.light);
    if (light !== 0) return light;
    const day = end(one).localeCompare(end(other));
    if (day !== 0) return day;
    const lack = readAmount(other.lacks) - readAmount(one.lacks);
    return lack > 0n ? 1 : lack < 0n ? -1 : 0;
  });
}

/** Used up within so many days of a day, as the node forecasts it. */
export const usedUpBy = (rows: readonly Position[], day: string): Position[] =>
  rows.filter((row) => row.used_up_on !== null && row.used_up_on !== undefined && row.used_up_on <= day);

/** Whether a province, named by its code, is one of the two; everybody where none is named. */
export const concerns = (row: Pick<Position, 'insured' | 'treatment'>, province: string): boolean =>
  province === '' || [row.insured.code, row.treatment.code].includes(province);
