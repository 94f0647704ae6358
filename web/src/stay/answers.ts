/** What the platform answers a hospital's window, read into amounts and words. Pure. */

import { readAmount, sum, type Fen } from '@/shared/money';
import type { Day } from '@/shared/day';

/** What was shown at the counter (就诊凭证): an identity card, a voucher's token or a card. */
export interface Shown {
  /** 就诊凭证类型. */
  readonly kind: '01' | '02' | '03';
  /** 就诊凭证编号: the token, the identity number, or the card's number. */
  readonly number: string;
  /** 卡识别码, of a card. */
  readonly chip: string;
}

/** Somebody who is insured somewhere. */
export interface Person {
  /** 人员编号. */
  readonly number: string;
  readonly name: string;
  readonly certno: string;
  readonly sex: string;
  readonly birth: Day | null;
  /** 险种类型, of the insurance that is used. */
  readonly scheme: string;
  readonly personType: string;
  /** 参保地. */
  readonly insured: string;
  /** 个人账户余额. */
  readonly balance: Fen;
  readonly employer: string | null;
  /** All insurances: `insutype` codes with their standing. */
  readonly insurances: readonly Insurance[];
  /** By what they were found. */
  readonly shown: Shown;
}

export interface Insurance {
  readonly scheme: string;
  readonly personType: string;
  readonly standing: string;
  readonly insured: string;
  readonly balance: Fen;
  readonly employer: string | null;
}

type Row = Readonly<Record<string, unknown>>;
const text = (row: Row, name: string): string => {
  const value = row[name];
  return typeof value === 'string' ? value : typeof value === 'number' ? String(value) : '';
};
const rows = (value: unknown): Row[] =>
  Array.isArray(value) ? (value as Row[]) : value ? [value as Row] : [];

/** Of 1101 and 1161. The first insurance in force is used, else the first. Who showed nothing else showed the identity card. */
export function readPerson(output: unknown, shown?: Shown): Person | undefined {
  const answer = (output ?? {}) as Row;
  const [base] = rows(answer['baseinfo']);
  const insurances = rows(answer['insuinfo']).map((row): Insurance => ({
    scheme: text(row, 'insutype'),
    personType: text(row, 'psn_type'),
    standing: text(row, 'psn_insu_stas'),
    insured: text(row, 'insuplc_admdvs'),
    balance: readAmount(row['balc']),
    employer: text(row, 'emp_name') || null,
  }));
  const used = insurances.find((one) => one.standing === '1') ?? insurances[0];
  if (base === undefined || used === undefined) return undefined;
  const certno = text(base, 'certno');
  return {
    number: text(base, 'psn_no'),
    name: text(base, 'psn_name'),
    certno,
    sex: text(base, 'gend'),
    birth: (text(base, 'brdy') || null) as Day | null,
    scheme: used.scheme,
    personType: used.personType,
    insured: used.insured,
    balance: used.balance,
    employer: used.employer,
    insurances,
    shown: shown ?? { kind: '02', number: certno, chip: '' },
  };
}

/** Whose voucher it is, where it was issued, and the token that stands for it here for a while. */
export interface Holder {
  readonly certno: string;
  readonly insured: string;
  readonly token: string;
}

/** Of 1162. */
export function readHolder(output: unknown): Holder | undefined {
  const row = (output ?? {}) as Row;
  const [certno, insured, token] = [text(row, 'idNo'), text(row, 'insuOrg'), text(row, 'ecToken')];
  return certno === '' || insured === '' || token === '' ? undefined : { certno, insured, token };
}

/** A visit of 5201. */
export interface Visit {
  readonly id: string;
  readonly scheme: string;
  readonly careType: string;
  readonly begins: string;
  readonly ends: string;
  readonly number: string;
  readonly inHospital: boolean;
  readonly department: { readonly code: string; readonly name: string };
  readonly doctor: { readonly code: string; readonly name: string };
  readonly diagnosis: { readonly code: string; readonly name: string };
  readonly bed: string;
}

/** Stays of 5201, the latest first; other visits have no 在院状态. */
export function readVisits(output: unknown): Visit[] {
  const list = rows(((output ?? {}) as Row)['mdtrtinfo']).filter((row) => text(row, 'inhosp_stas') !== '');
  return list
    .map((row) => ({
      id: text(row, 'mdtrt_id'),
      scheme: text(row, 'insutype'),
      careType: text(row, 'med_type'),
      begins: text(row, 'begntime'),
      ends: text(row, 'endtime'),
      number: text(row, 'ipt_otp_no'),
      inHospital: text(row, 'inhosp_stas') === '1',
      department: { code: text(row, 'adm_dept_codg'), name: text(row, 'adm_dept_name') },
      doctor: { code: text(row, 'atddr_no'), name: text(row, 'chfpdr_name') },
      diagnosis: { code: text(row, 'dscg_maindiag_code'), name: text(row, 'dscg_maindiag_name') },
      bed: text(row, 'adm_bed'),
    }))
    .sort((one, other) => (one.begins < other.begins ? 1 : -1));
}

