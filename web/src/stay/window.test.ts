import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { fenOf } from '@/shared/money';
import { openWindow } from './stay';

/** What the node answers, one after the other; nothing is a broken line. */
let answers: (object | undefined)[] = [];
let sent: { url: string; body: { msgid: string; input: { data?: { medfee_sumamt?: number } } } }[] = [];

beforeEach(() => {
  sent = [];
  vi.stubGlobal('fetch', (url: string, init: RequestInit) => {
    sent.push({ url, body: JSON.parse(String(init.body)) as (typeof sent)[number]['body'] });
    const answer = answers.shift();
    return answer === undefined
      ? Promise.reject(new TypeError('connection reset'))
      : Promise.resolve(new Response(JSON.stringify(answer), { status: 200 }));
  });
});
afterEach(() => vi.unstubAllGlobals());

const good = (output: unknown) => ({ infcode: 0, output });
const PERSON = {
  baseinfo: { psn_no: 'P', psn_name: '某', certno: 'C' },
  insuinfo: [{ insutype: '310', psn_insu_stas: '1', insuplc_admdvs: '110101', balc: 0 }],
};
const VISIT = {
  mdtrt_id: 'V',
  begntime: '2026-11-01 08:00:00',
  endtime: '2026-11-09 08:00:00',
  inhosp_stas: '0',
};
const LINE = { feedetl_sn: '1', det_item_fee_sumamt: 100.5, inscp_scp_amt: 100.5 };
const settled = (total: number, fund: number) => ({
  setlinfo: {
    setl_id: 'S',
    medfee_sumamt: total,
    inscp_scp_amt: 100.5,
    fund_pay_sumamt: fund,
    psn_part_amt: 20.5,
    psn_cash_pay: 20.5,
  },
  setldetail: [{ fund_pay_type: '310100', fund_payamt: 80 }],
});
const NO_SETTLEMENT = { infcode: -1, err_msg: '未查到结算ID[V]的结算记录，请核对后重新发送' };

/** A window with a discharged stay of one line open. */
async function opened() {
  answers = [good(PERSON), good({ mdtrtinfo: [VISIT] }), good([LINE]), NO_SETTLEMENT];
  const stay = openWindow({ code: 'H1', name: '某院', place: '420106', kind: '1' });
  await stay.findPerson('C', '110101');
  const visit = stay.visits.value[0];
  if (visit) await stay.open(visit);
  expect(stay.refusal.value).toBeUndefined();
  expect(stay.total.value).toBe(10_050n);
  return stay;
}

it('never guesses whether a settlement happened: the same message goes again, and nothing before it', async () => {
  const stay = await opened();
  answers = [undefined];
  expect(await stay.settle(false, false)).toBe(false);
  expect(stay.hanging.value).toBe(true);
  expect(stay.refusal.value?.message).toContain('请用原报文再查');

  const before = sent.length;
  expect(await stay.cancel()).toBe(false);
  expect(await stay.settle(false, true)).toBe(false);
  expect(await stay.findPerson('C', '110101')).toBe(false);
  expect(stay.person.value?.number, 'the person stays').toBe('P');
  expect(sent.length, 'nothing else is sent').toBe(before);

  answers = [undefined, good(settled(100.5, 80))];
  expect(await stay.again()).toBe(false);
  expect(stay.hanging.value).toBe(true);
  expect(await stay.again()).toBe(true);
  expect(stay.hanging.value).toBe(false);
  const [first, second, third] = sent.slice(-3);
  expect(second).toEqual(first);
  expect(third).toEqual(first);
  expect(first?.body.input.data?.medfee_sumamt).toBe(100.5);
  expect(stay.stands.value).toBe(true);
  expect(stay.settlement.value?.cash).toBe(fenOf(2050n));
});

it('takes no money on an answer whose amounts do not balance, or that is none', async () => {
  const stay = await opened();
  for (const output of [settled(100.5, 79.99), settled(100.51, 80), null]) {
    answers = [good(output)];
    await stay.settle(false, false);
    expect(stay.refusal.value?.message).toContain('请勿收费');
    expect(stay.stands.value).toBe(false);
  }
  answers = [good({ setlinfo: { medfee_sumamt: '一百' } })];
  expect(await stay.settle(true, false)).toBe(false);
  expect(stay.refusal.value?.code).toBe('not-understood');
});

