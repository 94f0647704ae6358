/** What a complaint on the portal may say. */

export const KINDS: readonly (readonly [string, string])[] = [
  ['refused_settlement', '无法直接结算'],
  ['amount', '结算金额有异议'],
  ['filing', '备案问题'],
  ['service', '服务态度'],
  ['fraud', '举报欺诈骗保'],
  ['other', '其他'],
];

export const TEXT_LEAST = 5;
export const TEXT_MOST = 2000;
