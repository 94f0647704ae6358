import { describe, expect, it } from 'vitest';
import { calculationOf, expense, inScope, newBill, wrongIn, type Bill } from './bill';

const bill = (said: Partial<Bill>): Bill => ({
  ...newBill(),
  insured: '420100',
  treatment: '110000',
  expenses: [expense('50000')],
  ...said,
});

describe('a bill', () => {
  it.each<[Partial<Bill>, string[]]>([
    [{}, []],
    [{ insured: '', treatment: '' }, ['insured', 'treatment']],
    [{ expenses: [expense('')] }, ['total']],
    [{ expenses: [expense('12.345')] }, ['total']],
    [{ expenses: [expense('-1')] }, ['total']],
    [{ expenses: [{ ...expense('100'), outOfScope: '60', firstSelfPay: '40.01' }] }, ['total']],
    [{ expenses: [{ ...expense('100'), outOfScope: '60', firstSelfPay: '40' }] }, []],
    [{ care: '14' }, ['disease']],
    [{ care: '14', disease: 'M03900' }, []],
    [{ admitted: '2026-02-30' }, ['admitted']],
    [{ admitted: '2026-03-02', discharged: '2026-03-01' }, ['discharged']],
    [{ usedVisits: 'x', usedPool: 'y', account: '1.234' }, ['usedPool', 'account', 'usedVisits']],
  ])('%j', (said, wrong) => {
    expect(Object.keys(wrongIn(bill(said)))).toEqual(wrong);
  });

  it('is asked in exact amounts, without what was not said', () => {
    expect(calculationOf(bill({ expenses: [expense('1,234.5'), expense('')] }))).toEqual({
      insured: '420100',
      scheme: 'employee',
      status: '11',
      treatment: '110000',
      care: '21',
      level: 'tertiary',
      amounts: [
        {
          category: '14',
          total: '1234.50',
          out_of_scope: '0.00',
          over_limit: '0.00',
          first_self_pay: '0.00',
        },
      ],
      emergency: false,
    });
  });

  it('says how it is filed, what was used, and what the account holds', () => {
    const asked = calculationOf(
      bill({ filing: 'referral', usedVisits: '1', usedPool: '10', account: '300' }),
    );
    expect(asked).toMatchObject({
      filing: 'referral',
      emergency: false,
      used: { visits: 1, deductible: '0.00', in_scope: '0.00', pool: '10.00' },
      account: '300.00',
    });
    expect(calculationOf(bill({ filing: 'emergency' }))).toMatchObject({ emergency: true });
    expect(calculationOf(bill({ filing: 'emergency' }))).not.toHaveProperty('filing');
    expect(calculationOf(bill({ care: '14', disease: ' m03900 ' })).diseases).toEqual(['M03900']);
  });

  it('knows what is in scope of a line', () => {
    expect(inScope({ ...expense('100'), outOfScope: '10', overLimit: '5', firstSelfPay: '0.01' })).toBe(
      8499n,
    );
    expect(inScope(expense('x'))).toBeUndefined();
  });
});
