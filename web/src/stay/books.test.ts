import { describe, expect, it } from 'vitest';
import { fenOf } from '@/shared/money';
import { done, refused, type Outcome } from '@/shared/refusal';
import type { Day } from '@/shared/day';
import { allLines, answerInputs, CONFIRM_MAX, isMonth, PAGE, readLines, totals } from './apportioning';
import { booksInput, readCompared, wrongIn, type Books } from './daybook';
import { readHolder } from './answers';
import { inpatientsInput, readInpatients } from './inpatients';

describe("the day's books", () => {
  const books: Books = {
    from: '2026-11-22',
    until: '2026-11-22',
    scheme: '310',
    care: '99952',
    count: '3',
    total: '1,234.50',
    fund: '-10.00',
    account: '0',
  };
  it.each<[Partial<Books>, string]>([
    [{}, ''],
    [{ from: '' }, '请填写起止日期'],
    [{ until: '2026-11-21' }, '截止日期不早于起始日期'],
    [{ until: '2026-12-23' }, '一次至多31天'],
    [{ until: '2026-12-22' }, ''],
    [{ count: '-1' }, '请填写结算笔数（含退费）'],
    [{ fund: '' }, '请填写三项金额（元），没有的填0'],
  ])('%j', (change, wrong) => expect(wrongIn({ ...books, ...change })).toBe(wrong));

  it('are sent in exact amounts', () => {
    expect(booksInput(books, '420106').data).toMatchObject({
      medfee_sumamt: 1234.5,
      fund_pay_sumamt: -10,
      acct_pay: 0,
      fixmedins_setl_cnt: 3,
      setl_optins: '420106',
    });
  });

  it('are answered', () => {
    const info = (stmt_rslt: unknown) => ({ stmtinfo: { stmt_rslt, stmt_rslt_dscr: '不平：笔数' } });
    expect(readCompared(info('0'))).toEqual({ agreed: true, words: '不平：笔数' });
    expect(readCompared(info('1'))?.agreed).toBe(false);
    expect(readCompared(info('7'))).toBeUndefined();
    expect(readCompared(null)).toBeUndefined();
  });
});

const row = (setl_sn: string, medfee_sumamt: number) => ({
  seqno: '1',
  certno: 'C',
  mdtrt_id: 'V',
  mdtrt_setl_time: '2026-10-01 08:00:00',
  setl_sn,
  medfee_sumamt,
  optins_pay_sumamt: 0.1,
});

describe("a month's lines", () => {
  it('are asked for until a page is not full', async () => {
    const full = { data: Array.from({ length: PAGE }, (_, at) => row(`S${at}`, 1)) };
    const starts: number[] = [];
    const pages: Outcome<unknown>[] = [done(full), done({ data: [row('L', -1)] })];
    const all = await allLines((start) => {
      starts.push(start);
      return Promise.resolve(pages.shift() as Outcome<unknown>);
    });
    expect(starts).toEqual([1, PAGE + 1]);
    expect(all.ok && [all.value.length, totals(all.value)]).toEqual([
      PAGE + 1,
      { total: fenOf(9900n), payable: fenOf(1010n) },
    ]);
    const no = await allLines(() => Promise.resolve(refused({ code: 'x', message: '否' })));
    expect(no.ok).toBe(false);
  });

  it('are confirmed or disputed, so many a message', () => {
    const lines = readLines({ data: [row('A', 12.35), row('B', 1)] });
    const [input] = answerInputs('2026-10', lines, new Set(['B']));
    expect(input).toMatchObject({
      data: { trt_year: '2026', trt_month: '10', totalrow: '2' },
      detail: [
        { setl_sn: 'A', medfee_sumamt: 12.35, optins_pay_sumamt: 0.1, cnfm_flag: '1' },
        { setl_sn: 'B', cnfm_flag: '0' },
      ],
    });
    const many = Array.from({ length: CONFIRM_MAX + 1 }, () => lines[0]).flatMap((line) => line ?? []);
    expect(answerInputs('2026-10', many, new Set())).toHaveLength(2);
    expect(answerInputs('2026-10', [], new Set())).toEqual([]);
  });

  it.each([
    ['2026-10', true],
    ['2026-13', false],
    ['2026-1', false],
  ])('%s', (month, good) => expect(isMonth(month)).toBe(good));
});

it('who is in hospital, the longest first', () => {
  expect(inpatientsInput('2026-11-23' as Day).data).toMatchObject({ begntime: '2025-11-23 00:00:00' });
  const list = readInpatients({
    data: [
      { mdtrt_id: 'b', begndate: '2026-11-20', out_flag: '1', psn_name: '周某甲', ipt_otp_no: 'Z2' },
      { mdtrt_id: 'a', begndate: '2026-11-01', out_flag: '0' },
    ],
  });
  expect(list.map((one) => [one.visit, one.away])).toEqual([
    ['a', false],
    ['b', true],
  ]);
  expect(readInpatients(null)).toEqual([]);
});

it('whose voucher was scanned, and where it was issued', () => {
  const holder = { idNo: 'C', insuOrg: '110101', ecToken: 'T' };
  expect(readHolder(holder)).toEqual({ certno: 'C', insured: '110101', token: 'T' });
  expect(readHolder({ ...holder, ecToken: '' })).toBeUndefined();
  expect(readHolder({ idNo: 'C' })).toBeUndefined();
  expect(readHolder(null)).toBeUndefined();
});
