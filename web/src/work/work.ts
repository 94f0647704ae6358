/** 待办: where each kind of work is done. Pure. */

import type { components } from '@/generated/province';

export type WorkItem = components['schemas']['WorkItem'];

/** The page of a kind of work, with the list as it waits. */
const PAGES: Readonly<Record<string, string>> = {
  filings: '/agency/filings?stage=submitted&sort=filed_at',
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
};

export const pageFor = (item: WorkItem): string | undefined => PAGES[item.kind];

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
