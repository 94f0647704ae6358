/**
 * What a hospital's window sends about a stay: the inputs of the transactions, made of what the clerk entered. Pure; the names
 * of the interface begin and end here, in `purchase` and in `answers`.
 */

import type { InputOf } from '@/api/window';
import { jsonNumber, PRICE_PLACES, QUANTITY_PLACES, yuan, type Fen } from '@/shared/money';
import { formatDecimal } from '@/shared/decimal';
import type { Person, Shown } from './answers';

/** A code with its name. */
export interface Named {
  readonly code: string;
  readonly name: string;
}

/** 住院类型. */
export type AdmissionKind = '1' | '2' | '3';

export interface Admission {
  /** `yyyy-MM-dd HH:mm:ss`. */
  readonly at: string;
  readonly kind: AdmissionKind;
  /** 医疗类别. */
  readonly careType: string;
  /** 住院号. */
  readonly number: string;
  readonly department: Named;
  readonly bed: string;
  readonly doctor: Named;
  readonly diagnosis: Named;
  /** An injury for which the person declared that no third party is liable; nothing if it is no injury. */
  readonly injury: boolean;
}

/** An admission as a form says it: of one that is corrected, the kind may stay what it was. */
export type AdmissionSaid = Omit<Admission, 'kind'> & { readonly kind: AdmissionKind | '' };

/** A line that was entered and not sent yet. */
export interface DraftLine {
  readonly serial: string;
  readonly item: Named;
  /** 10^-6 yuan. */
  readonly price: bigint;
  /** 10^-4. */
  readonly quantity: bigint;
  readonly amount: Fen;
  /** 费用发生时间. */
  readonly at: string;
  /** Codes on the packages that were sold (追溯码), of a pharmacy. */
  readonly packages?: readonly string[];
}

/** A line as it is entered, with a number of its own: the moment, and which of this counter's lines it is. */
export function numbered(line: Omit<DraftLine, 'serial' | 'at'>, which: number, at: string): DraftLine {
  return { ...line, serial: `${at.replaceAll(/\D/g, '').slice(2)}${String(which).padStart(3, '0')}`, at };
}

/** What was shown, as it goes with the person's messages: a lost card or a used token is refused wherever it is shown. */
const medium = (shown: Shown) => ({
  mdtrt_cert_type: shown.kind,
  mdtrt_cert_no: shown.number,
  card_sn: shown.chip,
});

export const personInput = (certno: string, shown?: Shown): InputOf<'1101'> => ({
  data: {
    ...medium(shown ?? { kind: '02', number: certno, chip: '' }),
    psn_cert_type: '01',
    certno,
    psn_name: '',
    begntime: '',
  },
});

/** Who it is and what was shown, as transactions about money say it. */
export const bearer = (person: Person) => ({
  psn_no: person.number,
  ...medium(person.shown),
  psn_cert_type: '01',
  certno: person.certno,
  psn_name: person.name,
});

/** Whose voucher was scanned (医保电子凭证二维码). */
export const voucherInput = (code: string): InputOf<'1162'> => ({
  data: {
    orgId: '',
    businessType: '',
    operatorId: '',
    operatorName: '',
    officeId: '',
    officeName: '',
    deviceType: '',
    mdtrt_cert_type: '',
    ecQrCode: code,
    businessInfo: '',
    termId: '',
    termIp: '',
    mdtrt_cert_no: '',
  },
});

/** Whose card was read: its number, and what its chip says. */
export const cardInput = (number: string, chip: string): InputOf<'1161'> => ({
  data: { mdtrt_cert_no: '', cardno: number, card_sn: chip },
});

/** What is said of an admission, first and when it is corrected. */
const admitted = (admission: AdmissionSaid) => ({
  coner_name: '',
  tel: '',
  begntime: admission.at,
  med_type: admission.careType,
  medrcdno: admission.number,
  atddr_no: admission.doctor.code,
  chfpdr_name: admission.doctor.name,
  adm_diag_dscr: admission.diagnosis.name,
  adm_dept_codg: admission.department.code,
  adm_dept_name: admission.department.name,
  adm_bed: admission.bed,
  dscg_maindiag_code: admission.diagnosis.code,
  dscg_maindiag_name: admission.diagnosis.name,
  main_cond_dscr: '',
  exp_content: JSON.stringify({
    MDTRT_GRP_TYPE: '',
    TRUM_FLAG: admission.injury ? '1' : '0',
    REL_TTP_FLAG: '0',
    IPT_TYPE: admission.kind,
  }),
});

export const admissionInput = (person: Person, admission: AdmissionSaid, place: string): InputOf<'2401'> => ({
  mdtrtinfo: {
    ...admitted(admission),
    psn_no: person.number,
    insutype: person.scheme,
    ...medium(person.shown),
    certno: person.certno,
    ipt_no: admission.number,
    insuplc_admdvs: person.insured,
    mdtrtarea_admvs: place,
  },
  diseinfo: [diagnosis(person, admission, admission.at)],
});

