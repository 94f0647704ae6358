/**
 * A visit to an outpatient department at the window (门诊), from the registration to the statement: registered (2201), described (2203), charged by
 * bills (收费批次) that are tried and settled one by one while the visit stays open. What is known, and what may be done next.
 */

import { computed, reactive, toRefs } from 'vue';
import type { InputOf, OutputOf } from '@/api/window';
import type { Institution } from '@/api/session';
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
import { cancellationInput, type DraftLine } from './messages';
import {
  billInput,
  billRemovalInput,
  billsOf,
  CHRONIC_CARES,
  descriptionInput,
  newBill,
  outpatientLinesInput,
  registrationInput,
  type Bill,
  type Described,
  type Diagnosed,
  type Registering,
} from './outpatient-messages';

/** How long back a window looks for the visits of a person. */
const LOOK_BACK_DAYS = 90;

const WORDS = {
  '5202': '查询诊断',
  '2201': '门诊挂号',
  '2202': '挂号撤销',
  '2203': '上传就诊信息',
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
  /** What that bill is (医疗类别). */
  care: string;
  drafts: readonly DraftLine[];
  trial: Settled | undefined;
  settlement: Settled | undefined;
  /** The settlement that holds the bill, if nobody knows yet what became of it. */
  waiting: boolean;
}

export function openOutpatient(institution: Institution) {
  const ofBill = { drafts: [], trial: undefined, settlement: undefined, waiting: false };
  const fresh = { visit: undefined, diagnoses: undefined, bills: [], bill: '', care: '', ...ofBill };
  const state = reactive<State>({ visits: [], ...fresh });
  const counter = openCounter(institution, {
    words: WORDS,
    reversible: ['2201', '2207'],
    leaves: () => Object.assign(state, fresh, { visits: [] }),
    found: findVisits,
    reread: () => (state.visit === undefined ? findVisits() : readBills(state.bill)),
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
    Object.assign(state, ofBill, { bill: bill.number, care: visit.careType });
    if (bill.settlement === '') return;
    state.settlement = await counter.settlementOf(visit.id, bill.settlement);
    // No answer is no settlement either, and says so by itself.
    state.waiting = state.settlement === undefined && here.refusal === undefined;
  }

  /** A new bill of the visit. */
  function begin(): void {
    const bill = newBill(momentAt(now()), state.bills.length);
    Object.assign(state, ofBill, { bill, care: state.visit?.careType ?? '' });
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
    const input = descriptionInput(person, visit, described, state.diagnoses ?? []);
    return ask('2203', input, async () => {
      state.trial = undefined;
      state.diagnoses = undefined;
      await findVisits();
      state.visit = state.visits.find((one) => one.id === visit.id) ?? visit;
      if (!stands.value) state.care = state.visit.careType;
    });
  }

  function addLine(line: Omit<DraftLine, 'serial' | 'at'>): void {
    state.drafts = [...state.drafts, counter.entry(line)];
    state.trial = undefined;
  }

  const dropLine = (which: string) => {
    state.drafts = state.drafts.filter((line) => line.serial !== which);
  };

  /** Of a bill for a chronic disease every line names it. */
  async function upload(): Promise<boolean> {
    const [person, visit, drafts, number] = [here.person, state.visit, state.drafts, state.bill];
    if (person === undefined || visit === undefined || drafts.length === 0) return false;
    const disease = CHRONIC_CARES.includes(state.care) ? visit.disease : undefined;
    const input = outpatientLinesInput(person, visit, { number, disease }, drafts);
    return ask('2204', input, async () => {
      const { care } = state;
      Object.assign(state, { drafts: [], trial: undefined });
      await readBills(number);
      state.care = care;
    });
  }

  /** 2205: the bill's lines come back to be changed. It is all of them or none. */
  async function takeBackLines(): Promise<boolean> {
    const [person, visit, bill] = [here.person, state.visit, shownBill.value];
    if (person === undefined || visit === undefined || bill === undefined) return false;
    const back = bill.lines.map((line): DraftLine => ({
      serial: line.serial,
      item: { code: line.code, name: line.name },
      price: parseDecimal(line.price, PRICE_PLACES) ?? 0n,
      quantity: parseDecimal(line.quantity, QUANTITY_PLACES) ?? 0n,
      amount: line.amount,
      at: line.at,
    }));
    return ask('2205', billRemovalInput(person, visit.id, bill.number), () => {
      state.bills = state.bills.filter((one) => one.number !== bill.number);
      Object.assign(state, { drafts: [...back, ...state.drafts], trial: undefined });
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
  const setCare = (care: string) => void Object.assign(state, { care, trial: undefined });

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
    takeBackLines,
    settle,
    forgetTrial,
    setCare,
    cancel,
  };
}

export type OutpatientWindow = ReturnType<typeof openOutpatient>;
