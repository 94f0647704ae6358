/**
 * What a window sends about a visit that is registered, described and charged by bills, made of what the clerk entered: one to a hospital's outpatient
 * department, or a purchase by a hospital's prescription at a pharmacy. Pure.
 */

import type { InputOf } from '@/api/window';
import { CARE_TYPES } from '@/generated/code-tables';
import { jsonNumber, yuan, type Fen } from '@/shared/money';
import { wordFor } from '@/shared/words';
import { REGISTRATION, type OutpatientVisit, type Person, type SplitLine } from './answers';
import { bearer, charged, prescribed, type DraftLine, type Named } from './messages';

/** 医疗类别 for a chronic or special disease (门诊慢特病). */
export const CHRONIC_CARES: readonly string[] = ['14', '9901'];
/** 医疗类别 of an emergency, and of an injury. */
export const EMERGENCY = '13';
export const INJURY = '9903';
/** What a visit may be, to a hospital and to a pharmacy. */
export const CARES: readonly string[] = ['11', EMERGENCY, '14', '9901', INJURY, '19'];
export const PHARMACY_CARES: readonly string[] = ['41', '14', '9901'];

/** A 医疗类别 in words; that of a registration alone stands in the interface's text and in no table. */
export const careWords = (code: string): string =>
  code === REGISTRATION ? '门诊挂号' : wordFor(CARE_TYPES, code);

/** An ordinary visit, and one for a chronic disease: each may have bills of the other kind. */
const ORDINARY = '11';
const CHRONIC = '14';
/** 定点药店购药, of which nothing is beside. */
const PURCHASE = '41';

/** What a bill of a visit may be: what the visit is, the other of ordinary and chronic beside it, the fee of its registration. */
const caresOfVisit = (visit: string): readonly string[] => {
  if (visit === REGISTRATION || visit === PURCHASE) return [visit];
  if (visit === CHRONIC) return [CHRONIC, ORDINARY, REGISTRATION];
  return visit === ORDINARY ? [ORDINARY, CHRONIC, REGISTRATION] : [visit, REGISTRATION];
};

/** The same of a bill whose lines are at the platform and name a disease, or none: they name it as long as they are there. */
export const billCares = (visit: string, uploaded?: Bill): readonly string[] =>
  caresOfVisit(visit).filter(
    (care) => uploaded === undefined || CHRONIC_CARES.includes(care) === (diseaseOf(uploaded.number) !== ''),
  );

/** A registration (2201). */
export interface Registering {
  /** `yyyy-MM-dd HH:mm:ss`. */
  readonly at: string;
  /** 门诊号. */
  readonly number: string;
  readonly department: Named;
  readonly doctor: Named;
}

export const registrationInput = (person: Person, registering: Registering): InputOf<'2201'> => ({
  data: {
    ...bearer(person),
    insutype: person.scheme,
    begntime: registering.at,
    psn_type: person.personType,
    ipt_otp_no: registering.number,
    atddr_no: registering.doctor.code,
    dr_name: registering.doctor.name,
    dept_code: registering.department.code,
    dept_name: registering.department.name,
    caty: registering.department.code,
    exp_content: '',
  },
});

/** A diagnosis with its rank (诊断排序号). */
export interface Diagnosed extends Named {
  readonly rank: number;
}

/** What a visit is (2203). */
export interface Described {
  readonly at: string;
  /** 医疗类别. */
  readonly careType: string;
  /** 门诊急诊转诊标志; empty where it is neither. */
  readonly kind: '' | '1' | '2' | '3';
  /** 外伤, for which the person declared that no third party is liable. */
  readonly injury: boolean;
  /** The chronic disease that it is for. */
  readonly disease: Named | undefined;
  readonly diagnoses: readonly Named[];
  /** The hospital whose prescription it is, at a pharmacy. */
  readonly prescribedAt: Named | undefined;
}

/** Ranks that were there before and are not any more are declared void (作废). */
export function descriptionInput(
  person: Person,
  visit: OutpatientVisit,
  described: Described,
  before: readonly Diagnosed[],
): InputOf<'2203'> {
  const row = (one: Named, rank: number, valid: boolean) => ({
    diag_type: '1',
    diag_srt_no: rank,
    diag_code: one.code,
    diag_name: one.name,
    diag_dept: visit.department.name,
    dise_dor_no: visit.doctor.code,
    dise_dor_name: visit.doctor.name,
    diag_time: described.at,
    vali_flag: valid ? '1' : '0',
  });
  const gone = before.filter((one) => one.rank > described.diagnoses.length);
  return {
    mdtrtinfo: {
      mdtrt_id: visit.id,
      psn_no: person.number,
      med_type: described.careType,
      begntime: described.at,
      main_cond_dscr: '',
      dise_codg: described.disease?.code ?? '',
      dise_name: described.disease?.name ?? '',
      birctrl_type: '',
      exp_content: JSON.stringify({
        MDTRT_GRP_TYPE: '',
        TRUM_FLAG: described.injury ? '1' : '0',
        REL_TTP_FLAG: '0',
        OTP_ER_REFL_FLAG: described.kind,
      }),
    },
    diseinfo: [
      ...described.diagnoses.map((one, at) => row(one, at + 1, true)),
      ...gone.map((one) => row(one, one.rank, false)),
    ],
  };
}

