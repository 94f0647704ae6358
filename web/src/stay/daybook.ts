/** 日对账 (3201; line by line it is `daylist`'s): what the hospital's own books say of some days, against the platform's. Pure. */

import type { InputOf } from '@/api/window';
import { jsonNumber, parseYuan, yuan, type Fen } from '@/shared/money';
import { daysBetween, parseDay } from '@/shared/day';

export interface Books {
  from: string;
  until: string;
  scheme: string;
  /** 清算类别; `99952` is all. */
  care: string;
  count: string;
  total: string;
  fund: string;
  account: string;
}

export const CARES: readonly (readonly [string, string])[] = [
  ['99952', '全部'],
  ['21', '住院'],
  ['11', '门诊'],
  ['14', '门诊慢特病'],
  ['41', '药店购药'],
];

/** The most days of one comparison. */
export const DAYS_MAX = 31;

/** Amounts may be below nothing where more was given back than taken. */
const amount = (text: string): Fen | undefined => parseYuan(text.trim());

export function wrongPeriod(books: Pick<Books, 'from' | 'until'>): string {
  const [from, until] = [parseDay(books.from), parseDay(books.until)];
  if (from === undefined || until === undefined) return '请填写起止日期';
  if (until < from) return '截止日期不早于起始日期';
  return daysBetween(from, until) >= DAYS_MAX ? `一次至多${DAYS_MAX}天` : '';
}

export function wrongIn(books: Books): string {
  const period = wrongPeriod(books);
  if (period !== '') return period;
  if (!/^\d{1,9}$/.test(books.count.trim())) return '请填写结算笔数（含退费）';
  const amounts = [books.total, books.fund, books.account].map(amount);
  return amounts.some((one) => one === undefined) ? '请填写三项金额（元），没有的填0' : '';
}

export function booksInput(books: Books, place: string): InputOf<'3201'> {
  const money = (text: string) => jsonNumber(yuan(amount(text) as Fen));
  return {
    data: {
      insutype: books.scheme,
      clr_type: books.care,
      setl_optins: place,
      stmt_begndate: books.from,
      stmt_enddate: books.until,
      medfee_sumamt: money(books.total),
      fund_pay_sumamt: money(books.fund),
      acct_pay: money(books.account),
      fixmedins_setl_cnt: Number(books.count.trim()),
      refd_setl_flag: '',
    },
  };
}

export interface Compared {
  readonly agreed: boolean;
  readonly words: string;
}

export function readCompared(output: unknown): Compared | undefined {
  const info = ((output ?? {}) as { stmtinfo?: Record<string, unknown> }).stmtinfo;
  const result = info?.['stmt_rslt'];
  if (result !== '0' && result !== '1') return undefined;
  return { agreed: result === '0', words: String(info?.['stmt_rslt_dscr'] ?? '') };
}
