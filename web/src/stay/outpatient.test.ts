import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { fenOf } from '@/shared/money';
import { readLines, readPerson, type OutpatientVisit, type Person } from './answers';
import { openOutpatient } from './outpatient';
import {
  billCares,
  billFor,
  billsOf,
  descriptionInput,
  diseaseOf,
  isOfWindow,
  newBill,
} from './outpatient-messages';
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
const row = (memo: string, setl_id: string | null = null, feedetl_sn = '1') => ({
  feedetl_sn,
  med_list_codg: 'X1',
  hilist_name: '某药',
  fee_ocur_time: '2026-11-20 08:00:00',
  det_item_fee_sumamt: 41,
  cnt: 2,
  pric: 20.5,
  memo,
  setl_id,
});
/** A line that the institution's own software has uploaded. */
const ofSoftware = (rx_drord_no: string, setl_id: string | null = null, feedetl_sn = '1') => ({
  ...row('', setl_id, feedetl_sn),
  rx_drord_no,
});
const DISEASE = { code: 'M03900', name: '高血压' };
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
  const bill = billFor(stay.bill.value, stay.disease.value);
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
    prescribedAt: undefined,
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
      memo: bill,
      rxno: '',
      rx_circ_flag: '0',
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
  await stay.setCare('11');
  stay.addLine(LINE);
  expect(stay.bill.value).not.toBe(bill);
  const other = stay.bill.value;
  node.answers = [good({ result: [] }), good([row(bill), row(other, null, '2')])];
  await stay.upload();
  expect(lines(-2)).toMatchObject([{ chrg_bchno: other, dise_codg: '' }]);
  expect(stay.bills.value).toHaveLength(2);
  expect([stay.bill.value, stay.care.value], 'the one that was charged stays open').toEqual([other, '11']);

  // Found again, each is what it was.
  for (const [one, expected] of [
    [stay.bills.value[0], ['14', 'M03900']],
    [stay.bills.value[1], ['11', undefined]],
  ] as const) {
    if (one) await stay.choose(one);
    expect([stay.care.value, stay.disease.value?.code]).toEqual(expected);
  }
});

it('charges a chronic disease in an ordinary visit, for which the person is registered', async () => {
  const stay = await opened({ ...VISIT, med_type: '11' });
  stay.addLine(LINE);
  node.answers = [good({ feedetail: [] })];
  await stay.setCare('14');
  expect(node.sent.at(-1)?.infno).toBe('5301');
  const before = node.sent.length;
  expect(await stay.upload(), 'nobody is charged for a disease that nobody named').toBe(false);
  expect([stay.refusal.value?.code, node.sent.length]).toEqual(['field-missing', before]);

  const other = await opened({ ...VISIT, med_type: '11' });
  other.addLine(LINE);
  node.answers = [
    good({
      feedetail: [
        { opsp_dise_code: 'M03900', opsp_dise_name: '高血压' },
        { opsp_dise_code: 'M01600', opsp_dise_name: '糖尿病' },
      ],
    }),
  ];
  await other.setCare('14');
  expect(other.disease.value).toEqual(DISEASE);
  other.setDisease({ code: 'M01600', name: '糖尿病' });
  const number = `${other.bill.value}-M01600`;
  node.answers = [good({ result: [] }), good([row(number)])];
  expect(await other.upload()).toBe(true);
  expect(lines(-2)).toMatchObject([{ chrg_bchno: number, dise_codg: 'M01600' }]);
  expect([other.care.value, other.disease.value?.name]).toEqual(['14', '糖尿病']);
  node.answers = [good(settled('S1'))];
  await other.settle(false, false);
  expect(data()).toMatchObject({ med_type: '14', chrg_bchno: number });

  // Found again, its number says the code, and the insured place its name.
  node.answers = [
    good(PERSON),
    good({ mdtrtinfo: [{ ...VISIT, med_type: '11' }] }),
    good([row(number)]),
    good({ feedetail: [{ opsp_dise_code: 'M01600', opsp_dise_name: '糖尿病' }] }),
  ];
  const found = openOutpatient(INSTITUTION);
  await found.findPerson('C', '110101');
  const [visit] = found.visits.value;
  if (visit) await found.open(visit);
  expect([found.care.value, found.disease.value]).toEqual(['14', { code: 'M01600', name: '糖尿病' }]);

  // The next one of the visit is ordinary again.
  other.begin();
  expect([other.care.value, other.disease.value]).toEqual(['11', undefined]);
});

