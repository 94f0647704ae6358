/** 预警: how prepayments stand, in the order in which somebody has to look. */

import type { components } from '@/generated/hub';
import { readAmount, type Fen } from '@/shared/money';

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

/** By how much more is used than was paid ahead (超额使用), by what the light goes by; nothing where it is not. */
export function overBy(row: Position, measure: string): Fen {
  const used = readAmount(measure === 'monthly' ? row.monthly : row.owed);
  const over = used - readAmount(row.prepayment);
  return (over > 0n ? over : 0n) as Fen;
}

/** 预计用完 in words: what is used up already is so, however much is treated from now on. */
export function endInWords(row: Pick<Position, 'prepayment' | 'owed' | 'used_up_on'>): string {
  const held = readAmount(row.prepayment);
  if (held > 0n && readAmount(row.owed) >= held) return '已用完';
  return row.used_up_on ?? '—';
}

/** What the list shows: all, those of a light, or those that are red and for which nobody has applied for more, where that is up to whoever looks. */
export function asLit(row: Position, light: string, treatment: string): boolean {
  if (light !== 'unapplied') return light === '' || row.light === light;
  const own = treatment === '' || row.treatment.code === treatment;
  return own && row.light === 'red' && !row.increase;
}
