import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { fenOf } from '@/shared/money';
import { readPerson, type Person } from './answers';
import { good, playedNode, type PlayedNode } from './played-node';
import { CHRONIC, openPurchase, orderSerial, ORDINARY, purchaseInput, type Said } from './purchase';

let node: PlayedNode;
beforeEach(() => {
  node = playedNode();
});
afterEach(() => vi.unstubAllGlobals());

const PERSON = {
  baseinfo: { psn_no: 'P', psn_name: '某', certno: 'C' },
  insuinfo: [{ insutype: '310', psn_type: '12', psn_insu_stas: '1', insuplc_admdvs: '420102', balc: 0 }],
};
const BOUGHT = { mdtrt_id: 'V0', begntime: '2026-11-20 08:00:00', med_type: '41' };
const SAID: Said = { careType: ORDINARY, disease: undefined, prescription: '', useAccount: false };
const LINE = {
  item: { code: 'X1', name: '某药' },
  price: 20_500_000n,
  quantity: 20_000n,
  amount: fenOf(4_100n),
};
const settled = (total: number, serial: string, id?: string) => ({
  setlinfo: {
    ...(id === undefined ? {} : { setl_id: id, mdtrt_id: 'V1' }),
    medfee_sumamt: total,
    inscp_scp_amt: total,
    fund_pay_sumamt: total - 21,
    psn_part_amt: 21,
    psn_cash_pay: 21,
  },
  setldetail: [{ fund_pay_type: '310100', fund_payamt: total - 21 }],
  detlcutinfo: [{ feedetl_sn: serial, det_item_fee_sumamt: total, inscp_scp_amt: total }],
});

async function opened() {
  node.answers = [good(PERSON), good({ mdtrtinfo: [BOUGHT] }), good([])];
  const stay = openPurchase({ code: 'P11010800001', name: '某药房', place: '110108', kind: '2' });
  await stay.findPerson('C', '420102');
  expect(stay.refusal.value).toBeUndefined();
  expect(stay.purchases.value).toEqual([{ id: 'V0', at: '2026-11-20 08:00:00', careType: '41' }]);
  stay.addLine(LINE);
  return { stay, serial: stay.drafts.value[0]?.serial ?? '' };
}

it('says exactly what is bought, for what, and by which prescription', () => {
  const person = readPerson(PERSON) as Person;
  const lines = [{ ...LINE, serial: '1', at: '2026-11-22 09:00:00', packages: ['T1', 'T2'] }];
  const disease = { code: 'M03900', name: '高血压' };
  const said = { careType: CHRONIC, disease, prescription: 'R1', useAccount: true };
  const input = purchaseInput(person, said, lines, '2026-11-22 09:01:00', '110108');
  expect(JSON.stringify(input)).toContain('"det_item_fee_sumamt":41,"cnt":2,"pric":20.5,');
  expect(input.druginfo).toMatchObject({
    psn_no: 'P',
    med_type: '14',
    dise_codg: 'M03900',
    acct_used_flag: '1',
    insuplc_admdvs: '420102',
  });
  expect(input.drugdetail[0]).toMatchObject({ rx_circ_flag: '1', rxno: 'R1' });
  expect(input.durg_trac_info).toEqual([
    { feedetl_sn: '1', drug_trac_codg: 'T1', trdn_flag: '0' },
    { feedetl_sn: '1', drug_trac_codg: 'T2', trdn_flag: '0' },
  ]);
  const ordinary = purchaseInput(person, SAID, lines.slice(0, 1), '2026-11-22 09:01:00', '110108');
  expect(ordinary.drugdetail[0]).toMatchObject({ rx_circ_flag: '0' });
});

