import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { fenOf } from '@/shared/money';
import { readLines, readPerson, type OutpatientVisit, type Person } from './answers';
import { openOutpatient } from './outpatient';
import { billCares, billsOf, descriptionInput, isOfWindow, newBill } from './outpatient-messages';
import { good, playedNode, type PlayedNode } from './played-node';

let node: PlayedNode;
beforeEach(() => {
  node = playedNode();
});
afterEach(() => vi.unstubAllGlobals());

const INSTITUTION = { code: 'H1', name: '某院', place: '420106', kind: '1' };
const PERSON = {
  baseinfo: { psn_no: 'P', psn_name: '某', certno: 'C' },
  insuinfo: [{ insutype: '310', psn_type: '12', psn_insu_stas: '1', insuplc_admdvs: '110101', balc: 0 }],
};
const VISIT = {
  mdtrt_id: 'V',
  begntime: '2026-11-20 08:00:00',
  med_type: '12',
  insutype: '310',
  ipt_otp_no: 'MZ1',
  adm_dept_codg: 'A03',
  adm_dept_name: '内科',
  atddr_no: 'D1',
  chfpdr_name: '医师某',
};
const CHRONIC_VISIT = { ...VISIT, med_type: '14', dise_codg: 'M03900', dise_name: '高血压' };
const REGISTERING = {
  at: '2026-11-20 08:00:00',
  number: 'MZ1',
  department: { code: 'A03', name: '内科' },
  doctor: { code: 'D1', name: '医师某' },
};
const LINE = {
  item: { code: 'X1', name: '某药' },
  price: 20_500_000n,
  quantity: 20_000n,
  amount: fenOf(4_100n),
};
const row = (rx_drord_no: string, setl_id: string | null = null, feedetl_sn = '1') => ({
  feedetl_sn,
  med_list_codg: 'X1',
  hilist_name: '某药',
  fee_ocur_time: '2026-11-20 08:00:00',
  det_item_fee_sumamt: 41,
  cnt: 2,
  pric: 20.5,
  rx_drord_no,
  setl_id,
});
const settled = (setl_id?: string, fund = 20) => ({
  setlinfo: {
    ...(setl_id === undefined ? {} : { setl_id }),
    medfee_sumamt: 41,
    inscp_scp_amt: 41,
    fund_pay_sumamt: fund,
    psn_part_amt: 21,
    psn_cash_pay: 21,
  },
  setldetail: [{ fund_pay_type: '310100', fund_payamt: 20 }],
});
const data = (at = -1) => node.sent.at(at)?.body.input['data'] as Record<string, unknown>;
const lines = (at = -1) => node.sent.at(at)?.body.input['feedetail'] as Record<string, unknown>[];

/** A window with a visit open that has no lines. */
async function opened(visit: object = CHRONIC_VISIT) {
  node.answers = [good(PERSON), good({ mdtrtinfo: [visit] }), good([])];
  const stay = openOutpatient(INSTITUTION);
  await stay.findPerson('C', '110101');
  const [found] = stay.visits.value;
  if (found) await stay.open(found);
  expect(stay.refusal.value).toBeUndefined();
  return stay;
}

/** The same with a line at the platform, under the number of the bill that was begun. */
async function charged(visit: object = CHRONIC_VISIT) {
  const stay = await opened(visit);
  stay.addLine(LINE);
  const bill = stay.bill.value;
  node.answers = [good({ result: [] }), good([row(bill)])];
  expect(await stay.upload()).toBe(true);
  return { stay, bill };
}

it('registers a person, describes the visit, and takes the registration back', async () => {
  node.answers = [good(PERSON), good({ mdtrtinfo: [{ ...VISIT, mdtrt_id: 'STAY', inhosp_stas: '1' }] })];
  const stay = openOutpatient(INSTITUTION);
  await stay.findPerson('C', '110101');
  expect(stay.visits.value, 'a stay is no visit to a department').toEqual([]);

  node.answers = [good({ data: { mdtrt_id: 'V' } }), good({ mdtrtinfo: [VISIT] }), good([])];
  expect(await stay.register(REGISTERING)).toBe(true);
  expect(data(-3)).toMatchObject({ psn_no: 'P', dept_code: 'A03', ipt_otp_no: 'MZ1', mdtrt_cert_type: '02' });
  expect(stay.visit.value?.id).toBe('V');
  expect(stay.care.value, 'what is charged now is the registration').toBe('12');

  node.answers = [good(null), good({ mdtrtinfo: [{ ...VISIT, med_type: '11', otp_diag_info: 'J06感冒' }] })];
  const described = {
    at: REGISTERING.at,
    careType: '11',
    kind: '',
    injury: false,
    disease: undefined,
    diagnoses: [{ code: 'J06', name: '感冒' }],
  } as const;
  expect(await stay.describe(described)).toBe(true);
  expect(stay.visit.value?.diagnoses).toBe('J06感冒');
  expect(stay.care.value).toBe('11');

  node.answers = [good(null), good({ mdtrtinfo: [] })];
  expect(await stay.withdraw()).toBe(true);
  expect(node.sent.at(-2)?.infno).toBe('2202');
  expect(stay.visit.value).toBeUndefined();
});

