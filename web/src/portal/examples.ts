/** What a policy comes to, for people who do not read tables: one stay that everybody can picture, at each level of hospital. Pure. */

import {
  calculationOf,
  expense,
  newBill,
  type Calculation,
  type Level,
  type NewCalculation,
  type Scheme,
} from '@/calculator/bill';
import { readAmount, type Fen } from '@/shared/money';

/** What the stay costs, in yuan; all of it in the catalog. */
export const COST = '20000';

/** The levels that people know, the largest hospitals first. */
export const SHOWN: readonly (readonly [Level, string])[] = [
  ['tertiary', '三级医院'],
  ['secondary', '二级医院'],
  ['primary', '一级医院'],
];

/** A municipality other than where somebody is insured: where one goes makes no difference to what is in the catalog alone. */
const elsewhere = (area: string) => (area.startsWith('31') ? '110000' : '310000');

export const exampleOf = (area: string, scheme: Scheme, status: string, level: Level): NewCalculation =>
  calculationOf({
    ...newBill(),
    insured: area,
    scheme,
    status,
    treatment: elsewhere(area),
    level,
    filing: 'long_term_resident',
    expenses: [expense(COST)],
  });

export interface Example {
  readonly words: string;
  /** What the funds pay, and what one pays oneself, of who has filed. */
  readonly fund: Fen;
  readonly own: Fen;
  /** What one pays oneself without having filed; nothing where nothing is paid so. */
  readonly unfiled: Fen | undefined;
}

/** Of the node's answer; nothing where nothing is paid of such a stay. */
export function readExample(words: string, answer: Calculation): Example | undefined {
  const { breakdown } = answer.outcome;
  if (!breakdown) return undefined;
  const unfiled = answer.otherwise.find((one) => one.standing === '未备案')?.outcome.breakdown;
  return {
    words,
    fund: readAmount(breakdown.fund_total),
    own: readAmount(breakdown.person_total),
    unfiled: unfiled ? readAmount(unfiled.person_total) : undefined,
  };
}
