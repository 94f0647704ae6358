import { expect, it } from 'vitest';
import type { Calculation } from '@/calculator/bill';
import { fenOf } from '@/shared/money';
import { exampleOf, readExample } from './examples';

it('asks for a stay elsewhere, of who has filed', () => {
  const asked = exampleOf('310000', 'resident', '15', 'secondary');
  expect(asked).toMatchObject({
    insured: '310000',
    treatment: '110000',
    level: 'secondary',
    filing: 'long_term_resident',
    emergency: false,
  });
  expect(asked.amounts).toMatchObject([{ total: '20000.00', out_of_scope: '0.00' }]);
  expect(exampleOf('420100', 'employee', '11', 'tertiary').treatment).toBe('310000');
});

it('reads what is paid, and what filing makes of it', () => {
  const paid = (fund: string, own: string) => ({ breakdown: { fund_total: fund, person_total: own } });
  const answer = {
    standing: '已备案',
    outcome: paid('17000.00', '3000.00'),
    otherwise: [
      { standing: '已备案（异地转诊人员）', outcome: paid('15000.00', '5000.00') },
      { standing: '未备案', outcome: paid('12000.00', '8000.00') },
    ],
  } as unknown as Calculation;
  expect(readExample('三级医院', answer)).toEqual({
    words: '三级医院',
    fund: fenOf(1_700_000n),
    own: fenOf(300_000n),
    unfiled: fenOf(800_000n),
  });
  const refused = { ...answer, outcome: { refusal: { code: 'x', message: '没有登记' } }, otherwise: [] };
  expect(readExample('三级医院', refused as unknown as Calculation)).toBeUndefined();
});