it('charges a chronic disease: every line names it and its bill', async () => {
  const { stay, bill } = await charged();
  expect(node.sent.at(-2)?.infno).toBe('2204');
  expect(lines(-2)).toMatchObject([
    {
      chrg_bchno: bill,
      rxno: bill,
      dise_codg: 'M03900',
      det_item_fee_sumamt: 41,
      pric: 20.5,
      bilg_dr_codg: 'D1',
    },
  ]);
  expect(stay.drafts.value).toEqual([]);
  expect(stay.lines.value).toHaveLength(1);
  expect(stay.total.value).toBe(4_100n);

  // An ordinary bill beside it names none.
  stay.begin();
  stay.setCare('11');
  stay.addLine(LINE);
  expect(stay.bill.value).not.toBe(bill);
  const other = stay.bill.value;
  node.answers = [good({ result: [] }), good([row(bill), row(other, null, '2')])];
  await stay.upload();
  expect(lines(-2)).toMatchObject([{ chrg_bchno: other, dise_codg: '' }]);
  expect(stay.bills.value).toHaveLength(2);
  expect([stay.bill.value, stay.care.value], 'the one that was charged stays open').toEqual([other, '11']);
});

it('tries, settles, takes back: one bill, and the visit stays open', async () => {
  const { stay, bill } = await charged();
  node.answers = [good(settled())];
  expect(await stay.settle(true, false)).toBe(true);
  expect(stay.trial.value?.cash).toBe(2_100n);
  expect(stay.stands.value).toBe(false);

  node.answers = [good(settled('S1'))];
  expect(await stay.settle(false, true)).toBe(true);
  expect(data()).toMatchObject({
    chrg_bchno: bill,
    med_type: '14',
    medfee_sumamt: 41,
    acct_used_flag: '1',
    mdtrt_id: 'V',
  });
  expect(stay.stands.value).toBe(true);
  expect(stay.bills.value.map((one) => one.settlement)).toEqual(['S1']);
  expect(await stay.settle(false, false), 'nothing is settled twice').toBe(false);

  node.answers = [good(settled('S2')), good([row(bill)])];
  expect(await stay.cancel()).toBe(true);
  expect(node.sent.at(-2)?.infno).toBe('2208');
  expect(data(-2)).toMatchObject({ setl_id: 'S1', mdtrt_id: 'V' });
  expect([stay.stands.value, stay.bill.value, stay.lines.value.length]).toEqual([false, bill, 1]);
});

it('has the lines of a bill back to change them', async () => {
  const { stay, bill } = await charged();
  node.answers = [{ infcode: -1, err_msg: '收费批次已结算' }];
  expect(await stay.takeBackLines()).toBe(false);
  expect(stay.drafts.value, 'a refusal changes nothing').toEqual([]);
  node.answers = [good(null)];
  expect(await stay.takeBackLines()).toBe(true);
  expect(data()).toMatchObject({ chrg_bchno: bill, mdtrt_id: 'V', psn_no: 'P' });
  expect(stay.bill.value, 'they go out under the same number').toBe(bill);
  expect(stay.drafts.value).toMatchObject([
    { serial: '1', price: 20_500_000n, quantity: 20_000n, amount: 4_100n },
  ]);
  expect(stay.lines.value).toEqual([]);
});

it('never guesses whether a bill was settled, and gives it up only by reversing it', async () => {
  const { stay, bill } = await charged();
  node.answers = [undefined];
  expect(await stay.settle(false, false)).toBe(false);
  expect(stay.hanging.value && stay.reversible.value).toBe(true);
  const [kept, before] = [node.sent.at(-1), node.sent.length];
  expect(await stay.upload()).toBe(false);
  expect(await stay.cancel()).toBe(false);
  expect(node.sent.length, 'nothing else is sent').toBe(before);
  node.answers = [good(null), good([row(bill)])];
  expect(await stay.reverse()).toBe(true);
  expect(node.sent.at(-2)?.infno).toBe('2601');
  expect(data(-2)).toMatchObject({ omsgid: kept?.body.msgid, oinfno: '2207' });
  expect([stay.hanging.value, stay.stands.value, stay.bill.value]).toEqual([false, false, bill]);
});

