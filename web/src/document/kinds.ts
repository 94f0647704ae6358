/** 文书种类, as nodes name them, and what each is asked for with. */

export type FileForm = 'pdf' | 'xlsx' | 'csv';
export const FORMS: readonly (readonly [FileForm, string])[] = [
  ['pdf', 'PDF'],
  ['xlsx', 'Excel'],
  ['csv', 'CSV'],
];

export interface Kind {
  readonly kind: string;
  readonly words: string;
  /** What its subject is, with an example: at the hub, and at a province where that is another one. */
  readonly subject: string;
  readonly own?: string;
  /** Whether the hub issues it, provinces do, or both. */
  readonly at: 'hub' | 'province' | 'both';
}

export const KINDS: readonly Kind[] = [
  {
    kind: 'national_clearing',
    words: '全国跨省异地就医费用清算表',
    subject: '清算年月，如 202610',
    at: 'hub',
  },
  {
    kind: 'payable_clearing',
    words: '应付医疗费用清算表',
    subject: '年月-省份，如 202610-420000',
    own: '清算年月，如 202610',
    at: 'both',
  },
  {
    kind: 'receivable_clearing',
    words: '应收医疗费用清算表',
    subject: '年月-省份，如 202610-420000',
    own: '清算年月，如 202610',
    at: 'both',
  },
  {
    kind: 'employee_fund_payable',
    words: '职工医保基金应付明细表',
    subject: '年月-省份，如 202610-420000',
    own: '清算年月，如 202610',
    at: 'both',
  },
  {
    kind: 'resident_fund_payable',
    words: '居民医保基金应付明细表',
    subject: '年月-省份，如 202610-420000',
    own: '清算年月，如 202610',
    at: 'both',
  },
  {
    kind: 'employee_deduction',
    words: '职工医保审核扣款明细表',
    subject: '年月-省份，如 202610-420000',
    own: '清算年月，如 202610',
    at: 'both',
  },
  {
    kind: 'resident_deduction',
    words: '居民医保审核扣款明细表',
    subject: '年月-省份，如 202610-420000',
    own: '清算年月，如 202610',
    at: 'both',
  },
  { kind: 'payment_notice', words: '付款通知书', subject: '通知书编号', at: 'both' },
  { kind: 'receipt_notice', words: '收款通知书', subject: '通知书编号', at: 'both' },
  { kind: 'prepayment_payment_notice', words: '预付金额度调整付款通知书', subject: '通知书编号', at: 'both' },
  { kind: 'prepayment_receipt_notice', words: '预付金额度调整收款通知书', subject: '通知书编号', at: 'both' },
  { kind: 'increase_payment_notice', words: '紧急调增付款通知书', subject: '通知书编号', at: 'both' },
  { kind: 'increase_receipt_notice', words: '紧急调增收款通知书', subject: '通知书编号', at: 'both' },
  { kind: 'urging_notice', words: '催缴通知书', subject: '划拨单号-第几次，如 …-1', at: 'hub' },
  { kind: 'voucher', words: '记账凭证', subject: '凭证标识', at: 'both' },
  { kind: 'trial_balance', words: '科目余额表', subject: '年月，如 202610', at: 'both' },
  { kind: 'reconciliation', words: '对账结果', subject: '日期，如 2026-11-22', at: 'both' },
  { kind: 'area_clearing', words: '统筹区清算表', subject: '年月-统筹区，如 202610-420100', at: 'province' },
  { kind: 'institution_payment', words: '定点医药机构拨付单', subject: '拨付单号', at: 'province' },
];
