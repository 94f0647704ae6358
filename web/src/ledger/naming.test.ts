import { expect, it } from 'vitest';
import { accountWords, moneyWords, roleWords } from './naming';

const scheme = '职工基本医疗保险';

it('tells two accounts of one subject apart', () => {
  const account = {
    account: 'k',
    name: '应收跨省异地就医资金',
    number: '1101',
    scheme,
    purse: `${scheme}统筹基金`,
  };
  expect(accountWords({ ...account, party: '110000' })).toBe(
    '1101 应收跨省异地就医资金 北京 职工基本医疗保险统筹基金',
  );
  expect(accountWords({ ...account, number: null, party: 'H42010600001' })).toBe(
    '应收跨省异地就医资金 H42010600001 职工基本医疗保险统筹基金',
  );
  const hospital = { party: 'H42010600001', party_name: '武汉市示范第一医院' };
  expect(accountWords({ ...account, number: null, ...hospital })).toBe(
    '应收跨省异地就医资金 武汉市示范第一医院 职工基本医疗保险统筹基金',
  );
});

it('says in whose books a deposit is', () => {
  expect(roleWords('treatment-deposit-fiscal/420000/310/310100')).toBe('就医地账');
  expect(roleWords('insured-deposit-fiscal/420000/310/310100')).toBe('参保地账');
  expect(roleWords('payable-institution/H42010600001/310/310100')).toBe('');
});

it('names the scheme where the purse does not', () => {
  expect(moneyWords({ scheme, purse: '个人账户' })).toBe('职工基本医疗保险 个人账户');
});
