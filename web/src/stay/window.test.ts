import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { fenOf } from '@/shared/money';
import { good, playedNode, type PlayedNode } from './played-node';
import { openWindow } from './stay';

let node: PlayedNode;
beforeEach(() => {
  node = playedNode();
});
afterEach(() => vi.unstubAllGlobals());

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
  node.answers = [good(PERSON), good({ mdtrtinfo: [VISIT] }), good([LINE]), NO_SETTLEMENT];
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
  node.answers = [undefined];
  expect(await stay.settle(false, false)).toBe(false);
  expect(stay.hanging.value).toBe(true);
  expect(stay.refusal.value?.message).toContain('请用原报文再查');

  const before = node.sent.length;
  expect(await stay.cancel()).toBe(false);
  expect(await stay.settle(false, true)).toBe(false);
  expect(await stay.findPerson('C', '110101')).toBe(false);
  expect(stay.person.value?.number, 'the person stays').toBe('P');
  expect(node.sent.length, 'nothing else is sent').toBe(before);

  node.answers = [undefined, good(settled(100.5, 80))];
  expect(await stay.again()).toBe(false);
  expect(stay.hanging.value).toBe(true);
  expect(await stay.again()).toBe(true);
  expect(stay.hanging.value).toBe(false);
  const [first, second, third] = node.sent.slice(-3);
  expect(second).toEqual(first);
  expect(third).toEqual(first);
  expect(first?.body.input['data']).toMatchObject({ medfee_sumamt: 100.5 });
  expect(stay.stands.value).toBe(true);
  expect(stay.settlement.value?.cash).toBe(fenOf(2050n));
});

it('takes no money on an answer whose amounts do not balance, or that is none', async () => {
  const stay = await opened();
  for (const output of [settled(100.5, 79.99), settled(100.51, 80), null]) {
    node.answers = [good(output)];
    await stay.settle(false, false);
    expect(stay.refusal.value?.message).toContain('请勿收费');
    expect(stay.stands.value).toBe(false);
  }
  node.answers = [good({ setlinfo: { medfee_sumamt: '一百' } })];
  expect(await stay.settle(true, false)).toBe(false);
  expect(stay.refusal.value?.code).toBe('not-understood');
});

it('a plain refusal leaves everything as it was', async () => {
  const stay = await opened();
  node.answers = [{ infcode: -1, err_msg: '费用明细合计与医疗费总额不符' }];
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
  node.answers = [good({ result: [] }), good([LINE, LINE]), NO_SETTLEMENT];
  expect(await stay.upload()).toBe(true);
  expect(stay.drafts.value).toEqual([]);
  expect(stay.lines.value).toHaveLength(2);
});

it('gives up what nobody answers by reversing it, and only then goes on', async () => {
  const stay = await opened();
  node.answers = [
    { infcode: -1, err_msg: '结算[S]的结果正在向参保地核实，请用原报文ID重发查询，或办理2601冲正' },
  ];
  await stay.settle(false, false);
  expect(stay.hanging.value && stay.reversible.value).toBe(true);
  expect(stay.refusal.value?.message, "the platform's own sentence").toContain('正在向参保地核实');
  const settlement = node.sent.at(-1)?.body.msgid;

  node.answers = [undefined];
  expect(await stay.reverse()).toBe(false);
  expect(stay.hanging.value, 'a reversal that is not answered changes nothing').toBe(true);
  node.answers = [good(null), good([LINE]), NO_SETTLEMENT];
  expect(await stay.reverse()).toBe(true);
  expect(node.sent.at(-3)?.body.input['data']).toMatchObject({ omsgid: settlement, oinfno: '2304' });
  expect(stay.hanging.value).toBe(false);
  expect(stay.stands.value).toBe(false);
});

it('finds whose voucher was scanned, at the place that issued it', async () => {
  const holder = { idNo: 'C', insuOrg: '110101', ecToken: 'T' };
  node.answers = [good(holder), good(PERSON), good({ mdtrtinfo: [] })];
  const stay = openWindow({ code: 'H42010600001', name: '某', place: '420106', kind: '1' });
  expect(await stay.scanVoucher('1'.repeat(28))).toBe(true);
  expect(node.sent.map(({ infno }) => infno)).toEqual(['1162', '1101', '5201']);
  const shown = { mdtrt_cert_type: '01', mdtrt_cert_no: 'T', certno: 'C' };
  expect(node.sent[1]?.body).toMatchObject({ insured: '110101', input: { data: shown } });
  expect(stay.person.value?.number).toBe('P');
  expect(stay.person.value?.shown, 'the token goes on with what is done').toMatchObject({
    kind: '01',
    number: 'T',
  });
});

it('takes nobody for a voucher that names nobody', async () => {
  node.answers = [good({ idNo: 'C', insuOrg: '110101', ecToken: '' })];
  const stay = openWindow({ code: 'H42010600001', name: '某', place: '420106', kind: '1' });
  expect(await stay.scanVoucher('1'.repeat(28))).toBe(false);
  expect(node.sent).toHaveLength(1);
  expect(stay.refusal.value?.code).toBe('not-understood');
});

it('finds who showed a card', async () => {
  node.answers = [good(PERSON), good({ mdtrtinfo: [] })];
  const stay = openWindow({ code: 'H42010600001', name: '某', place: '420106', kind: '1' });
  expect(await stay.readCard('A1', '1'.repeat(32))).toBe(true);
  expect(node.sent.map(({ infno }) => infno)).toEqual(['1161', '5201']);
  expect(stay.person.value?.shown).toEqual({ kind: '03', number: 'A1', chip: '1'.repeat(32) });
});

