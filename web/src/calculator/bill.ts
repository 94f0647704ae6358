/** 待遇试算: a bill as somebody describes it, checked, and made into what the node computes. Pure; nothing in it names a person. */

import type { components } from '@/generated/province';
import { parseDay } from '@/shared/day';
import { fenOf, parseYuan, sum, yuan, ZERO, type Fen } from '@/shared/money';

export type NewCalculation = components['schemas']['NewCalculation'];
export type Calculation = components['schemas']['Calculation'];
export type Level = components['schemas']['SettlementLevel'];
export type Scheme = components['schemas']['InsuranceScheme'];

/** 医保结算等级. */
export const LEVELS: readonly (readonly [Level, string])[] = [
  ['tertiary_special', '三级特等'],
  ['tertiary', '三级'],
  ['secondary', '二级'],
  ['primary', '一级'],
  ['community', '社区'],
];

/** 人员类别, by the scheme that they belong to. */
export const STATUSES: Readonly<Record<Scheme, readonly (readonly [string, string])[]>> = {
  employee: [
    ['11', '在职'],
    ['12', '退休'],
  ],
  resident: [
    ['15', '成年居民'],
    ['16', '老年居民'],
    ['14', '学生、儿童'],
  ],
};

export const CARES: readonly (readonly [string, string])[] = [
  ['21', '住院'],
  ['11', '普通门诊'],
  ['14', '门诊慢特病'],
  ['41', '药店购药'],
];

/** One line of the bill, as typed. */
export interface Expense {
  category: string;
  total: string;
  outOfScope: string;
  overLimit: string;
  firstSelfPay: string;
}

export interface Bill {
  /** 统筹区 whose policy counts. */
  insured: string;
  scheme: Scheme;
  status: string;
  treatment: string;
  care: string;
  level: Level;
  disease: string;
  admitted: string;
  discharged: string;
  expenses: Expense[];
  /** Empty: not filed; `emergency` counts as filed. */
  filing: string;
  usedVisits: string;
  usedDeductible: string;
  usedInScope: string;
  usedPool: string;
  account: string;
}

export const expense = (total = ''): Expense => ({
  category: '14',
  total,
  outOfScope: '',
  overLimit: '',
  firstSelfPay: '',
});

export const newBill = (): Bill => ({
  insured: '',
  scheme: 'employee',
  status: '11',
  treatment: '',
  care: '21',
  level: 'tertiary',
  disease: '',
  admitted: '',
  discharged: '',
  expenses: [expense()],
  filing: '',
  usedVisits: '',
  usedDeductible: '',
  usedInScope: '',
  usedPool: '',
  account: '',
});

/** Nothing typed is nothing paid; nothing at all if it is no amount. */
const amount = (text: string): Fen | undefined => {
  if (text.trim() === '') return ZERO;
  const read = parseYuan(text.trim());
  return read !== undefined && read >= 0n ? read : undefined;
};

/** What is in scope of a line; nothing if the line is wrong. */
export function inScope(line: Expense): Fen | undefined {
  const [total, ...parts] = [line.total, line.outOfScope, line.overLimit, line.firstSelfPay].map(amount);
  if (total === undefined || parts.some((part) => part === undefined)) return undefined;
  const left = total - sum(parts as Fen[]);
  return left < 0n ? undefined : fenOf(left);
}

/** What is wrong with a bill, by field; nothing if it may be computed. */
export function wrongIn(bill: Bill): Record<string, string> {
  const wrong: Record<string, string> = {};
  if (bill.insured === '') wrong['insured'] = '请选择参保地';
  if (bill.treatment === '') wrong['treatment'] = '请选择就医地';
  if (bill.care === '14' && bill.disease.trim() === '') wrong['disease'] = '请填写病种编码';
  for (const field of ['admitted', 'discharged'] as const) {
    if (bill[field] !== '' && parseDay(bill[field]) === undefined) wrong[field] = '日期应为yyyy-MM-dd';
  }
  if (bill.admitted !== '' && bill.discharged !== '' && bill.discharged < bill.admitted) {
    wrong['discharged'] = '出院日期早于入院日期，请更正';
  }
  const totals = bill.expenses.map((line) => amount(line.total));
  if (totals.some((one) => one === undefined)) wrong['total'] = '费用应为金额（元），最多两位小数';
  else if (sum(totals as Fen[]) === 0n) wrong['total'] = '请填写费用';
  else if (bill.expenses.some((line) => inScope(line) === undefined)) {
    wrong['total'] = '自费、超限价、先行自付相加超过了该项费用，请更正';
  }
  for (const field of ['usedDeductible', 'usedInScope', 'usedPool', 'account'] as const) {
    if (amount(bill[field]) === undefined) wrong[field] = '应为金额（元），最多两位小数';
  }
  if (!/^\d{0,3}$/.test(bill.usedVisits.trim())) wrong['usedVisits'] = '应为次数';
  return wrong;
}

/** What the node is asked. */
export function calculationOf(bill: Bill): NewCalculation {
  const money = (text: string) => yuan(amount(text) ?? ZERO);
  const used = [bill.usedVisits, bill.usedDeductible, bill.usedInScope, bill.usedPool].some(
    (text) => text.trim() !== '',
  );
  return {
    insured: bill.insured,
    scheme: bill.scheme,
    status: bill.status,
    treatment: bill.treatment,
    care: bill.care,
    level: bill.level,
    ...(bill.care === '14' ? { diseases: [bill.disease.trim().toUpperCase()] } : {}),
    ...(bill.admitted === '' ? {} : { admitted: bill.admitted }),
    ...(bill.discharged === '' ? {} : { discharged: bill.discharged }),
    amounts: bill.expenses
      .filter((line) => line.total.trim() !== '')
      .map((line) => ({
        category: line.category,
        total: money(line.total),
        out_of_scope: money(line.outOfScope),
        over_limit: money(line.overLimit),
        first_self_pay: money(line.firstSelfPay),
      })),
    ...(bill.filing === '' || bill.filing === 'emergency'
      ? {}
      : { filing: bill.filing as NonNullable<NewCalculation['filing']> }),
    emergency: bill.filing === 'emergency',
    ...(used
      ? {
          used: {
            visits: Number(bill.usedVisits.trim() || '0'),
            deductible: money(bill.usedDeductible),
            in_scope: money(bill.usedInScope),
            pool: money(bill.usedPool),
          },
        }
      : {}),
    ...(bill.account.trim() === '' ? {} : { account: money(bill.account) }),
  };
}
