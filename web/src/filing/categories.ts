/** 备案类型: what each is for, in words for people who are not clerks, and what it asks of them. Pure. */

import type { components } from '@/generated/province';

export type Category = components['schemas']['FilingCategory'];

export interface CategoryWords {
  readonly code: Category;
  readonly name: string;
  /** Who it is for. */
  readonly who: string;
  /** What has to be handed in where no commitment is given. */
  readonly papers: string;
  readonly longTerm: boolean;
}

/** The three long-term categories first, as people are asked for how long they go. */
export const CATEGORIES: readonly CategoryWords[] = [
  {
    code: 'resettled_retiree',
    name: '异地安置退休人员',
    who: '退休后到外地定居，户籍也迁了过去',
    papers: '户口簿首页和本人常住人口登记卡',
    longTerm: true,
  },
  {
    code: 'long_term_resident',
    name: '异地长期居住人员',
    who: '长期在外地居住生活，例如随子女居住',
    papers: '长期居住的证明材料，例如居住证',
    longTerm: true,
  },
  {
    code: 'stationed_worker',
    name: '常驻异地工作人员',
    who: '被用人单位长期派到外地工作',
    papers: '参保单位派出证明、异地单位证明、劳动合同中的一种',
    longTerm: true,
  },
  {
    code: 'referral',
    name: '异地转诊人员',
    who: '当地医院建议转到外地看病',
    papers: '参保地定点医院开具的转诊转院证明',
    longTerm: false,
  },
  {
    code: 'other_temporary',
    name: '其他跨省临时外出就医人员',
    who: '没有转诊，自己临时去外地看病',
    papers: '只需就医凭证和备案表',
    longTerm: false,
  },
  {
    code: 'emergency',
    name: '异地急诊抢救人员',
    who: '在外地遇到急诊抢救；医院如实登记的，不备案也视同已备案',
    papers: '不需要材料',
    longTerm: false,
  },
];

export const categoryOf = (code: string): CategoryWords | undefined =>
  CATEGORIES.find((one) => one.code === code);

/** A filing as far as it matters for what may be done with it. */
export interface FilingState {
  readonly stage: string;
  readonly begins: string;
  readonly ends?: string | null;
  readonly deemed: boolean;
}

export type Standing = 'waiting' | 'to-come' | 'in-force' | 'expired' | 'over';

/** Where a filing stands on a day; that it has run out is read off the days. */
export function standingOn(filing: FilingState, day: string): Standing {
  if (filing.stage === 'submitted') return 'waiting';
  if (filing.stage !== 'effective') return 'over';
  if (filing.ends && filing.ends < day) return 'expired';
  return filing.begins > day ? 'to-come' : 'in-force';
}

/** What people are told of it. */
export function standingWords(filing: FilingState & { readonly stage_name: string }, day: string): string {
  const words = { 'in-force': '有效', 'to-come': '未到开始日期', expired: '已过有效期' } as const;
  const standing = standingOn(filing, day);
  return standing === 'waiting' || standing === 'over' ? filing.stage_name : words[standing];
}

/** Whether it may be changed or cancelled at all; whether the days allow it says the server. */
export const mayChange = (filing: FilingState, day: string): boolean =>
  ['in-force', 'to-come'].includes(standingOn(filing, day)) && !filing.deemed;

export const mayCancel = (filing: FilingState, day: string): boolean =>
  ['waiting', 'in-force', 'to-come'].includes(standingOn(filing, day)) && !filing.deemed;
