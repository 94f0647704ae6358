/**
 * A visit to an outpatient department at the window (门诊), from the registration to the statement: registered (2201), described (2203), charged by
 * bills (收费批次) that are tried and settled one by one while the visit stays open. What is known, and what may be done next.
 *
 * A pharmacy sells by a hospital's prescription in the same way, and describes it by 2203A.
 */

import { computed, reactive, toRefs } from 'vue';
import type { InputOf, OutputOf } from '@/api/window';
import { isPharmacy, type Institution } from '@/api/session';
import { now } from '@/shared/clock';
import { momentAt } from '@/shared/day';
import { parseDecimal } from '@/shared/decimal';
import { PRICE_PLACES, QUANTITY_PLACES, sum, type Fen } from '@/shared/money';
import {
  readDiagnoses,
  readOutpatientVisits,
  type OutpatientVisit,
  type Settled,
  type SplitLine,
} from './answers';
import { openCounter } from './counter';
import { cancellationInput, type DraftLine, type Named } from './messages';
import {
  billCares,
  billFor,
  billInput,
  billRemovalInput,
  billsOf,
  CHRONIC_CARES,
  descriptionInput,
  diseaseOf,
  isOfWindow,
  newBill,
  outpatientLinesInput,
  prescriptionInput,
  registrationInput,
  type Bill,
  type Described,
  type Diagnosed,
  type Registering,
} from './outpatient-messages';
import { visitWords } from './outpatient-words';

/** How long back a window looks for the visits of a person. */
const LOOK_BACK_DAYS = 90;

const WORDS = {
  '5202': '查询诊断',
  '2201': '门诊挂号',
  '2202': '挂号撤销',
  '2203': '上传就诊信息',
  '2203A': '上传处方信息',
  '2204': '上传明细',
  '2205': '撤回明细',
  '2206': '预结算',
  '2207': '结算',
  '2208': '结算撤销',
} as const;

interface State {
  visits: readonly OutpatientVisit[];
  visit: OutpatientVisit | undefined;
  /** What was diagnosed, as the platform has it; nothing if nobody has asked. */
  diagnoses: readonly Diagnosed[] | undefined;
  /** The bills of the visit, and the one that is shown. */
  bills: readonly Bill[];
  bill: string;
  /** What that bill is (医疗类别), and the chronic disease that it is for. */
  care: string;
  disease: Named | undefined;
  drafts: readonly DraftLine[];
  trial: Settled | undefined;
  settlement: Settled | undefined;
  /** The settlement that holds the bill, if nobody knows yet what became of it. */
  waiting: boolean;
}

