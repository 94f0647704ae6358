/** What a person sets by hand (人工核定): of which scheme, and whether all that is needed is there. */

import { parseYuan } from '@/shared/money';

export const SCHEMES = [
  ['employee', '职工医保'],
  ['resident', '居民医保'],
] as const;

export interface ByHand {
  /** `amount`, or `computed` for the computed amount again. */
  readonly how: string;
  readonly amount: string;
  readonly reason: string;
}

/** What is still wrong with it; nothing if it can be sent. */
export function wrongByHand({ how, amount, reason }: ByHand): string {
  if (how === 'amount' && parseYuan(amount) === undefined) return '请填写金额，至多两位小数';
  return reason.trim() === '' ? '请填写理由' : '';
}

/** As it is sent. */
export const saidByHand = ({ how, amount, reason }: ByHand): { reason: string; amount?: string } => ({
  reason: reason.trim(),
  ...(how === 'amount' ? { amount: amount.trim() } : {}),
});
