import { describe, expect, it } from 'vitest';
import { fenOf } from '@/shared/money';
import { done, refused, type Outcome } from '@/shared/refusal';
import { brokenIdentities, readPerson, readSettled, readVisits, type Person } from './answers';
import { findItems, loadCatalog, PAGE_SIZE, readItems } from './catalog';
import { admissionInput, correctionInput, linesInput, settlementInput, type Admission } from './messages';

const PERSON: Person = {
  number: '32900000000S',
  name: '周某甲',
  certno: '110101194501019005',
  sex: '2',
  birth: null,
  scheme: '310',
  personType: '12',
  insured: '110101',
  balance: fenOf(0n),
  employer: null,
  insurances: [],
  shown: { kind: '02', number: '110101194501019005', chip: '' },
};

const ADMISSION: Admission = {
  at: '2026-11-20 09:00:00',
  kind: '2',
  careType: '21',
  number: 'ZY1',
  department: { code: 'A03.01', name: '呼吸内科专业' },
  bed: '12',
  doctor: { code: 'D1', name: '医师某' },
  diagnosis: { code: 'J18.900', name: '肺炎' },
  injury: false,
};

describe('what is sent', () => {
  it('has exact amounts, prices and quantities', () => {
    const line = {
      serial: '1',
      item: { code: 'X1', name: '示例' },
      price: 4_116_667n,
      quantity: 30_000n,
      amount: fenOf(1235n),
      at: ADMISSION.at,
    };
    const input = linesInput(PERSON, 'V', ADMISSION, [line]);
    expect(JSON.stringify(input)).toContain('"det_item_fee_sumamt":12.35,"cnt":3,"pric":4.116667,');
    const settlement = settlementInput(PERSON, 'V', fenOf(2_344_246n), { useAccount: true, midway: false });
    expect(JSON.stringify(settlement)).toContain('"medfee_sumamt":23442.46,');
    expect(settlement.data.acct_used_flag).toBe('1');
    expect(settlement.data.mid_setl_flag).toBe('0');
  });

  it('says what was shown at the counter', () => {
    const card = { ...PERSON, shown: { kind: '03', number: 'A1', chip: 'C'.repeat(32) } } as const;
    const shown = { mdtrt_cert_type: '03', mdtrt_cert_no: 'A1', card_sn: 'C'.repeat(32) };
    expect(admissionInput(card, ADMISSION, '420106').mdtrtinfo).toMatchObject(shown);
    const settlement = settlementInput(card, 'V', fenOf(1n), { useAccount: false, midway: true });
    expect(settlement.data).toMatchObject({ ...shown, mid_setl_flag: '1', certno: PERSON.certno });
  });

  it('corrects an admission, and leaves its kind where nobody says it', () => {
    const input = correctionInput(PERSON, 'V', { ...ADMISSION, kind: '', bed: '13', injury: true });
    expect(input.adminfo).toMatchObject({ mdtrt_id: 'V', adm_bed: '13', ipt_otp_no: 'ZY1' });
    const said = JSON.parse(input.adminfo.exp_content ?? '') as unknown;
    expect(said).toMatchObject({ IPT_TYPE: '', TRUM_FLAG: '1', REL_TTP_FLAG: '0' });
    expect(input.diseinfo?.[0]).toMatchObject({ diag_code: 'J18.900', diag_srt_no: 1 });
  });

  it('says what kind of admission it is', () => {
    const input = admissionInput(PERSON, ADMISSION, '420106');
    expect(JSON.parse(input.mdtrtinfo.exp_content ?? '')).toMatchObject({ IPT_TYPE: '2', TRUM_FLAG: '0' });
    expect(input.diseinfo[0]).toMatchObject({ diag_code: 'J18.900', diag_time: ADMISSION.at });
  });
});

const SETTLED = {
  setlinfo: {
    setl_id: 'S1',
    setl_time: '2026-11-22 10:00:00',
    medfee_sumamt: 1000,
    fulamt_ownpay_amt: 100,
    overlmt_selfpay: 50.5,
    preselfpay_amt: 49.5,
    inscp_scp_amt: 800,
    act_pay_dedc: 200,
    fund_pay_sumamt: 540,
    psn_part_amt: 460,
    acct_pay: 60,
    psn_cash_pay: 400,
    hosp_part_amt: 0,
    balc: 12.3,
  },
  setldetail: [
    { fund_pay_type: '310100', fund_pay_type_name: '统筹', fund_payamt: 540, setl_proc_info: null },
    { fund_pay_type: '310200', fund_pay_type_name: '个账', fund_payamt: 60, setl_proc_info: null },
  ],
};

