/** 自助备案: what a person says step by step, and what is missing at each. Pure. */

import { parseDay } from '@/shared/day';

export const STEPS = ['看病原因', '去哪里', '什么时候', '确认签署'] as const;

export interface Draft {
  scheme: string;
  category: string;
  destination: string;
  begins: string;
  ends: string;
  /** Papers at the counter in place of a commitment, where the category allows one. */
  paper: boolean;
  read: boolean;
  signature: string;
}

/** What is wrong at a step, by field. The days that the insured place allows are its own matter. */
export function wrongAt(step: number, draft: Draft, name: string, today: string): Record<string, string> {
  const wrong: Record<string, string> = {};
  if (step === 0 && draft.category === '') wrong['category'] = '请选择看病原因';
  if (step === 1 && draft.destination === '') wrong['destination'] = '请选择去哪里看病';
  if (step === 2) {
    if (parseDay(draft.begins) === undefined) wrong['begins'] = '请填写开始日期';
    if (draft.ends !== '') {
      if (parseDay(draft.ends) === undefined) wrong['ends'] = '请填写完整的日期';
      else if (draft.ends < draft.begins) wrong['ends'] = '结束日期早于开始日期，请更正';
      else if (draft.ends < today) wrong['ends'] = '结束日期已过，请更正';
    }
  }
  if (step === 3) {
    if (!draft.read) wrong['read'] = '请看过后勾选';
    if (draft.signature.trim() === '') wrong['signature'] = '请写下您的姓名';
    else if (draft.signature.trim() !== name) wrong['signature'] = '与登录人的姓名不一致，请由本人签署';
  }
  return wrong;
}