/** A bill of two lines at the platform, and one that is entered. */
async function chargedTwice() {
  const stay = await opened();
  stay.addLine(LINE);
  stay.addLine(LINE);
  const [one = '', two = ''] = stay.drafts.value.map((line) => line.serial);
  const bill = billFor(stay.bill.value, DISEASE);
  node.answers = [good({ result: [] }), good([row(bill, null, one), row(bill, null, two)])];
  await stay.upload();
  stay.addLine(LINE);
  return { stay, bill, one, two, entered: stay.drafts.value[0]?.serial ?? '' };
}

it('takes one line back: the others go out again, and nothing else', async () => {
  const { stay, bill, one, two, entered } = await chargedTwice();
  node.answers = [good(null), good({ result: [] }), good([row(bill, null, two)])];
  await stay.removeLine(one);
  expect(node.sent.slice(-3).map((sent) => sent.infno)).toEqual(['2205', '2204', '5204']);
  expect(data(-3)).toMatchObject({ chrg_bchno: bill });
  expect(lines(-2)).toMatchObject([{ feedetl_sn: two, chrg_bchno: bill, dise_codg: 'M03900', cnt: 2 }]);
  expect(lines(-2)).toHaveLength(1);
  expect(stay.lines.value.map((line) => line.serial)).toEqual([two]);
  expect(stay.drafts.value.map((line) => line.serial)).toEqual([entered]);
  expect([stay.bill.value, stay.care.value]).toEqual([bill, '14']);

  // The last one of a bill leaves nothing to send.
  const before = node.sent.length;
  node.answers = [good(null)];
  await stay.removeLine(two);
  expect(node.sent.length).toBe(before + 1);
  expect(stay.lines.value).toEqual([]);
});

it('keeps the other lines as entered ones where they do not go out again', async () => {
  const refused = await chargedTwice();
  node.answers = [good(null), { infcode: -1, err_msg: '医保目录中没有该项目' }];
  await refused.stay.removeLine(refused.one);
  expect(refused.stay.drafts.value.map((line) => line.serial)).toEqual([refused.two, refused.entered]);
  expect(refused.stay.refusal.value?.message).toContain('目录');

  // Nothing has changed at the platform.
  const held = await chargedTwice();
  node.answers = [{ infcode: -1, err_msg: '收费批次已结算' }];
  await held.stay.removeLine(held.one);
  expect([held.stay.lines.value.length, held.stay.drafts.value.length]).toEqual([2, 1]);

  const lost = await chargedTwice();
  node.answers = [good(null), undefined];
  await lost.stay.removeLine(lost.one);
  expect(lost.stay.hanging.value).toBe(true);
  node.answers = [good({ result: [] }), good([row(lost.bill, null, lost.two)])];
  expect(await lost.stay.again()).toBe(true);
  expect(lost.stay.lines.value.map((line) => line.serial)).toEqual([lost.two]);
  expect(lost.stay.drafts.value.map((line) => line.serial)).toEqual([lost.entered]);
});

it('takes back nothing that the institution’s software has uploaded', async () => {
  node.answers = [good(PERSON), good({ mdtrtinfo: [CHRONIC_VISIT] }), good([ofSoftware('RX1')])];
  const stay = openOutpatient(INSTITUTION);
  await stay.findPerson('C', '110101');
  const [visit] = stay.visits.value;
  if (visit) await stay.open(visit);
  const before = node.sent.length;
  await stay.removeLine('1');
  expect(await stay.takeBackLines()).toBe(false);
  expect([stay.refusal.value?.code, node.sent.length]).toEqual(['not-of-window', before]);
});

