/** 待办: where each kind of work is done. Pure. */

import type { components } from '@/generated/province';

export type WorkItem = components['schemas']['WorkItem'];

/** The page of a kind of work, with the list as it waits. */
const PAGES: Readonly<Record<string, string>> = {
  filings: '/agency/filings?stage=submitted&sort=filed_at',
  supplements: '/agency/filings?stage=supplementing&sort=filed_at',
  differences: '/reconciliation',
  explained: '/reconciliation?stage=explained',
  corrections: '/reconciliation?corrections-stage=proposed',
  statements: '/statements',
  clearing: '/clearing',
  disputes: '/clearing',
  transfers: '/payments',
  receipts: '/receipts',
  bank_entries: '/bank-entries',
  increases: '/prepayments',
  complaints: '/agency/complaints',
  overdue: '/notices',
  differing: '/notices',
  prepayment_year: '/prepayments',
  prepayment_red: '/prepayments?light=unapplied',
  accounts_locked: '/accounts?due=locked',
  accounts_initial: '/accounts?due=initial',
  accounts_without_code: '/accounts?due=without_code',
  areas_to_divide: '/agency/areas?month=MONTH',
  area_receipts: '/agency/areas?month=MONTH&show=open',
  area_dues: '/agency/areas?month=MONTH&show=open',
  area_notice: '/agency/areas?month=MONTH&area=AREA',
  area_disputes: '/agency/areas?month=MONTH&show=disputed',
  areas_to_pass_on: '/agency/areas?month=MONTH&show=ready',
  payments_to_adopt: '/agency/institution-payments?show=to_adopt',
  payments_to_order: '/agency/institution-payments?show=to_order',
  payments_at_bank: '/agency/institution-payments?show=at_bank',
  discharged: '/window?stays-which=discharged',
  unknown_outcomes: '/window?stays-which=unknown',
  without_lines: '/window?stays-which=without_lines',
  day_books: '/window/reconciliation',
  apportioning: '/window/apportioning?month=MONTH',
};

/** The same at a pharmacy, whose window is another page. */
const AT_PHARMACIES: Readonly<Record<string, string>> = {
  unknown_outcomes: '/window/purchase?stays-which=unknown',
};

export const pageFor = (item: WorkItem, area = '', atPharmacy = false): string | undefined =>
  ((atPharmacy ? AT_PHARMACIES[item.kind] : undefined) ?? PAGES[item.kind])
    ?.replace('MONTH', item.month ?? '')
    .replace('AREA', area);

/** What an empty list means to whoever sits here: what would stand in it, or where such a desk finds its work. */
const EMPTY: Readonly<Record<string, string>> = {
  'hub-operator': '没有待办。对账差异、待催缴的通知书等需要您办理时会列在这里',
  'hub-reviewer':
    '没有待办。待审定的清算月份、清算异议、待确认的差异和更正、预付金额度和紧急调增需要您决定时会列在这里',
  'agency-operator': '没有待办。待补正的备案、对账差异、投诉举报、待分割的清算月份需要您办理时会列在这里',
  'agency-reviewer': '没有待办。备案申请、对账差异说明、清算表、机构拨付和省内划转需要您审核时会列在这里',
  finance: '没有待办。应付划拨、应收到账、上解资金、机构拨付和待查款项需要您办理时会列在这里',
  supervisor:
    '行政监管只查看、不办理，没有待办。运行、清算和划拨情况请从左侧菜单查看；发现问题请通知经办机构',
  auditor: '审计只查看、不办理，没有待办。凭证、账务核验和操作日志请从左侧菜单查看；发现问题请通知经办机构',
  'account-administrator':
    '没有待办。锁定的账户、初始密码逾期未改和未启用动态验证码的账户会列在这里；开立、停用账户请到账户管理',
  cashier: '没有待办。出院未结算、结果待查和入院两天未传费用的就诊会列在这里',
  'institution-office': '没有待办。未对平的日账和未确认清分的月份会列在这里',
};

export const emptyWords = (role: string | undefined): string =>
  EMPTY[role ?? ''] ?? '没有待办。需要您办理的事项会列在这里';

/** 剩3个工作日, 今天到期, 逾期2个工作日; nothing where nothing is due. */
export function leftWords(left: number | null | undefined): string {
  if (left === null || left === undefined) return '';
  if (left === 0) return '今天到期';
  return left > 0 ? `剩${left}个工作日` : `逾期${-left}个工作日`;
}

/** How many wait: at a thousand the node stops to count. */
export const countWords = (count: number): string => (count >= 1000 ? '1000+' : String(count));

/** How pressing it is, as a colour beside the words. */
export const urgencyTag = (urgency: string): 'bad' | 'warn' | '' =>
  urgency === 'overdue' ? 'bad' : urgency === 'soon' ? 'warn' : '';
