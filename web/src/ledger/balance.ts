/** A voucher that is typed: whether it can be sent. Each leg debits and credits the same, so a voucher balances by itself. */

import { parseYuan } from '@/shared/money';

export interface TypedLeg {
  debit: string;
  credit: string;
  amount: string;
}

export const emptyLeg = (): TypedLeg => ({ debit: '', credit: '', amount: '' });

/** What is wrong with the legs, in Chinese; empty if nothing is. */
export function wrongLegs(legs: readonly TypedLeg[]): string {
  for (const [at, leg] of legs.entries()) {
    const which = legs.length > 1 ? `第${at + 1}行` : '';
    if (leg.debit === '' || leg.credit === '') return `请选择${which}的借方和贷方科目`;
    if (leg.debit === leg.credit) return `${which}借方和贷方不能是同一科目`;
    const amount = parseYuan(leg.amount);
    if (amount === undefined || amount <= 0n) return `请填写${which}的金额，大于零，至多两位小数`;
  }
  return '';
}