it('describes what a pharmacy sells by the prescription that it acts on', async () => {
  const purchase = { mdtrt_id: 'P0', begntime: '2026-11-19 08:00:00', med_type: '41' };
  node.answers = [good(PERSON), good({ mdtrtinfo: [VISIT, purchase] }), good([])];
  const stay = openOutpatient({ ...INSTITUTION, code: 'P1', kind: '2' });
  await stay.findPerson('C', '110101');
  expect(
    stay.visits.value.map((one) => one.id),
    'what was bought at once is none',
  ).toEqual(['V']);
  const [visit] = stay.visits.value;
  if (visit) await stay.open(visit);
  node.answers = [good(null), good({ mdtrtinfo: [{ ...VISIT, med_type: '41' }] })];
  const described = {
    at: REGISTERING.at,
    careType: '41',
    kind: '',
    injury: false,
    disease: undefined,
    diagnoses: [{ code: 'I10', name: '高血压病' }],
    prescribedAt: { code: 'H1', name: '某院' },
  } as const;
  expect(await stay.describe(described)).toBe(true);
  expect(node.sent.at(-2)?.infno).toBe('2203A');
  expect(node.sent.at(-2)?.body.input['mdtrtinfo']).toMatchObject({
    med_type: '41',
    rxfixmedins_code: 'H1',
    rxfixmedins_name: '某院',
  });
  stay.addLine(LINE);
  node.answers = [good({ result: [] }), good([row(stay.bill.value)])];
  await stay.upload();
  expect(lines(-2)).toMatchObject([{ rxno: 'MZ1', rx_circ_flag: '1', memo: stay.bill.value }]);
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
  const settling = stay.settle(false, false);
  expect(stay.idle.value, 'something is under way').toBe(false);
  expect(await settling).toBe(false);
  expect(stay.hanging.value && stay.reversible.value).toBe(true);
  expect([stay.busy.value, stay.idle.value], 'and waits for its answer').toEqual([undefined, false]);
  const [kept, before] = [node.sent.at(-1), node.sent.length];
  expect(await stay.upload()).toBe(false);
  expect(await stay.cancel()).toBe(false);
  expect(node.sent.length, 'nothing else is sent').toBe(before);
  node.answers = [good(null), good([row(bill)])];
  expect(await stay.reverse()).toBe(true);
  expect(node.sent.at(-2)?.infno).toBe('2601');
  expect(data(-2)).toMatchObject({ omsgid: kept?.body.msgid, oinfno: '2207' });
  expect([stay.hanging.value, stay.stands.value, stay.bill.value]).toEqual([false, false, bill]);
  expect(stay.idle.value).toBe(true);
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
      readLines([
        ofSoftware('RX1', 'S1', '1'),
        row(mine, null, '2'),
        ofSoftware('RX1', 'S1', '3'),
        ofSoftware('', null, '4'),
      ]),
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
    expect(billCares('11')).toEqual(['11', '14', '12']);
    expect(billCares('14')).toEqual(['14', '11', '12']);
    expect(billCares('13')).toEqual(['13', '12']);
    expect(billCares('41')).toEqual(['41']);
    // What has gone out names a disease, or none.
    const bill = (number: string) => ({ number, settlement: '', lines: [] });
    const [plain, chronic] = [bill('M26112008000000'), bill('M26112008000000-M03900')];
    expect(billCares('11', plain)).toEqual(['11', '12']);
    expect(billCares('11', chronic)).toEqual(['14']);
    expect(billCares('14', plain)).toEqual(['11', '12']);
    expect(billCares('14', chronic)).toEqual(['14']);
  });

  it('say in their number for which disease they are', () => {
    const number = newBill('2026-11-20 08:00:00', 0);
    expect(billFor(number, DISEASE)).toBe(`${number}-M03900`);
    expect(billFor(`${number}-M01600`, DISEASE)).toBe(`${number}-M03900`);
    expect(billFor(`${number}-M01600`, undefined)).toBe(number);
    expect([diseaseOf(`${number}-M03900`), diseaseOf(number), diseaseOf('RX1')]).toEqual(['M03900', '', '']);
    // No longer than a bill's number may be.
    expect(billFor(number, { code: 'M00000000000', name: '' }).length).toBeLessThanOrEqual(30);
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
      prescribedAt: undefined,
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