it('is tried, settled, and taken back whole', async () => {
  const { stay, serial } = await opened();
  node.answers = [good(settled(41, serial))];
  expect(await stay.settle(true, SAID)).toBe(true);
  expect(stay.trial.value?.cash).toBe(fenOf(2_100n));
  expect(stay.split.value.get(serial)?.inScope).toBe(fenOf(4_100n));
  expect(stay.stands.value).toBe(false);

  // Another line: what was tried is not what is there.
  stay.addLine(LINE);
  expect(stay.trial.value).toBeUndefined();
  stay.dropLine(stay.drafts.value[1]?.serial ?? '');

  node.answers = [good(settled(41, serial, 'S1'))];
  expect(await stay.settle(false, SAID)).toBe(true);
  expect(stay.stands.value).toBe(true);
  expect(stay.lines.value.map(({ name, code }) => [name, code])).toEqual([['某药', 'X1']]);
  expect(stay.purchases.value.map((one) => one.id)).toEqual(['V1', 'V0']);
  expect(await stay.settle(false, SAID), 'nothing is settled twice').toBe(false);

  node.answers = [good({}), good({ mdtrtinfo: [] })];
  expect(await stay.cancel()).toBe(true);
  expect(node.sent.at(-2)).toMatchObject({
    infno: '2103',
    body: { input: { data: { mdtrt_id: 'V1', setl_id: 'S1' } } },
  });
  expect(stay.stands.value).toBe(false);
  expect(stay.givenBack.value).toBe(fenOf(2_100n));
});

it('never guesses whether it was settled, and gives it up only by reversing it', async () => {
  const { stay } = await opened();
  node.answers = [undefined];
  expect(await stay.settle(false, SAID)).toBe(false);
  expect(stay.hanging.value && stay.reversible.value).toBe(true);
  const [kept, before] = [node.sent.at(-1), node.sent.length];
  expect(await stay.settle(true, SAID)).toBe(false);
  expect(await stay.findPerson('C', '420102')).toBe(false);
  expect(node.sent.length, 'nothing else is sent').toBe(before);
  node.answers = [undefined];
  expect(await stay.again()).toBe(false);
  expect(node.sent.at(-1)).toEqual(kept);
  node.answers = [good(null), good({ mdtrtinfo: [] })];
  expect(await stay.reverse()).toBe(true);
  expect(node.sent.at(-2)).toMatchObject({
    infno: '2601',
    body: { input: { data: { omsgid: kept?.body.msgid, oinfno: '2102' } } },
  });
  expect(stay.stands.value).toBe(false);
  expect(stay.drafts.value, 'what was entered is there to be settled anew').toHaveLength(1);
});

it('takes no money on an answer whose amounts do not balance', async () => {
  const { stay, serial } = await opened();
  const broken = settled(41, serial, 'S1');
  broken.setlinfo.fund_pay_sumamt = 19.99;
  node.answers = [good(broken)];
  await stay.settle(false, SAID);
  expect(stay.refusal.value?.message).toContain('请勿收费');
  expect(stay.stands.value).toBe(false);
});

it('shows what was bought before, as it stands', async () => {
  const { stay } = await opened();
  const [bought] = stay.purchases.value;
  const undone = settled(41, '1', 'S0');
  node.answers = [
    good({ ...undone, setlinfo: { ...undone.setlinfo, refd_setl_flag: '1' } }),
    good([{ feedetl_sn: '1', det_item_fee_sumamt: 41 }]),
  ];
  if (bought) await stay.open(bought);
  expect(stay.settlement.value?.undone).toBe(true);
  expect(stay.lines.value).toHaveLength(1);
  stay.begin();
  expect(stay.stands.value).toBe(false);
});

const ORDER = { mdtrt_regno: 'D1', dscg_date: '2026-11-22', medfee_sumamt: 41 };

