import { describe, expect, it } from 'vitest';
import { brokenIdentities, certainty, explained, linked, partsOf, type Breakdown, type Step } from './walk';

const step = (said: Partial<Step>): Step => ({
  step: '统筹基金',
  amount_in: '44200.00',
  rule: '三级 在职 86%',
  amount_out: '38012.00',
  source: '',
  ...said,
});

const BREAKDOWN: Breakdown = {
  total: '50000.00',
  out_of_scope: '1000.00',
  over_limit: '500.00',
  first_self_pay: '500.00',
  in_scope: '48000.00',
  fund_total: '38012.00',
  person_total: '11988.00',
  account: '1000.00',
  cash: '10988.00',
  deductible: '800.00',
  funds: [{ code: '310100', name: '统筹', amount: '38012.00' }],
  burdens: [],
  steps: [],
  policy_day: '2024-01-01',
  unconfirmed: [],
};

it('says a step in a sentence', () => {
  expect(explained(step({ fund: '310100', fund_name: '统筹基金' }))).toBe(
    '44,200.00 元，按“三级 在职 86%”，由统筹基金支付 38,012.00 元',
  );
  expect(explained(step({ step: '起付标准', rule: '' }))).toBe('44,200.00 元，起付标准为 38,012.00 元');
  expect(explained(step({ step: '全自费', rule: '个人负担' }))).toBe(
    '44,200.00 元中，全自费 38,012.00 元，由个人负担',
  );
  expect(
    [false, true, undefined].map((confirmed) =>
      certainty(step(confirmed === undefined ? {} : { confirmed })),
    ),
  ).toEqual(['待核实', '已核实', '']);
});

describe('a breakdown', () => {
  it('falls into its parts and balances', () => {
    expect(partsOf(BREAKDOWN).map((part) => part.amount)).toEqual([100_000n, 50_000n, 50_000n, 4_800_000n]);
    expect(brokenIdentities(BREAKDOWN)).toEqual([]);
  });
  it.each([
    ['total', ['总额＝基金＋个人不成立', '总额＝四部分之和不成立']],
    ['cash', ['个人负担＝账户＋现金不成立']],
    ['in_scope', ['总额＝四部分之和不成立']],
    ['fund_total', ['总额＝基金＋个人不成立', '基金支付总额＝各基金之和不成立']],
  ] as const)('that does not balance in %s is said not to', (field, broken) => {
    expect(brokenIdentities({ ...BREAKDOWN, [field]: '0.01' })).toEqual(broken);
  });
});

it.each([
  ['某文件 医保发〔2022〕22号 http://a.cn/x.html', '某文件 医保发〔2022〕22号', 'http://a.cn/x.html'],
  ['某文件（http://a.cn/x.html）', '某文件', 'http://a.cn/x.html'],
  ['http://a.cn', 'http://a.cn', 'http://a.cn'],
  ['没有链接', '没有链接', undefined],
])('finds the link in %j', (source, text, link) => {
  expect(linked(source)).toEqual({ text, link });
});