describe('what is answered', () => {
  it('is a settlement whose amounts balance, or is said not to', () => {
    const settled = readSettled(SETTLED);
    expect(settled).toMatchObject({ id: 'S1', total: 100_000n, cash: 40_000n, balance: 1230n });
    expect(settled && brokenIdentities(settled)).toEqual([]);
    for (const [field, broken] of [
      ['medfee_sumamt', ['总额＝基金＋个人＋医院不成立', '总额＝全自费＋超限价＋先行自付＋符合范围不成立']],
      ['acct_pay', ['个人负担＝账户＋现金不成立']],
      ['fund_pay_sumamt', ['总额＝基金＋个人＋医院不成立', '基金支付总额＝各基金之和不成立']],
    ] as const) {
      const wrong = readSettled({ ...SETTLED, setlinfo: { ...SETTLED.setlinfo, [field]: 0.01 } });
      expect(wrong && brokenIdentities(wrong), field).toEqual(broken);
    }
    expect(readSettled(null)).toBeUndefined();
  });

  it('is a person with the insurance in force', () => {
    const insuinfo = [
      { insutype: '390', psn_type: '15', psn_insu_stas: '4', insuplc_admdvs: '110102', balc: 0 },
      { insutype: '310', psn_type: '11', psn_insu_stas: '1', insuplc_admdvs: '110101', balc: 10.5 },
    ];
    const person = readPerson({ baseinfo: { psn_no: 'P', psn_name: '某', certno: 'C' }, insuinfo });
    expect(person).toMatchObject({ number: 'P', scheme: '310', insured: '110101', balance: 1050n });
    expect(readPerson({ baseinfo: {}, insuinfo: [] })).toBeUndefined();
  });

  it('is stays, the latest first, without other visits', () => {
    const visit = (mdtrt_id: string, begntime: string, inhosp_stas: string | null) => ({
      mdtrt_id,
      begntime,
      inhosp_stas,
    });
    const visits = readVisits({
      mdtrtinfo: [
        visit('a', '2026-01-01', '0'),
        visit('b', '2026-02-01', null),
        visit('c', '2026-03-01', '1'),
      ],
    });
    expect(visits.map((one) => [one.id, one.inHospital])).toEqual([
      ['c', true],
      ['a', false],
    ]);
  });
});

describe('the catalog', () => {
  const row = (hilist_code: string, hilist_name: string, pinyin: string) => ({
    hilist_code,
    hilist_name,
    pinyin,
    chrgitm_lv: '01',
  });
  const items = readItems([
    row('001109000010000', '普通病房床位费', 'PTBFCWF'),
    row('001109000020000', '重症监护病房床位费', 'CZJHBFCWF'),
    row('X1', '氯化钠注射液', 'LHNZSY'),
    row('X2', '复方氯化钠注射液', 'FFLHNZSY'),
  ]);
  const found = (typed: string) => findItems(items, typed).map((item) => item.code);

  it.each([
    ['0011', ['001109000010000', '001109000020000']],
    ['x2', ['X2']],
    ['氯化钠', ['X1', 'X2']],
    ['lhn', ['X1', 'X2']],
    ['fflhn', ['X2']],
    ['zzjh', ['001109000020000']],
    ['没有', []],
  ])('finds by %j', (typed, codes) => {
    expect(found(typed)).toEqual(codes);
  });

  it('is asked for until a page is not full, and stops at a refusal', async () => {
    const full = Array.from({ length: PAGE_SIZE }, (_, at) => row(`C${at}`, '某', 'M'));
    const pages: Outcome<unknown>[] = [done(full), done([row('L', '末', 'M')])];
    const all = await loadCatalog((page) => Promise.resolve(pages[page - 1] as Outcome<unknown>));
    expect(all.ok && all.value.length).toBe(PAGE_SIZE + 1);
    const no = await loadCatalog(() => Promise.resolve(refused({ code: 'x', message: '否' })));
    expect(no.ok).toBe(false);
  });
});
