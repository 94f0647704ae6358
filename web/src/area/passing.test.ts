import { expect, it } from 'vitest';
import { asShown, ready } from './passing';

type Area = Parameters<typeof ready>[0][number];

const POOL = { scheme: 'employee' as const, purse: '310100', purse_name: '统筹基金' };
const line = (treatment: string, amount: string, passed_on?: string) => ({
  ...POOL,
  treatment,
  amount,
  count: 1,
  ...(passed_on === undefined ? {} : { passed_on }),
});
const area = (open: string, lines: Area['lines']): Area => ({
  area: '420100',
  name: '武汉市',
  notice: 'SJ202610-420100',
  lines,
  owed: [],
  before: [],
  received: [],
  open: [{ ...POOL, amount: open }],
  still_owed: open,
  receipts: [],
  answer: { verdict: 'confirmed', verdict_name: '已确认' },
});

it('passes on what is owed within the province, paid in full and not passed on yet', () => {
  const lines = [
    line('420500', '120.00'),
    line('110000', '50.00'),
    line('420600', '30.00', '某 2026-11-22'),
    line('420700', '-3.00'),
  ];
  expect(ready([area('0.00', lines)], '420000').map((one) => one.treatment)).toEqual(['420500']);
  expect(ready([area('0.01', lines)], '420000')).toEqual([]);
  expect(ready([], '420000')).toEqual([]);
  const disputed = { ...area('0.00', lines), answer: { verdict: 'disputed', verdict_name: '有争议' } };
  expect(ready([disputed], '420000')).toEqual([]);
});

it('keeps schemes apart: what is open of one holds up no other', () => {
  const resident = { ...line('420500', '8.00'), scheme: 'resident' as const, purse: '390100' };
  expect(ready([area('5.00', [resident])], '420000')).toEqual([resident]);
});

it('shows the areas for which somebody has something to do', () => {
  const clear = area('0.00', [line('420500', '120.00')]);
  const owing = { ...area('5.00', [line('420500', '5.00')]), area: '420600' };
  const disputing = { ...owing, area: '420700', answer: { verdict: 'disputed', verdict_name: '有争议' } };
  const shown = (show: string) => asShown([clear, owing, disputing], show, '420000').map((one) => one.area);
  expect(shown('')).toEqual(['420100', '420600', '420700']);
  expect(shown('open')).toEqual(['420600', '420700']);
  expect(shown('ready')).toEqual(['420100']);
  expect(shown('disputed')).toEqual(['420700']);
});