it('puts a purchase to the buyer, and takes the order back', async () => {
  const { stay, serial } = await opened();
  node.answers = [{ infcode: -1, err_msg: '没有登记[药店购药]的待遇政策' }];
  expect(await stay.order()).toBe(false);
  expect(stay.drafts.value, 'a refusal changes nothing').toHaveLength(1);

  node.answers = [good({ mdtrt_regno: 'D1', push_flag: 'true' }), good([ORDER])];
  expect(await stay.order()).toBe(true);
  const { body } = node.sent.at(-2) ?? {};
  expect(body?.input).toMatchObject({
    data: { psn_no: 'P', ssn: 'C', med_type: '41', medfee_sumamt: 41, fixmedins_code: 'P11010800001' },
    feedetl: [{ feedetl_sn: serial, hilist_code: 'X1', amt: 41, pric: 20.5, cnt: 2 }],
  });
  expect(stay.orders.value).toEqual([{ number: 'D1', day: '2026-11-22', total: fenOf(4_100n) }]);
  expect(stay.drafts.value, 'the counter is free for the next one').toEqual([]);

  node.answers = [good(null), good([])];
  expect(await stay.cancelOrder('D1')).toBe(true);
  expect(node.sent.at(-2)?.body.input['data']).toMatchObject({ mdtrt_regno: 'D1' });
  expect(stay.orders.value).toEqual([]);
});

it('finds what was confirmed meanwhile among the purchases', async () => {
  const { stay } = await opened();
  node.answers = [good({ mdtrt_regno: 'D1', push_flag: 'true' }), good([ORDER])];
  await stay.order();
  node.answers = [good({ mdtrtinfo: [BOUGHT, { ...BOUGHT, mdtrt_id: 'V2' }] }), good([])];
  await stay.lookAround();
  expect([stay.purchases.value.length, stay.orders.value.length]).toEqual([2, 0]);
});

it('sends an order whose answer was lost again, under its own number', async () => {
  const { stay } = await opened();
  node.answers = [undefined];
  await stay.order();
  const kept = node.sent.at(-1);
  expect([stay.hanging.value, stay.reversible.value]).toEqual([true, false]);
  node.answers = [good({ mdtrt_regno: 'D1', push_flag: 'true' }), good([ORDER])];
  expect(await stay.again()).toBe(true);
  expect(node.sent.at(-2)).toEqual(kept);
});

it('numbers orders in twenty characters', () => {
  const serial = orderSerial('2026-11-22 09:01:00', new Uint8Array([0, 1, 2, 35, 36, 255]));
  expect(serial).toBe('20261122090100012Z03');
});

const SETTLED = { mdtrt_regno: 'D1', medfee_sumamt: 41, psn_cashpay: 21, acct_payamt: 5, out_type: '2' };
const SHOWN = {
  hilist_code: 'X1',
  medins_list_name: null,
  hilist_name: '某药',
  pric: 20.5,
  cnt: 2,
  amt: 41,
};
const DAYS = { number: '', from: '2026-10-24', until: '2026-11-23' };

it('finds settled orders by days or by number, with what was bought', async () => {
  const { stay } = await opened();
  expect(stay.settledOrders.value, 'nobody has looked').toBeUndefined();
  node.answers = [good([SETTLED, { ...SETTLED, mdtrt_regno: 'D2', out_type: '1' }])];
  expect(await stay.findSettledOrders(DAYS)).toBe(true);
  expect(node.sent.at(-1)?.body.input['data']).toEqual({
    ssn: 'C',
    fixmedins_code: 'P11010800001',
    start_date: '2026-10-24',
    end_date: '2026-11-23',
  });
  expect(stay.settledOrders.value?.map((one) => [one.number, one.away, one.account])).toEqual([
    ['D1', '跨省异地', fenOf(500n)],
    ['D2', '省内异地', fenOf(500n)],
  ]);
  node.answers = [good([{ ...SETTLED, feedetl: [SHOWN] }])];
  await stay.findSettledOrders({ ...DAYS, number: 'D1' });
  expect(node.sent.at(-1)?.body.input['data']).not.toHaveProperty('start_date');
  expect(stay.settledOrders.value?.[0]?.lines).toMatchObject([{ name: '某药', amount: fenOf(4_100n) }]);
});