export function openOutpatient(institution: Institution) {
  const pharmacy = isPharmacy(institution);
  const ofBill = { drafts: [], trial: undefined, settlement: undefined, waiting: false };
  const fresh = {
    visit: undefined,
    diagnoses: undefined,
    bills: [],
    bill: '',
    care: '',
    disease: undefined,
    ...ofBill,
  };
  const state = reactive<State>({ visits: [], ...fresh });
  const counter = openCounter(institution, {
    words: WORDS,
    reversible: ['2201', '2207'],
    leaves: () => Object.assign(state, fresh, { visits: [] }),
    found: findVisits,
    reread: async () => {
      if (state.visit === undefined) return findVisits();
      // What was entered meanwhile is no part of what is read.
      const { drafts } = state;
      await readBills(state.bill);
      state.drafts = drafts;
    },
    reversed: async (infno) => {
      if (infno === '2201') await findVisits();
      else await readBills(state.bill);
    },
  });
  const { ask } = counter;
  const here = counter.state;

  const shownBill = computed(() => state.bills.find((one) => one.number === state.bill));
  /** The lines of the bill that is shown, as the platform has them. */
  const lines = computed<readonly SplitLine[]>(() => shownBill.value?.lines ?? []);
  const total = computed<Fen>(() => sum(lines.value.map((line) => line.amount)));
  /** The bill is settled: its lines neither come nor go. */
  const stands = computed(() => state.settlement !== undefined);

  const close = () => void Object.assign(state, fresh);

  function findVisits(): Promise<void> {
    return counter.visits(LOOK_BACK_DAYS, (output) => void (state.visits = readOutpatientVisits(output)));
  }

  async function open(visit: OutpatientVisit): Promise<void> {
    close();
    state.visit = visit;
    await readBills('');
  }

  /** What is there of the visit, and the bill of this number; without one, or where it is gone, the first that is free, or a new one. */
  async function readBills(number: string): Promise<void> {
    const { visit } = state;
    if (visit === undefined) return;
    const read = await counter.linesOf(visit.id, (lines) => void (state.bills = billsOf(lines)));
    if (!read) return;
    const wanted =
      state.bills.find((one) => one.number === number) ?? state.bills.find((one) => one.settlement === '');
    if (wanted === undefined) begin();
    else await choose(wanted);
  }

  /** Shows a bill, with the settlement that holds it. */
  async function choose(bill: Bill): Promise<void> {
    const { visit } = state;
    if (visit === undefined) return;
    Object.assign(state, ofBill, { bill: bill.number, care: visit.careType, disease: visit.disease });
    if (isOfWindow(bill)) {
      const code = diseaseOf(bill.number);
      state.care = billCares(visit.careType, bill)[0] ?? visit.careType;
      state.disease = code === '' ? undefined : diseaseNamed(code);
    }
    if (bill.settlement !== '') {
      state.settlement = await counter.settlementOf(visit.id, bill.settlement);
      if (state.settlement?.careType) state.care = state.settlement.careType;
      // No answer is no settlement either, and says so by itself.
      state.waiting = state.settlement === undefined && here.refusal === undefined;
    }
    const { disease } = state;
    if (disease?.name !== '') return;
    await counter.face.findDiseases();
    state.disease = diseaseNamed(disease.code);
  }

  /** A disease in the words in which it is known here. */
  const diseaseNamed = (code: string): Named =>
    [state.visit?.disease, ...(here.diseases ?? [])].find((one) => one?.code === code) ?? { code, name: '' };

  /** A new bill of the visit. */
  function begin(): void {
    const { visit } = state;
    const bill = newBill(momentAt(now()), state.bills.length);
    Object.assign(state, ofBill, { bill, care: visit?.careType ?? '', disease: visit?.disease });
  }

  async function register(registering: Registering): Promise<boolean> {
    const { person } = here;
    if (person === undefined) return false;
    return ask('2201', registrationInput(person, registering), async (output: OutputOf<'2201'>) => {
      const id = String((output as { data?: { mdtrt_id?: unknown } } | null)?.data?.mdtrt_id ?? '');
      await findVisits();
      const visit = state.visits.find((one) => one.id === id);
      if (visit !== undefined) await open(visit);
    });
  }

  /** 挂号撤销: of a visit without lines. */
  async function withdraw(): Promise<boolean> {
    const [person, visit] = [here.person, state.visit];
    if (person === undefined || visit === undefined) return false;
    const input = {
      data: { psn_no: person.number, mdtrt_id: visit.id, ipt_otp_no: visit.number },
    } as InputOf<'2202'>;
    return ask('2202', input, async () => {
      close();
      await findVisits();
    });
  }

  /** What was diagnosed before: what is described anew begins with it. */
  async function findDiagnoses(): Promise<void> {
    const [person, visit] = [here.person, state.visit];
    if (person === undefined || visit === undefined) return;
    const input = { data: { psn_no: person.number, mdtrt_id: visit.id } } as InputOf<'5202'>;
    await ask('5202', input, (output) => void (state.diagnoses = readDiagnoses(output)));
  }

  async function describe(described: Described): Promise<boolean> {
    const [person, visit] = [here.person, state.visit];
    if (person === undefined || visit === undefined) return false;
    const before = state.diagnoses ?? [];
    const then = async () => {
      state.trial = undefined;
      state.diagnoses = undefined;
      await findVisits();
      state.visit = state.visits.find((one) => one.id === visit.id) ?? visit;
      if (stands.value) return;
      const [care] = billCares(state.visit.careType, shownBill.value);
      state.care = care ?? state.visit.careType;
      if (shownBill.value === undefined) state.disease = state.visit.disease;
    };
    return pharmacy
      ? ask('2203A', prescriptionInput(person, visit, described, before), then)
      : ask('2203', descriptionInput(person, visit, described, before), then);
  }

  function addLine(line: Omit<DraftLine, 'serial' | 'at'>): void {
    state.drafts = [...state.drafts, counter.entry(line)];
    state.trial = undefined;
  }

  const dropLine = (which: string) => {
    state.drafts = state.drafts.filter((line) => line.serial !== which);
  };

  /** What the bill is. One for a chronic disease is for that of the visit, or for one for which the person is registered. */
  async function setCare(care: string): Promise<void> {
    Object.assign(state, { care, trial: undefined });
    if (!CHRONIC_CARES.includes(care) || shownBill.value !== undefined || state.disease !== undefined) return;
    await counter.face.findDiseases();
    state.disease = here.diseases?.[0];
  }

  const setDisease = (disease: Named | undefined) => void Object.assign(state, { disease, trial: undefined });

  /** Of a bill for a chronic disease every line names it. */
  async function upload(): Promise<boolean> {
    const { drafts, care } = state;
    const chronic = CHRONIC_CARES.includes(care);
    if (chronic && state.disease === undefined) {
      here.refusal = { code: 'field-missing', message: '请先选择这笔收费的病种，再上传明细' };
      return false;
    }
    const disease = chronic ? state.disease : undefined;
    return send(drafts, { number: billFor(state.bill, disease), disease });
  }

  /** Sends entered lines as those of a bill. */
  async function send(
    lines: readonly DraftLine[],
    bill: { readonly number: string; readonly disease: Named | undefined },
  ): Promise<boolean> {
    const [person, visit] = [here.person, state.visit];
    if (person === undefined || visit === undefined || lines.length === 0) return false;
    const { care } = state;
    const sent = new Set(lines.map((line) => line.serial));
    const of = { ...bill, prescription: pharmacy ? visit.number : undefined };
    return ask('2204', outpatientLinesInput(person, visit, of, lines), async () => {
      const drafts = state.drafts.filter((line) => !sent.has(line.serial));
      Object.assign(state, { bill: bill.number, drafts, trial: undefined });
      await readBills(bill.number);
      Object.assign(state, { care, drafts });
    });
  }

  /** 2205 takes back all lines of the bill or none: they are entered lines again. */
  async function takeBack(then: (back: readonly DraftLine[]) => Promise<void>): Promise<boolean> {
    const [person, visit, bill] = [here.person, state.visit, shownBill.value];
    if (person === undefined || visit === undefined || bill === undefined) return false;
    if (!isOfWindow(bill)) {
      const message = `这笔收费由${visitWords(pharmacy).software}上传，请在该软件中撤回明细`;
      here.refusal = { code: 'not-of-window', message };
      return false;
    }
    const back = bill.lines.map((line): DraftLine => ({
      serial: line.serial,
      item: { code: line.code, name: line.name },
      price: parseDecimal(line.price, PRICE_PLACES) ?? 0n,
      quantity: parseDecimal(line.quantity, QUANTITY_PLACES) ?? 0n,
      amount: line.amount,
      at: line.at,
    }));
    return ask('2205', billRemovalInput(person, visit.id, bill.number), async () => {
      state.bills = state.bills.filter((one) => one.number !== bill.number);
      Object.assign(state, { drafts: [...back, ...state.drafts], trial: undefined });
      await then(back);
    });
  }

  /** The bill's lines come back to be changed. */
  const takeBackLines = () => takeBack(async () => undefined);

  /** One line is taken back, and the others go out again under the number that they had. Until they have gone out they are entered lines. */
  async function removeLine(which: string): Promise<void> {
    const { bill: number, disease } = state;
    await takeBack(async (back) => {
      state.drafts = state.drafts.filter((line) => line.serial !== which);
      const others = back.filter((line) => line.serial !== which);
      if (others.length > 0) await send(others, { number, disease: diseaseOf(number) ? disease : undefined });
    });
  }

  async function settle(trial: boolean, useAccount: boolean): Promise<boolean> {
    const [person, visit, bill] = [here.person, state.visit, shownBill.value];
    if (person === undefined || visit === undefined || bill === undefined || stands.value) return false;
    const input = billInput(person, visit.id, {
      number: bill.number,
      careType: state.care,
      total: total.value,
      useAccount,
      place: institution.place,
    });
    if (trial) {
      return ask('2206', input, (output) => void (state.trial = counter.checked(output)));
    }
    return ask('2207', input, (output) => {
      const settled = counter.checked(output);
      if (settled === undefined) return;
      const settlement = settled.id ?? '';
      const bills = state.bills.map((one) => (one.number === bill.number ? { ...one, settlement } : one));
      Object.assign(state, { settlement: settled, trial: undefined, bills });
    });
  }

  /** What is said of the bill has changed: it is tried again. */
  const forgetTrial = () => void (state.trial = undefined);

  /** 2208: the bill is free again, with its lines. */
  async function cancel(): Promise<boolean> {
    const [person, visit, settlement, number] = [here.person, state.visit, state.settlement, state.bill];
    if (person === undefined || visit === undefined || !settlement?.id) return false;
    const input = cancellationInput(person, visit.id, settlement.id);
    return ask('2208', input, async () => {
      state.settlement = undefined;
      await readBills(number);
    });
  }

  return {
    ...toRefs(here),
    ...toRefs(state),
    ...counter.face,
    /** Whether it is a pharmacy's window, which sells by prescriptions of hospitals. */
    pharmacy,
    lines,
    total,
    stands,
    shownBill,
    close,
    open,
    choose,
    begin,
    register,
    withdraw,
    findDiagnoses,
    describe,
    addLine,
    dropLine,
    upload,
    removeLine,
    takeBackLines,
    settle,
    forgetTrial,
    setCare,
    setDisease,
    cancel,
  };
}

export type OutpatientWindow = ReturnType<typeof openOutpatient>;
