/** Stages of a payment order or expected receipt, and what may be done at each, as the field says (funds, payment_order). */

export type Act = 'hand-over' | 'take-back' | 'money' | 'write-back' | 'close';
export type Side = 'payment' | 'receipt';

export const STAGES = [
  ['', '未办结'],
  ['received', '待办'],
  ['handed_over', '已提交财政'],
  ['partly_paid', '部分完成'],
  ['paid', '已完成'],
  ['written_back', '财政已反馈'],
  ['closed', '已办结'],
  ['all', '全部'],
] as const;

const PAYMENT: Readonly<Record<string, readonly Act[]>> = {
  received: ['hand-over', 'money'],
  handed_over: ['money', 'take-back'],
  partly_paid: ['money'],
  paid: ['write-back', 'money'],
  written_back: ['close', 'money'],
};
const RECEIPT: Readonly<Record<string, readonly Act[]>> = {
  received: ['money'],
  partly_paid: ['money'],
  paid: ['write-back', 'money'],
  written_back: ['close', 'money'],
};

/** What may be done, what is usually next first. */
export const actsOn = (side: Side, stage: string): readonly Act[] =>
  (side === 'payment' ? PAYMENT : RECEIPT)[stage] ?? [];

/** How a deadline is marked. */
export const dueGrade = (urgency: string): string =>
  ({ overdue: 'bad', soon: 'warn', calm: 'good' })[urgency] ?? '';