it('takes back a discharge and an admission', async () => {
  const stay = await opened();
  node.answers = [good(null)];
  expect(await stay.takeBackDischarge()).toBe(true);
  expect(node.sent.at(-1)?.infno).toBe('2405');
  expect(stay.visit.value?.inHospital).toBe(true);
  node.answers = [{ infcode: -1, err_msg: '该次就诊已有费用明细' }];
  expect(await stay.takeBackAdmission()).toBe(false);
  expect(stay.visit.value, 'a refusal changes nothing').toBeDefined();
  node.answers = [good(null), good({ mdtrtinfo: [] })];
  expect(await stay.takeBackAdmission()).toBe(true);
  expect(stay.visit.value).toBeUndefined();
});

const part = (setl_id: string, refd_setl_flag = '0') => ({
  ...settled(100.5, 80),
  setlinfo: { ...settled(100.5, 80).setlinfo, setl_id, refd_setl_flag },
});
const of = (feedetl_sn: string, setl_id: string | null) => ({ ...LINE, feedetl_sn, setl_id });

/** A window with a stay open in whose middle something was settled. */
async function inTheMiddle(lines: object[], ...settlements: object[]) {
  const visit = { ...VISIT, endtime: null, inhosp_stas: '1' };
  node.answers = [good(PERSON), good({ mdtrtinfo: [visit] }), good(lines), ...settlements.map(good)];
  const stay = openWindow({ code: 'H1', name: '某院', place: '420106', kind: '1' });
  await stay.findPerson('C', '110101');
  const open = stay.visits.value[0];
  if (open) await stay.open(open);
  expect(stay.refusal.value).toBeUndefined();
  return stay;
}

it('settles midway what has been charged so far, and the stay goes on', async () => {
  const stay = await inTheMiddle([of('1', 'S1'), of('2', null)], part('S1'));
  expect(stay.stands.value, 'a part is not the stay').toBe(false);
  expect(stay.midway.value.map((one) => one.id)).toEqual(['S1']);
  expect(stay.total.value, 'what is settled is not charged again').toBe(10_050n);
  node.answers = [good(part(''))];
  expect(await stay.settle(true, false)).toBe(true);
  node.answers = [good(part('S2')), good([of('1', 'S1'), of('2', 'S2')]), good(part('S2')), good(part('S1'))];
  expect(await stay.settle(false, false)).toBe(true);
  expect(node.sent.at(-4)?.body.input['data']).toMatchObject({ mid_setl_flag: '1', medfee_sumamt: 100.5 });
  expect(stay.midway.value.map((one) => one.id)).toEqual(['S1', 'S2']);
  expect(stay.total.value).toBe(0n);
  expect(stay.stands.value).toBe(false);

  // The last one is taken back: its lines are unsettled lines of the stay again.
  node.answers = [good(null), good([of('1', 'S1'), of('2', null)]), good(part('S2', '1')), good(part('S1'))];
  expect(await stay.cancel()).toBe(true);
  expect(node.sent.at(-4)?.body.input['data']).toMatchObject({ setl_id: 'S2' });
  expect(stay.midway.value.map((one) => one.id)).toEqual(['S1']);
  expect(stay.total.value).toBe(10_050n);
});

it('says of a part whose outcome nobody knows that it waits', async () => {
  const visit = { ...VISIT, endtime: null, inhosp_stas: '1' };
  node.answers = [
    good(PERSON),
    good({ mdtrtinfo: [visit] }),
    good([of('1', 'S1')]),
    NO_SETTLEMENT,
    NO_SETTLEMENT,
  ];
  const stay = openWindow({ code: 'H1', name: '某院', place: '420106', kind: '1' });
  await stay.findPerson('C', '110101');
  const open = stay.visits.value[0];
  if (open) await stay.open(open);
  expect(stay.refusal.value).toBeUndefined();
  expect([stay.waiting.value, stay.midway.value]).toEqual(['S1', []]);
});

it('knows the whole settlement from the parts before it', async () => {
  const stay = await inTheMiddle([of('1', 'S1'), of('2', null)], part('S3'), part('S1'));
  expect(stay.stands.value).toBe(true);
  expect(stay.settlement.value?.id).toBe('S3');
  expect(stay.midway.value.map((one) => one.id)).toEqual(['S1']);
});

it('corrects the admission of the open stay', async () => {
  const stay = await inTheMiddle([], part('S0', '1'));
  const before = stay.visit.value;
  if (before === undefined) throw new Error('no stay');
  const said = { ...before, at: before.begins, kind: '', injury: false, bed: '8' } as const;
  node.answers = [{ infcode: -1, err_msg: '入院时间不晚于当前时间' }];
  expect(await stay.correct(said)).toBe(false);
  expect(stay.visit.value).toEqual(before);
  node.answers = [good(null), good({ mdtrtinfo: [{ ...VISIT, inhosp_stas: '1', adm_bed: '8' }] })];
  expect(await stay.correct(said)).toBe(true);
  expect(node.sent.at(-2)?.infno).toBe('2403');
  expect(stay.visit.value?.bed).toBe('8');
});

it('knows what is settled also when a question about it was answered late', async () => {
  node.answers = [good(PERSON), good({ mdtrtinfo: [VISIT] }), good([LINE]), undefined];
  const stay = openWindow({ code: 'H1', name: '某院', place: '420106', kind: '1' });
  await stay.findPerson('C', '110101');
  const visit = stay.visits.value[0];
  if (visit) await stay.open(visit);
  expect([stay.hanging.value, stay.stands.value]).toEqual([true, false]);
  node.answers = [good(settled(100.5, 80)), good([LINE]), good(settled(100.5, 80))];
  expect(await stay.again()).toBe(true);
  expect([stay.hanging.value, stay.stands.value]).toEqual([false, true]);
});
