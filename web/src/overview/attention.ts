/** What at the hub waits for somebody: made of what the pages show, each with the page on which it is done. */

import type { components } from '@/generated/hub';
import { provinceName } from '@/shared/place';

type Schemas = components['schemas'];

export interface Attention {
  readonly grade: 'bad' | 'warn';
  readonly words: string;
  readonly page: string;
}

export interface Known {
  readonly participants?: readonly Schemas['ParticipantView'][] | undefined;
  readonly months?: readonly Schemas['ClearingMonth'][] | undefined;
  readonly differences?: readonly Schemas['DifferenceView'][] | undefined;
  readonly positions?: readonly Schemas['PositionView'][] | undefined;
  readonly overdue?: readonly Schemas['OverdueView'][] | undefined;
  readonly increases?: readonly Schemas['IncreaseView'][] | undefined;
}

/** What waits, the grave first. `today` is the policy day. */
export function attention(known: Known, today: string): Attention[] {
  const found: Attention[] = [];
  const add = (grade: Attention['grade'], words: string, page: string) => found.push({ grade, words, page });
  for (const one of known.participants ?? []) {
    if (one.suspended) add('bad', `${one.name}已暂停直接结算：${one.suspended}`, '/participants');
  }
  for (const one of known.overdue ?? []) {
    const letter = one.letter_due ? `，应发第${one.letter_due}次催缴函` : '';
    add('bad', `${one.payer_name}应付${one.payee_name}逾期${one.days}个工作日${letter}`, '/notices');
  }
  const red = (known.positions ?? []).filter((one) => one.light === 'red');
  if (red.length > 0) {
    const pairs = red.slice(0, 3).map((one) => `${one.insured.name}→${one.treatment.name}`);
    add(
      'bad',
      `预付金红色预警${red.length}项：${pairs.join('、')}${red.length > 3 ? '等' : ''}`,
      '/prepayments',
    );
  }
  for (const month of known.months ?? []) {
    if (month.disputed.length > 0) {
      add('bad', `${month.month}清算有${month.disputed.length}对省份的争议待处理`, '/clearing');
    }
    if (month.stage === 'closed') add('warn', `${month.month}已截止，尚未清分试算`, '/clearing');
    if (month.stage === 'planned')
      add('warn', `${month.month}已试算（第${month.revision}次），尚未生成清算表`, '/clearing');
    if (month.stage === 'adopted' && month.unanswered.length > 0) {
      const late = month.confirmed_by < today;
      const who = month.unanswered.map(provinceName).join('、');
      add(late ? 'bad' : 'warn', `${month.month}清算表待${who}确认，期限${month.confirmed_by}`, '/clearing');
    }
    if (month.stage === 'adopted' && month.notices_on <= today) {
      add('warn', `${month.month}应签发付款、收款通知书（${month.notices_on}）`, '/clearing');
    }
  }
  const open = (known.differences ?? []).length;
  if (open > 0) add('warn', `对账差异${open}笔尚未说明`, '/reconciliation');
  for (const one of known.increases ?? []) {
    const words = `${one.treatment.name}申请向${one.insured.name}紧急调增${one.asked}元，审核期限${one.decide_by}`;
    add(one.decide_by < today ? 'bad' : 'warn', words, '/prepayments');
  }
  return found.sort((one, other) => (one.grade === other.grade ? 0 : one.grade === 'bad' ? -1 : 1));
}