it('gives up a registration whose answer was lost', async () => {
  const stay = await opened();
  stay.close();
  node.answers = [undefined];
  expect(await stay.register(REGISTERING)).toBe(false);
  expect(stay.reversible.value).toBe(true);
  node.answers = [good(null), good({ mdtrtinfo: [] })];
  expect(await stay.reverse()).toBe(true);
  expect(data(-2)).toMatchObject({ oinfno: '2201' });
  expect(stay.visits.value).toEqual([]);
});

it('goes on as it would have when the same message is answered later', async () => {
  const stay = await opened();
  stay.close();
  node.answers = [undefined];
  await stay.register(REGISTERING);
  node.answers = [good({ data: { mdtrt_id: 'V' } }), good({ mdtrtinfo: [VISIT] }), good([])];
  expect(await stay.again()).toBe(true);
  expect(stay.visit.value?.id).toBe('V');
});

it('takes no money on an answer whose amounts do not balance', async () => {
  const { stay } = await charged();
  node.answers = [good(settled('S1', 20.01))];
  await stay.settle(false, false);
  expect(stay.refusal.value?.message).toContain('请勿收费');
  expect(stay.stands.value).toBe(false);
});

it('shows what was settled before, and says where nobody knows yet', async () => {
  const number = newBill('2026-11-20 08:00:00', 0);
  const show = async (answer: object) => {
    node.answers = [good(PERSON), good({ mdtrtinfo: [CHRONIC_VISIT] }), good([row(number, 'S1')])];
    const stay = openOutpatient(INSTITUTION);
    await stay.findPerson('C', '110101');
    const [visit] = stay.visits.value;
    if (visit) await stay.open(visit);
    expect(stay.shownBill.value, 'what is settled is not what is charged next').toBeUndefined();
    node.answers = [answer];
    const [bill] = stay.bills.value;
    if (bill) await stay.choose(bill);
    expect(stay.refusal.value).toBeUndefined();
    return stay;
  };
  expect((await show(good(settled('S1')))).settlement.value?.id).toBe('S1');
  const waiting = await show({ infcode: -1, err_msg: '未查到结算ID[S1]的结算记录，请核对后重新发送' });
  expect([waiting.waiting.value, waiting.stands.value]).toEqual([true, false]);
});

describe('bills', () => {
  it('are told apart by what holds them, and else by the number in their lines', () => {
    const mine = newBill('2026-11-20 08:00:00', 1295);
    const bills = billsOf(
      readLines([row('RX1', 'S1', '1'), row(mine, null, '2'), row('RX1', 'S1', '3'), row('', null, '4')]),
    );
    expect(bills.map((one) => [one.number, one.settlement, one.lines.length])).toEqual([
      [mine, '', 1],
      ['4', '', 1],
      ['RX1', 'S1', 2],
    ]);
    expect(bills.map(isOfWindow), 'others are the software’s').toEqual([true, false, false]);
    expect(billsOf([])).toEqual([]);
  });

  it('are what the visit is, or beside it', () => {
    expect(billCares('12')).toEqual(['12']);
    expect(billCares('11')).toEqual(['11', '12']);
    expect(billCares('14')).toEqual(['14', '11', '12']);
  });
});

it('declares diagnoses void that are not made any more', () => {
  const visit = {
    id: 'V',
    department: REGISTERING.department,
    doctor: REGISTERING.doctor,
  } as OutpatientVisit;
  const input = descriptionInput(
    readPerson(PERSON) as Person,
    visit,
    {
      at: REGISTERING.at,
      careType: '13',
      kind: '3',
      injury: true,
      disease: undefined,
      diagnoses: [{ code: 'S06', name: '脑震荡' }],
    },
    [
      { rank: 1, code: 'A', name: '一' },
      { rank: 2, code: 'B', name: '二' },
    ],
  );
  expect(input.diseinfo).toMatchObject([
    { diag_srt_no: 1, diag_code: 'S06', vali_flag: '1' },
    { diag_srt_no: 2, diag_code: 'B', vali_flag: '0' },
  ]);
  expect(JSON.parse(input.mdtrtinfo.exp_content ?? '')).toEqual({
    MDTRT_GRP_TYPE: '',
    TRUM_FLAG: '1',
    REL_TTP_FLAG: '0',
    OTP_ER_REFL_FLAG: '3',
  });
});