/** A visit to an outpatient department, of 5201. */
export interface OutpatientVisit {
  readonly id: string;
  readonly scheme: string;
  /** 医疗类别; `REGISTRATION` until somebody says what the visit is. */
  readonly careType: string;
  /** When, as `yyyy-MM-dd HH:mm:ss`. */
  readonly at: string;
  /** 门诊号. */
  readonly number: string;
  readonly department: { readonly code: string; readonly name: string };
  readonly doctor: { readonly code: string; readonly name: string };
  /** The valid diagnoses in words. */
  readonly diagnoses: string;
  /** The chronic disease that the visit is for. */
  readonly disease: { readonly code: string; readonly name: string } | undefined;
}

/** 门诊挂号: a visit of which only the registration is known. */
export const REGISTRATION = '12';

/** Visits that were registered (2201), of 5201, the latest first: each names a department. Of a pharmacy it is that of the prescription. */
export const readOutpatientVisits = (output: unknown): OutpatientVisit[] =>
  rows(((output ?? {}) as Row)['mdtrtinfo'])
    .filter((row) => text(row, 'inhosp_stas') === '' && text(row, 'adm_dept_codg') !== '')
    .map((row) => {
      const disease = { code: text(row, 'dise_codg'), name: text(row, 'dise_name') };
      return {
        id: text(row, 'mdtrt_id'),
        scheme: text(row, 'insutype'),
        careType: text(row, 'med_type'),
        at: text(row, 'begntime'),
        number: text(row, 'ipt_otp_no'),
        department: { code: text(row, 'adm_dept_codg'), name: text(row, 'adm_dept_name') },
        doctor: { code: text(row, 'atddr_no'), name: text(row, 'chfpdr_name') },
        diagnoses: text(row, 'otp_diag_info'),
        disease: disease.code === '' ? undefined : disease,
      };
    })
    .sort((one, other) => (one.at < other.at ? 1 : -1));

/** Diagnoses of 5202, by their ranks. */
export const readDiagnoses = (output: unknown): { rank: number; code: string; name: string }[] =>
  rows(((output ?? {}) as Row)['diseinfo'])
    .map((row) => ({
      rank: Number(text(row, 'diag_srt_no')),
      code: text(row, 'diag_code'),
      name: text(row, 'diag_name'),
    }))
    .filter((one) => Number.isInteger(one.rank) && one.rank > 0)
    .sort((one, other) => one.rank - other.rank);

/** What was bought at a pharmacy, of 5201. */
export interface Purchase {
  readonly id: string;
  /** When, as `yyyy-MM-dd HH:mm:ss`. */
  readonly at: string;
  readonly careType: string;
}

/** Purchases of 5201, the latest first. What was registered before it was charged names a department, and is no purchase of one message. */
export const readPurchases = (output: unknown): Purchase[] =>
  rows(((output ?? {}) as Row)['mdtrtinfo'])
    .filter((row) => text(row, 'adm_dept_codg') === '')
    .map((row) => ({ id: text(row, 'mdtrt_id'), at: text(row, 'begntime'), careType: text(row, 'med_type') }))
    .sort((one, other) => (one.at < other.at ? 1 : -1));

/** A line as the treatment place's catalog splits it, of 2101, 2102, 2301 or 5204. */
export interface SplitLine {
  readonly serial: string;
  readonly code: string;
  readonly name: string;
  readonly at: string;
  readonly price: string;
  readonly quantity: string;
  readonly amount: Fen;
  /** 收费项目等级. */
  readonly catalogClass: string;
  readonly category: string;
  readonly outOfScope: Fen;
  readonly overLimit: Fen;
  readonly firstSelfPay: Fen;
  readonly inScope: Fen;
  /** The settlement that has it, of 5204; empty where none has. Of a stay only one that was made midway is told. */
  readonly settlement: string;
  /** 处方号 or 医嘱号, and 备注, of 5204. */
  readonly order: string;
  readonly memo: string;
}

