/** What people may do with a difference at each stage, as the field says (casework, difference), and with which permission. */

import type { Action } from '@/api/session';

export type Act = 'explain' | 'confirm' | 'reopen' | 'assign';

export const STAGES = [
  ['', '尚未说明'],
  ['open', '待查'],
  ['mending', '处理中'],
  ['mended', '已一致'],
  ['explained', '已说明'],
  ['confirmed', '已确认'],
] as const;

export const OWNERS = [
  ['treatment', '就医省'],
  ['insured', '参保省'],
  ['hub', '国家平台'],
] as const;

const ACTS: Readonly<Record<string, readonly Act[]>> = {
  open: ['explain', 'confirm', 'assign'],
  mending: ['explain', 'confirm', 'assign'],
  mended: ['confirm', 'reopen'],
  explained: ['confirm', 'reopen', 'assign'],
  confirmed: ['reopen'],
};

export const actsOn = (stage: string): { act: Act; by: Action }[] =>
  (ACTS[stage] ?? []).map((act) => ({
    act,
    by: act === 'confirm' ? 'decide-differences' : 'work-differences',
  }));

export const CORRECTION_STAGES = [
  ['', '全部'],
  ['proposed', '待审批'],
  ['corrected', '已更正'],
  ['refused', '不予更正'],
] as const;

export type CorrectionAct = 'propose' | 'approve' | 'refuse';

/**
 * What people of the hub may do about its row of a settlement (funds, correction): one asks for its correction as long as the books differ and none
 * waits, another decides; that it is corrected needs both provinces to have confirmed, which the node says.
 */
export function correctionActs(
  differs: string,
  last: string | undefined,
): { act: CorrectionAct; by: Action }[] {
  if (last === 'proposed') {
    return [
      { act: 'approve', by: 'decide-differences' },
      { act: 'refuse', by: 'decide-differences' },
    ];
  }
  return differs === 'mended' || last === 'corrected' ? [] : [{ act: 'propose', by: 'work-differences' }];
}