/** 住院信息变更: the admission as it should be. Its kind stays what it was where none is said. */
export const correctionInput = (
  person: Person,
  visit: string,
  admission: AdmissionSaid,
): InputOf<'2403'> => ({
  adminfo: {
    ...admitted(admission),
    mdtrt_id: visit,
    psn_no: person.number,
    endtime: '',
    mdtrt_cert_type: person.shown.kind,
    ipt_otp_no: admission.number,
  },
  diseinfo: [diagnosis(person, admission, admission.at)],
});

const diagnosis = (person: Person, admission: AdmissionSaid, at: string) => ({
  psn_no: person.number,
  diag_type: '1',
  maindiag_flag: '1',
  diag_srt_no: 1,
  diag_code: admission.diagnosis.code,
  diag_name: admission.diagnosis.name,
  adm_cond: '',
  diag_dept: admission.department.code,
  dise_dor_no: admission.doctor.code,
  dise_dor_name: admission.doctor.name,
  diag_time: at,
});

/** What is charged with a line, in the names of all transactions that take some. */
export const charged = (line: DraftLine) => ({
  feedetl_sn: line.serial,
  fee_ocur_time: line.at,
  med_list_codg: line.item.code,
  medins_list_codg: line.item.code,
  det_item_fee_sumamt: jsonNumber(yuan(line.amount)),
  cnt: jsonNumber(formatDecimal(line.quantity, QUANTITY_PLACES, 0)),
  pric: jsonNumber(formatDecimal(line.price, PRICE_PLACES, 2)),
});

/** Who prescribed it (开单). */
export const prescribed = (care: { readonly department: Named; readonly doctor: Named }) => ({
  bilg_dept_codg: care.department.code,
  bilg_dept_name: care.department.name,
  bilg_dr_codg: care.doctor.code,
  bilg_dr_name: care.doctor.name,
});

export const linesInput = (
  person: Person,
  visit: string,
  care: { careType: string; department: Named; doctor: Named },
  lines: readonly DraftLine[],
): InputOf<'2301'> => ({
  feedetail: lines.map((line) => ({
    ...charged(line),
    ...prescribed(care),
    init_feedetl_sn: '',
    mdtrt_id: visit,
    drord_no: line.serial,
    psn_no: person.number,
    med_type: care.careType,
    hosp_appr_flag: '1',
    memo: '',
  })) as InputOf<'2301'>['feedetail'],
});

export const lineRemovalInput = (person: Person, visit: string, serial: string): InputOf<'2302'> => ({
  data: [{ feedetl_sn: serial, mdtrt_id: visit, psn_no: person.number }],
});

/** Of 2404 and 2405: an admission or a discharge is taken back. */
export const takenBackInput = (person: Person, visit: string): InputOf<'2404'> & InputOf<'2405'> => ({
  data: { mdtrt_id: visit, psn_no: person.number },
});

export const dischargeInput = (
  person: Person,
  visit: string,
  discharge: { at: string; way: string; department: Named; bed: string },
): InputOf<'2402'> =>
  ({
    dscginfo: {
      mdtrt_id: visit,
      psn_no: person.number,
      insutype: person.scheme,
      endtime: discharge.at,
      dscg_dept_codg: discharge.department.code,
      dscg_dept_name: discharge.department.name,
      dscg_bed: discharge.bed,
      dscg_way: discharge.way,
      die_date: '',
    },
    diseinfo: [],
  }) as InputOf<'2402'>;

/** Of 2303 and 2304. `midway` settles what has been charged so far while the stay goes on (中途结算). */
export const settlementInput = (
  person: Person,
  visit: string,
  total: Fen,
  { useAccount, midway }: { useAccount: boolean; midway: boolean },
): InputOf<'2304'> & InputOf<'2303'> => ({
  data: {
    ...bearer(person),
    medfee_sumamt: jsonNumber(yuan(total)),
    psn_setlway: '01',
    mdtrt_id: visit,
    insutype: person.scheme,
    acct_used_flag: useAccount ? '1' : '0',
    invono: '',
    mid_setl_flag: midway ? '1' : '0',
  },
});

export const cancellationInput = (person: Person, visit: string, settlement: string): InputOf<'2305'> => ({
  data: { mdtrt_id: visit, setl_id: settlement, psn_no: person.number },
});

/** 冲正 of a message whose outcome nobody knows. */
export const reversalInput = (
  person: Person,
  message: { msgid: string; infno: string },
): InputOf<'2601'> => ({
  data: { psn_no: person.number, omsgid: message.msgid, oinfno: message.infno },
});