export const readLines = (output: unknown): SplitLine[] =>
  rows(output).map((row) => ({
    serial: text(row, 'feedetl_sn'),
    code: text(row, 'med_list_codg'),
    name: text(row, 'hilist_name') || text(row, 'medins_list_name') || text(row, 'med_list_codg'),
    at: text(row, 'fee_ocur_time'),
    price: text(row, 'pric'),
    quantity: text(row, 'cnt'),
    amount: readAmount(row['det_item_fee_sumamt']),
    catalogClass: text(row, 'chrgitm_lv'),
    category: text(row, 'med_chrgitm_type'),
    outOfScope: readAmount(row['fulamt_ownpay_amt']),
    overLimit: readAmount(row['overlmt_amt']),
    firstSelfPay: readAmount(row['preselfpay_amt']),
    inScope: readAmount(row['inscp_scp_amt']),
    settlement: text(row, 'setl_id'),
    order: text(row, 'rx_drord_no'),
    memo: text(row, 'memo'),
  }));

/** What one fund pays. */
export interface FundLine {
  readonly code: string;
  readonly name: string;
  readonly amount: Fen;
  /** How it came about, in words. */
  readonly process: string;
}

/** 2303, 2304, 2305 or 5203. */
export interface Settled {
  /** 结算ID; a trial has none. */
  readonly id: string | null;
  readonly at: string;
  /** 医疗类别, where it is told. */
  readonly careType: string;
  readonly total: Fen;
  readonly outOfScope: Fen;
  readonly overLimit: Fen;
  readonly firstSelfPay: Fen;
  readonly inScope: Fen;
  readonly deductible: Fen;
  readonly fundTotal: Fen;
  readonly personTotal: Fen;
  readonly account: Fen;
  readonly cash: Fen;
  readonly hospitalPart: Fen;
  readonly balance: Fen;
  readonly funds: readonly FundLine[];
  /** 退费结算标志: it is undone. */
  readonly undone: boolean;
}

/** Lines of `setldetail` that are no fund's: personal accounts, and what the hospital bears. */
const NO_FUND = new Set(['310200', '390500', '999996']);

export function readSettled(output: unknown): Settled | undefined {
  const answer = (output ?? {}) as Row;
  const [info] = rows(answer['setlinfo']);
  if (info === undefined) return undefined;
  const funds = rows(answer['setldetail']).map((row) => ({
    code: text(row, 'fund_pay_type'),
    name: text(row, 'fund_pay_type_name'),
    amount: readAmount(row['fund_payamt']),
    process: text(row, 'setl_proc_info'),
  }));
  const amount = (name: string) => readAmount(info[name]);
  const cash = info['psn_cash_pay'] === undefined ? amount('cash_payamt') : amount('psn_cash_pay');
  return {
    id: text(info, 'setl_id') || null,
    at: text(info, 'setl_time'),
    careType: text(info, 'med_type'),
    total: amount('medfee_sumamt'),
    outOfScope: amount('fulamt_ownpay_amt'),
    overLimit:
      info['overlmt_selfpay'] === undefined ? amount('overlmt_selfpay_amt') : amount('overlmt_selfpay'),
    firstSelfPay: amount('preselfpay_amt'),
    inScope: amount('inscp_scp_amt'),
    deductible: amount('act_pay_dedc'),
    fundTotal: amount('fund_pay_sumamt'),
    personTotal: amount('psn_part_amt') || amount('psn_pay'),
    account: amount('acct_pay'),
    cash,
    hospitalPart: amount('hosp_part_amt'),
    balance: amount('balc'),
    funds,
    undone: text(info, 'refd_setl_flag') === '1',
  };
}

/** The amount identities of the standard (6.4) that do not hold, in Chinese. A window does not take money on such an answer. */
export function brokenIdentities(settled: Settled): string[] {
  const funds = sum(settled.funds.filter((line) => !NO_FUND.has(line.code)).map((line) => line.amount));
  const add = (...amounts: Fen[]) => sum(amounts);
  const checks: [string, Fen, Fen][] = [
    [
      '总额＝基金＋个人＋医院',
      settled.total,
      add(settled.fundTotal, settled.personTotal, settled.hospitalPart),
    ],
    ['个人负担＝账户＋现金', settled.personTotal, add(settled.account, settled.cash)],
    [
      '总额＝全自费＋超限价＋先行自付＋符合范围',
      settled.total,
      add(settled.outOfScope, settled.overLimit, settled.firstSelfPay, settled.inScope),
    ],
    ['基金支付总额＝各基金之和', settled.fundTotal, funds],
  ];
  return checks.filter(([, left, right]) => left !== right).map(([identity]) => `${identity}不成立`);
}
