/** 三大目录 and 目录对照 in words. Pure. */

import type { components } from '@/generated/province';

export type Item = components['schemas']['CatalogItemView'];
export type Pair = components['schemas']['MappingView'];
type Share = components['schemas']['ShareView'];

/** 目录类别. */
export const LISTS = [
  ['101', '西药和中成药'],
  ['102', '中药饮片'],
  ['201', '医疗服务项目'],
  ['301', '医用耗材'],
  ['105', '医疗机构制剂等'],
] as const;

/** When a share holds: `三级，单价200.00元以上至1000.00元`; empty where it always does. */
function when({ levels, over, to }: Share): string {
  const parts = [...(levels ?? [])];
  if (over && to) parts.push(`单价${over}元以上至${to}元`);
  else if (over) parts.push(`单价${over}元以上`);
  else if (to) parts.push(`单价${to}元及以下`);
  return parts.join('，');
}

/** 先行自付, one a line. */
export const sharesInWords = (shares: readonly Share[]): string[] =>
  shares.map((share) => {
    const whenWords = when(share);
    const final = share.is_final ? '，余额全额纳入' : '';
    return whenWords === '' ? `${share.rate}${final}` : `${share.rate}（${whenWords}${final}）`;
  });

/** 限价 by level, as far as there is any: `三级 32.00`; one figure where all are the same. */
export function limitsInWords({ limits }: Pick<Item, 'limits'>): string {
  const all = [
    ['一级', limits.primary],
    ['二级', limits.secondary],
    ['三级', limits.tertiary],
  ] as const;
  const there = all.flatMap(([level, price]) => (price ? [[level, price] as const] : []));
  const [first] = there;
  if (first === undefined) return '';
  if (there.length === 3 && there.every(([, price]) => price === first[1])) return first[1];
  return there.map(([level, price]) => `${level} ${price}`).join('，');
}

/** Where a pair stands. */
export const stateWords = (pair: Pick<Pair, 'state'>): string =>
  ({ valid: '有效', to_come: '未到开始日期', ended: '已结束' })[pair.state] ?? pair.state;

/** Why an item has the share that it has: the sources of its general rules, each once. */
export const sourcesOf = (shares: readonly Share[]): string[] => [
  ...new Set(shares.flatMap((share) => (share.source ? [share.source] : []))),
];

/** A table of codes in their order, as people know them. */
export const byCode = (table: readonly (readonly [string, string])[]): (readonly [string, string])[] =>
  [...table].sort(([one], [other]) => (one < other ? -1 : 1));