it('gives an order back, and says how much in cash and how much into the account', async () => {
  const { stay, serial } = await opened();
  node.answers = [good([SETTLED])];
  await stay.findSettledOrders(DAYS);
  node.answers = [{ infcode: -1, err_msg: '购药订单[D1]为[已退费]' }];
  expect(await stay.giveBackOrder('D1')).toBe(false);
  expect([stay.settledOrders.value?.length, stay.givenBack.value]).toEqual([1, undefined]);
  node.answers = [good(SETTLED), good({ mdtrtinfo: [] }), good([])];
  expect(await stay.giveBackOrder('D1')).toBe(true);
  expect(node.sent.at(-3)).toMatchObject({
    infno: '2163',
    body: { input: { data: { mdtrt_regno: 'D1', fixmedins_code: 'P11010800001' } } },
  });
  expect([stay.givenBack.value, stay.givenBackToAccount.value]).toEqual([fenOf(2_100n), fenOf(500n)]);
  expect(stay.settledOrders.value).toEqual([]);
  expect(stay.purchases.value, 'it is no purchase any more').toEqual([]);
  expect(
    stay.drafts.value.map((line) => line.serial),
    'what is entered stays',
  ).toEqual([serial]);
});

it('gives up a refund that was not answered by the number of its order, unless it was made', async () => {
  const { stay } = await opened();
  node.answers = [undefined];
  await stay.giveBackOrder('D1');
  const kept = node.sent.at(-1);
  expect([stay.hanging.value, stay.reversible.value]).toEqual([true, true]);
  node.answers = [{ infcode: -1, err_msg: '购药订单[D1]的退费不能冲正' }];
  expect(await stay.reverse()).toBe(false);
  expect(node.sent.at(-1)).toMatchObject({
    infno: '2181',
    body: { input: { data: { mdtrt_regno: 'D1', status: '1203', ssn: 'C' } } },
  });
  expect(stay.hanging.value, 'the same message says what became of it').toBe(true);
  node.answers = [good(SETTLED), good({ mdtrtinfo: [] }), good([])];
  expect(await stay.again()).toBe(true);
  expect(node.sent.at(-3)).toEqual(kept);
  expect(stay.givenBack.value).toBe(fenOf(2_100n));

  node.answers = [undefined];
  await stay.giveBackOrder('D2');
  node.answers = [good(null), good({ mdtrtinfo: [BOUGHT] }), good([])];
  expect(await stay.reverse()).toBe(true);
  expect(stay.hanging.value).toBe(false);
});

it('makes an order not to have been, by what of it is not known', async () => {
  const { stay } = await opened();
  node.answers = [good([SETTLED])];
  await stay.findSettledOrders(DAYS);
  node.answers = [good(null), good({ mdtrtinfo: [BOUGHT] }), good([])];
  expect(await stay.reverseOrder('D1', '1107')).toBe(true);
  expect(node.sent.at(-3)?.body.input['data']).toMatchObject({ mdtrt_regno: 'D1', status: '1107' });
  expect([stay.reversedOrder.value?.stands, stay.settledOrders.value]).toEqual([false, []]);
  // A refund that is given up leaves what was bought.
  node.answers = [good([SETTLED])];
  await stay.findSettledOrders(DAYS);
  node.answers = [good(null)];
  expect(await stay.reverseOrder('D1', '1203')).toBe(true);
  expect([stay.reversedOrder.value?.stands, stay.settledOrders.value?.length]).toEqual([true, 1]);
});

it('asks who buys again, for the balance as it is now', async () => {
  const { stay } = await opened();
  node.answers = [good({ acct_balc: 12.3, outmed_fundmgt_optins_fulname: '武汉市医疗保险经办机构' })];
  expect(await stay.findBuyer()).toBe(true);
  expect(node.sent.at(-1)?.body.input['data']).toMatchObject({ ssn: 'C', insuplc: '420102' });
  expect(stay.buyer.value).toEqual({ agency: '武汉市医疗保险经办机构', balance: fenOf(1_230n) });
  expect(stay.person.value?.balance).toBe(fenOf(1_230n));
});

it('is no purchase of one message where it was registered before', async () => {
  const { stay } = await opened();
  node.answers = [
    good({ mdtrtinfo: [BOUGHT, { ...BOUGHT, mdtrt_id: 'V9', adm_dept_codg: 'A03' }] }),
    good([]),
  ];
  await stay.lookAround();
  expect(stay.purchases.value.map((one) => one.id)).toEqual(['V0']);
});