/** The same with the prescription on which a pharmacy acts (2203A). */
export const prescriptionInput = (
  person: Person,
  visit: OutpatientVisit,
  described: Described,
  before: readonly Diagnosed[],
): InputOf<'2203A'> => {
  const input = descriptionInput(person, visit, described, before);
  const from = {
    rxfixmedins_code: described.prescribedAt?.code ?? '',
    rxfixmedins_name: described.prescribedAt?.name ?? '',
  };
  return { ...input, mdtrtinfo: { ...input.mdtrtinfo, ...from } };
};

/** A bill (收费批次) of a visit. */
export interface Bill {
  readonly number: string;
  /** The settlement that holds it; empty while it is free. */
  readonly settlement: string;
  readonly lines: readonly SplitLine[];
}

/**
 * Bills that a window made: their numbers stand in each of their lines (备注), since the platform tells of a line neither its bill nor its disease
 * (病种). The number of one for a chronic disease ends with the disease.
 */
const OF_WINDOW = /^(M\d{12}[0-9A-Z]{2})(?:-([0-9A-Z.]{1,12}))?$/;

/** The number of a new bill, at this moment, of a visit that has so many. */
export const newBill = (at: string, known: number): string =>
  `M${at.replaceAll(/\D/g, '').slice(2)}${(known % 1296).toString(36).padStart(2, '0').toUpperCase()}`;

/** The number under which the lines of a bill go out, for a disease or none. */
export const billFor = (number: string, disease: Named | undefined): string => {
  const own = OF_WINDOW.exec(number)?.[1] ?? number;
  return disease === undefined ? own : `${own}-${disease.code.toUpperCase()}`;
};

/** The code of the disease that the lines of a bill name; empty where they name none. */
export const diseaseOf = (number: string): string => OF_WINDOW.exec(number)?.[2] ?? '';

const numberOf = (line: SplitLine): string => (OF_WINDOW.test(line.memo) ? line.memo : line.order);

/** Whether a bill was made at a window: of others only what is settled can be shown and taken back. */
export const isOfWindow = (bill: Bill): boolean => OF_WINDOW.test(bill.number);

/** The bills of a visit, those that are free first, each in the order in which its lines came. */
export function billsOf(lines: readonly SplitLine[]): Bill[] {
  const bills = new Map<string, SplitLine[]>();
  for (const line of lines) {
    // A settlement is of one bill; what is free lies together by the number that its lines carry.
    const key = line.settlement === '' ? `free ${numberOf(line)}` : `held ${line.settlement}`;
    bills.set(key, [...(bills.get(key) ?? []), line]);
  }
  return [...bills.values()]
    .flatMap((of) => {
      const [first] = of;
      return first === undefined
        ? []
        : [
            {
              number: numberOf(first) || first.settlement || first.serial,
              settlement: first.settlement,
              lines: of,
            },
          ];
    })
    .sort((one, other) => Number(one.settlement !== '') - Number(other.settlement !== ''));
}

export const outpatientLinesInput = (
  person: Person,
  visit: OutpatientVisit,
  bill: {
    readonly number: string;
    readonly disease: Named | undefined;
    /** 处方号 of a prescription from outside; nothing where the visit's own doctor has prescribed. */
    readonly prescription: string | undefined;
  },
  lines: readonly DraftLine[],
): InputOf<'2204'> => ({
  feedetail: lines.map((line) => ({
    ...charged(line),
    ...prescribed(visit),
    mdtrt_id: visit.id,
    psn_no: person.number,
    chrg_bchno: bill.number,
    rxno: bill.prescription ?? '',
    rx_circ_flag: bill.prescription === undefined ? '0' : '1',
    dise_codg: bill.disease?.code ?? '',
    hosp_appr_flag: '0',
    memo: bill.number,
  })),
});

export const billRemovalInput = (person: Person, visit: string, bill: string): InputOf<'2205'> => ({
  data: { mdtrt_id: visit, psn_no: person.number, chrg_bchno: bill },
});

/** Of 2206 and 2207. */
export const billInput = (
  person: Person,
  visit: string,
  bill: {
    readonly number: string;
    readonly careType: string;
    readonly total: Fen;
    readonly useAccount: boolean;
    readonly place: string;
  },
): InputOf<'2206'> & InputOf<'2207'> => ({
  data: {
    ...bearer(person),
    psn_type: person.personType,
    med_type: bill.careType,
    medfee_sumamt: jsonNumber(yuan(bill.total)),
    psn_setlway: '01',
    mdtrt_id: visit,
    chrg_bchno: bill.number,
    insutype: person.scheme,
    acct_used_flag: bill.useAccount ? '1' : '0',
    insuplc_admdvs: person.insured,
    mdtrtarea_admvs: bill.place,
    invono: '',
    exp_content: '',
  },
});