it('a plain refusal leaves everything as it was', async () => {
  const stay = await opened();
  answers = [{ infcode: -1, err_msg: '费用明细合计与医疗费总额不符' }];
  await stay.settle(false, false);
  expect(stay.refusal.value?.message).toBe('费用明细合计与医疗费总额不符');
  expect(stay.hanging.value).toBe(false);
  expect(stay.lines.value).toHaveLength(1);
});

it('counts what is not sent yet, and sends it together', async () => {
  const stay = await opened();
  for (const serial of [1, 2]) {
    stay.addLine({ item: { code: `X${serial}`, name: '某' }, price: 1n, quantity: 1n, amount: fenOf(1n) });
  }
  const numbers = stay.drafts.value.map((line) => line.serial);
  expect(new Set(numbers).size).toBe(2);
  stay.dropLine(numbers[0] ?? '');
  answers = [good({ result: [] }), good([LINE, LINE]), NO_SETTLEMENT];
  expect(await stay.upload()).toBe(true);
  expect(stay.drafts.value).toEqual([]);
  expect(stay.lines.value).toHaveLength(2);
});

it('gives up what nobody answers by reversing it, and only then goes on', async () => {
  const stay = await opened();
  answers = [{ infcode: -1, err_msg: '结算[S]的结果正在向参保地核实，请用原报文ID重发查询，或办理2601冲正' }];
  await stay.settle(false, false);
  expect(stay.hanging.value && stay.reversible.value).toBe(true);
  expect(stay.refusal.value?.message, "the platform's own sentence").toContain('正在向参保地核实');
  const settlement = sent.at(-1)?.body.msgid;

  answers = [undefined];
  expect(await stay.reverse()).toBe(false);
  expect(stay.hanging.value, 'a reversal that is not answered changes nothing').toBe(true);
  answers = [good(null), good([LINE]), NO_SETTLEMENT];
  expect(await stay.reverse()).toBe(true);
  expect(sent.at(-3)?.body.input.data).toMatchObject({ omsgid: settlement, oinfno: '2304' });
  expect(stay.hanging.value).toBe(false);
  expect(stay.stands.value).toBe(false);
});

it('finds whose voucher was scanned, at the place that issued it', async () => {
  answers = [good({ idNo: 'C', insuOrg: '110101' }), good(PERSON), good({ mdtrtinfo: [] })];
  const stay = openWindow({ code: 'H42010600001', name: '某', place: '420106', kind: '1' });
  expect(await stay.scanVoucher('1'.repeat(28))).toBe(true);
  expect(sent.map(({ url }) => url.slice(-4))).toEqual(['1162', '1101', '5201']);
  expect(sent[1]?.body).toMatchObject({ insured: '110101' });
  expect(stay.person.value?.number).toBe('P');
});

it('takes nobody for a voucher that names nobody', async () => {
  answers = [good({ idNo: '', insuOrg: '' })];
  const stay = openWindow({ code: 'H42010600001', name: '某', place: '420106', kind: '1' });
  expect(await stay.scanVoucher('1'.repeat(28))).toBe(false);
  expect(sent).toHaveLength(1);
  expect(stay.refusal.value?.code).toBe('not-understood');
});

it('finds who showed a card', async () => {
  answers = [good(PERSON), good({ mdtrtinfo: [] })];
  const stay = openWindow({ code: 'H42010600001', name: '某', place: '420106', kind: '1' });
  expect(await stay.readCard('A1', '1'.repeat(32))).toBe(true);
  expect(sent.map(({ url }) => url.slice(-4))).toEqual(['1161', '5201']);
});

it('takes back a discharge and an admission', async () => {
  const stay = await opened();
  answers = [good(null)];
  expect(await stay.takeBackDischarge()).toBe(true);
  expect(sent.at(-1)?.url.slice(-4)).toBe('2405');
  expect(stay.visit.value?.inHospital).toBe(true);
  answers = [{ infcode: -1, err_msg: '该次就诊已有费用明细' }];
  expect(await stay.takeBackAdmission()).toBe(false);
  expect(stay.visit.value, 'a refusal changes nothing').toBeDefined();
  answers = [good(null), good({ mdtrtinfo: [] })];
  expect(await stay.takeBackAdmission()).toBe(true);
  expect(stay.visit.value).toBeUndefined();
});
