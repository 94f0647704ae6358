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
