import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { fenOf } from '@/shared/money';
import { readPerson, type Person } from './answers';
import { CHRONIC, openPurchase, ORDINARY, purchaseInput, type Said } from './purchase';

/** What the node answers, one after the other; nothing is a broken line. */
let answers: (object | undefined)[] = [];
let sent: { infno: string; body: { msgid: string; input: Record<string, unknown> } }[] = [];

beforeEach(() => {
  sent = [];
  vi.stubGlobal('fetch', (url: string, init: RequestInit) => {
    const body = JSON.parse(String(init.body)) as (typeof sent)[number]['body'];
    sent.push({ infno: url.split('/').at(-1) ?? '', body });
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
  answers = [good(PERSON), good({ mdtrtinfo: [BOUGHT] })];
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
  answers = [good(settled(41, serial))];
  expect(await stay.settle(true, SAID)).toBe(true);
  expect(stay.trial.value?.cash).toBe(fenOf(2_100n));
  expect(stay.split.value.get(serial)?.inScope).toBe(fenOf(4_100n));
  expect(stay.stands.value).toBe(false);

  // Another line: what was tried is not what is there.
  stay.addLine(LINE);
  expect(stay.trial.value).toBeUndefined();
  stay.dropLine(stay.drafts.value[1]?.serial ?? '');

  answers = [good(settled(41, serial, 'S1'))];
  expect(await stay.settle(false, SAID)).toBe(true);
  expect(stay.stands.value).toBe(true);
  expect(stay.lines.value.map(({ name, code }) => [name, code])).toEqual([['某药', 'X1']]);
  expect(stay.purchases.value.map((one) => one.id)).toEqual(['V1', 'V0']);
  expect(await stay.settle(false, SAID), 'nothing is settled twice').toBe(false);

  answers = [good({}), good({ mdtrtinfo: [] })];
  expect(await stay.cancel()).toBe(true);
  expect(sent.at(-2)).toMatchObject({
    infno: '2103',
    body: { input: { data: { mdtrt_id: 'V1', setl_id: 'S1' } } },
  });
  expect(stay.stands.value).toBe(false);
  expect(stay.givenBack.value).toBe(fenOf(2_100n));
});

it('never guesses whether it was settled, and gives it up only by reversing it', async () => {
  const { stay } = await opened();
  answers = [undefined];
  expect(await stay.settle(false, SAID)).toBe(false);
  expect(stay.hanging.value && stay.reversible.value).toBe(true);
  const [kept, before] = [sent.at(-1), sent.length];
  expect(await stay.settle(true, SAID)).toBe(false);
  expect(await stay.findPerson('C', '420102')).toBe(false);
  expect(sent.length, 'nothing else is sent').toBe(before);
  answers = [undefined];
  expect(await stay.again()).toBe(false);
  expect(sent.at(-1)).toEqual(kept);
  answers = [good(null), good({ mdtrtinfo: [] })];
  expect(await stay.reverse()).toBe(true);
  expect(sent.at(-2)).toMatchObject({
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
  answers = [good(broken)];
  await stay.settle(false, SAID);
  expect(stay.refusal.value?.message).toContain('请勿收费');
  expect(stay.stands.value).toBe(false);
});

it('shows what was bought before, as it stands', async () => {
  const { stay } = await opened();
  const [bought] = stay.purchases.value;
  const undone = settled(41, '1', 'S0');
  answers = [
    good({ ...undone, setlinfo: { ...undone.setlinfo, refd_setl_flag: '1' } }),
    good([{ feedetl_sn: '1', det_item_fee_sumamt: 41 }]),
  ];
  if (bought) await stay.open(bought);
  expect(stay.settlement.value?.undone).toBe(true);
  expect(stay.lines.value).toHaveLength(1);
  stay.begin();
  expect(stay.stands.value).toBe(false);
});
