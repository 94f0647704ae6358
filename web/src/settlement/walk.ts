/** A breakdown as a way that one can follow step by step, in words for people who are not clerks. Pure. */

import type { components } from '@/generated/province';
import { readAmount, shown, sum, type Fen } from '@/shared/money';

export type Breakdown = components['schemas']['BreakdownView'];
export type Step = components['schemas']['StepView'];

/** The rule of a step that leaves its amount to the person. */
const OWN = '个人负担';

/** What a step does to the bill, as a sentence. */
export function explained(step: Step): string {
  const [taken, out] = [shown(readAmount(step.amount_in)), shown(readAmount(step.amount_out))];
  if (step.rule === OWN) return `${taken} 元中，${step.step} ${out} 元，由个人负担`;
  const rule = step.rule === '' ? '' : `按“${step.rule}”，`;
  return step.fund_name
    ? `${taken} 元，${rule}由${step.fund_name}支付 ${out} 元`
    : `${taken} 元，${rule}${step.step}为 ${out} 元`;
}

/** The parts that a bill falls into before anything is paid: what the catalog of the treatment place says. */
export function partsOf(breakdown: Breakdown): { readonly words: string; readonly amount: Fen }[] {
  return [
    { words: '全自费', amount: readAmount(breakdown.out_of_scope) },
    { words: '超限价自费', amount: readAmount(breakdown.over_limit) },
    { words: '先行自付', amount: readAmount(breakdown.first_self_pay) },
    { words: '符合政策范围', amount: readAmount(breakdown.in_scope) },
  ];
}

/** The identities that must hold of a breakdown; those that do not, in Chinese. A page does not show such a one as good. */
export function brokenIdentities(breakdown: Breakdown): string[] {
  const amount = (name: 'total' | 'fund_total' | 'person_total' | 'account' | 'cash') =>
    readAmount(breakdown[name]);
  const checks: [string, Fen, Fen][] = [
    ['总额＝基金＋个人', amount('total'), sum([amount('fund_total'), amount('person_total')])],
    ['个人负担＝账户＋现金', amount('person_total'), sum([amount('account'), amount('cash')])],
    ['总额＝四部分之和', amount('total'), sum(partsOf(breakdown).map((part) => part.amount))],
    [
      '基金支付总额＝各基金之和',
      amount('fund_total'),
      sum(breakdown.funds.map((one) => readAmount(one.amount))),
    ],
  ];
  return checks.filter(([, left, right]) => left !== right).map(([identity]) => `${identity}不成立`);
}

/** What is confirmed of a step's rule, in words; nothing where it is no policy's. */
export const certainty = (step: Step): string =>
  step.confirmed === true ? '已核实' : step.confirmed === false ? '待核实' : '';

/** The link in a source, which is text with a link in it. */
export function linked(source: string): { readonly text: string; readonly link: string | undefined } {
  const link = /https?:\/\/[^\s，；、）)]+/.exec(source)?.[0];
  if (link === undefined) return { text: source, link: undefined };
  const text = source
    .replace(link, '')
    .replaceAll(/[\s，；、（(]+$|[（(]\s*[）)]/g, '')
    .trim();
  return { text: text === '' ? link : text, link };
}
