/** 凭证业务类型: what vouchers are, and which of them a person may enter. */

export const CODES: readonly (readonly [code: string, words: string])[] = [
  ['settlements', '异地就医结算汇总'],
  ['prepayment_paid', '拨付异地就医预付金'],
  ['prepayment_received', '收到异地就医预付金'],
  ['prepayment_returned', '退回异地就医预付金'],
  ['clearing_paid', '拨付异地就医清算资金'],
  ['clearing_received', '收到异地就医清算资金'],
  ['area_prepayment', '统筹区上解预付金'],
  ['area_contribution', '统筹区上解清算资金'],
  ['expenditure_funded', '财政专户拨入支出户'],
  ['institution_paid', '拨付定点医药机构'],
  ['deduction', '审核扣款'],
  ['penalty', '协议违约金'],
  ['withheld', '总额控制预留'],
  ['released', '总额控制清算'],
  ['quality_deposit', '质量保证金'],
  ['interest', '预付金利息'],
  ['unidentified', '收到待查款项'],
  ['identified', '待查款项核销'],
  ['correction', '更正'],
  ['opening', '期初余额'],
  ['closing', '年终结转'],
  ['bank_fee', '银行手续费'],
];

const BY_HAND = [
  'opening',
  'interest',
  'penalty',
  'quality_deposit',
  'unidentified',
  'identified',
  'expenditure_funded',
];
export const ENTERED = CODES.filter(([code]) => BY_HAND.includes(code));
