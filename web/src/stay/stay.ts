/** A stay at the window, from who somebody is to the statement: what is known, and what may be done next. */

import { computed, reactive, toRefs } from 'vue';
import type { Institution } from '@/api/session';
import { sum } from '@/shared/money';
import { readVisits, type Settled, type SplitLine, type Visit } from './answers';
import { openCounter } from './counter';
import {
  admissionInput,
  cancellationInput,
  correctionInput,
  dischargeInput,
  lineRemovalInput,
  linesInput,
  settlementInput,
  takenBackInput,
  type AdmissionSaid,
  type DraftLine,
} from './messages';

/** How long back a window looks for the stays of a person. */
const LOOK_BACK_DAYS = 180;

const WORDS = {
  '2401': '入院办理',
  '2403': '变更住院信息',
  '2404': '入院撤销',
  '2301': '上传明细',
  '2302': '删除明细',
  '2402': '出院办理',
  '2405': '出院撤销',
  '2303': '预结算',
  '2304': '结算',
  '2305': '结算撤销',
} as const;

interface State {
  visits: readonly Visit[];
  visit: Visit | undefined;
  lines: readonly SplitLine[];
  drafts: readonly DraftLine[];
  trial: Settled | undefined;
  /** What settled the stay whole. */
  settlement: Settled | undefined;
  /** Settlements in the middle of it (中途结算) that stand, the oldest first. */
  midway: readonly Settled[];
  /** One of them whose outcome is not known yet, by its 结算ID. */
  waiting: string | undefined;
}

export function openWindow(institution: Institution) {
  const fresh = {
    visit: undefined,
    lines: [],
    drafts: [],
    trial: undefined,
    settlement: undefined,
    midway: [],
    waiting: undefined,
  };
  const state = reactive<State>({ visits: [], ...fresh });
  const counter = openCounter(institution, {
    words: WORDS,
    reversible: ['2304', '2401'],
    leaves: () => {
      close();
      state.visits = [];
    },
    found: findVisits,
    reread: () => (state.visit === undefined ? findVisits() : readBill()),
    reversed: (infno) => (infno === '2401' ? findVisits() : readBill()),
  });
  const { ask } = counter;
  const here = counter.state;

  /** The lines that were not settled midway: what a settlement now is about. */
  const unsettled = computed(() => state.lines.filter((line) => line.settlement === ''));
  const total = computed(() => sum(unsettled.value.map((line) => line.amount)));
  const stands = computed(() => state.settlement !== undefined);

  const close = () => void Object.assign(state, fresh);

  function findVisits(): Promise<void> {
    return counter.visits(LOOK_BACK_DAYS, (output) => void (state.visits = readVisits(output)));
  }

  async function open(visit: Visit): Promise<void> {
    close();
    state.visit = visit;
    await readBill();
  }

  /** The lines as the platform has them, and the settlements that hold them. */
  async function readBill(): Promise<void> {
    const { visit } = state;
    if (visit === undefined) return;
    const read = await counter.linesOf(visit.id, (lines) => void (state.lines = lines));
    if (!read) return;
    // The last settlement of the visit, if it has one; one that is undone is none. Lines name those alone that were made midway.
    const last = await counter.settlementOf(visit.id);
    const ids = [...new Set(state.lines.map((line) => line.settlement))].filter((id) => id !== '').sort();
    const midway: Settled[] = [];
    state.waiting = undefined;
    for (const id of ids) {
      const one = last?.id === id ? last : await counter.settlementOf(visit.id, id);
      if (one === undefined) state.waiting = id;
      else if (!one.undone) midway.push(one);
    }
    state.midway = midway;
    state.settlement = last === undefined || last.undone || ids.includes(last.id ?? '') ? undefined : last;
  }

  async function admit(admission: AdmissionSaid): Promise<boolean> {
    const { person } = here;
    if (person === undefined) return false;
    let id = '';
    const input = admissionInput(person, admission, institution.place);
    const admitted = await ask('2401', input, (output) => {
      id = String((output as { result?: { mdtrt_id?: unknown } }).result?.mdtrt_id ?? '');
    });
    if (!admitted) return false;
    await findVisits();
    const visit = state.visits.find((one) => one.id === id);
    if (visit !== undefined) await open(visit);
    return true;
  }

  /** 住院信息变更: the admission of the open stay, as it should be. */
  async function correct(admission: AdmissionSaid): Promise<boolean> {
    const [person, visit] = [here.person, state.visit];
    if (person === undefined || visit === undefined) return false;
    const done = await ask('2403', correctionInput(person, visit.id, admission), () => undefined);
    if (!done) return false;
    state.trial = undefined;
    await findVisits();
    state.visit = state.visits.find((one) => one.id === visit.id) ?? visit;
    return true;
  }

  const addLine = (line: Omit<DraftLine, 'serial' | 'at'>) => {
    state.drafts = [...state.drafts, counter.entry(line)];
    state.trial = undefined;
  };

  const dropLine = (which: string) => {
    state.drafts = state.drafts.filter((line) => line.serial !== which);
  };

  async function upload(): Promise<boolean> {
    const [person, visit, drafts] = [here.person, state.visit, state.drafts];
    if (person === undefined || visit === undefined || drafts.length === 0) return false;
    const sent = await ask(
      '2301',
      linesInput(person, visit.id, visit, drafts),
      () => void (state.drafts = []),
    );
    if (sent) {
      state.trial = undefined;
      await readBill();
    }
    return sent;
  }

  async function removeLine(which: string): Promise<void> {
    const [person, visit] = [here.person, state.visit];
    if (person === undefined || visit === undefined) return;
    const gone = await ask('2302', lineRemovalInput(person, visit.id, which), () => undefined);
    if (gone) {
      state.trial = undefined;
      await readBill();
    }
  }

  async function discharge(at: string, way: string): Promise<boolean> {
    const [person, visit] = [here.person, state.visit];
    if (person === undefined || visit === undefined) return false;
    const input = dischargeInput(person, visit.id, { at, way, department: visit.department, bed: visit.bed });
    const left = await ask('2402', input, () => undefined);
    if (left) state.visit = { ...visit, inHospital: false, ends: at };
    return left;
  }

  /** 出院撤销: the stay goes on. */
  async function takeBackDischarge(): Promise<boolean> {
    const [person, visit] = [here.person, state.visit];
    if (person === undefined || visit === undefined) return false;
    const back = await ask('2405', takenBackInput(person, visit.id), () => undefined);
    if (back) Object.assign(state, { visit: { ...visit, inHospital: true, ends: '' }, trial: undefined });
    return back;
  }

  /** 入院撤销: of a stay without lines, as if nobody had been admitted. */
  async function takeBackAdmission(): Promise<boolean> {
    const [person, visit] = [here.person, state.visit];
    if (person === undefined || visit === undefined) return false;
    const back = await ask('2404', takenBackInput(person, visit.id), () => undefined);
    if (back) {
      close();
      await findVisits();
    }
    return back;
  }

  /** Tries, or settles: while the patient is in hospital what has been charged so far (中途结算), else the stay. */
  async function settle(trial: boolean, useAccount: boolean): Promise<boolean> {
    const [person, visit] = [here.person, state.visit];
    if (person === undefined || visit === undefined) return false;
    const midway = visit.inHospital;
    const input = settlementInput(person, visit.id, total.value, { useAccount, midway });
    let settled: Settled | undefined;
    const take = (output: unknown) => {
      settled = counter.checked(output);
      if (settled === undefined) return;
      if (trial) state.trial = settled;
      else if (midway) Object.assign(state, { midway: [...state.midway, settled], trial: undefined });
      else Object.assign(state, { settlement: settled, trial: undefined });
    };
    // Sent again after a broken line, it goes on likewise.
    const then = async (output: unknown) => {
      take(output);
      if (!trial && midway && settled !== undefined) await readBill();
    };
    return trial ? ask('2303', input, take) : ask('2304', input, then);
  }

  const forgetTrial = () => void (state.trial = undefined);

  /** Takes back what settled the stay, or the last of what was settled midway: those before it stand under it. */
  async function cancel(): Promise<boolean> {
    const [person, visit] = [here.person, state.visit];
    const settlement = state.settlement ?? state.midway.at(-1);
    if (person === undefined || visit === undefined || !settlement?.id) return false;
    const input = cancellationInput(person, visit.id, settlement.id);
    const undone = await ask('2305', input, () => {
      if (state.settlement === undefined) state.midway = state.midway.slice(0, -1);
      else state.settlement = undefined;
      state.trial = undefined;
    });
    if (undone) await readBill();
    return undone;
  }

  return {
    ...toRefs(here),
    ...toRefs(state),
    ...counter.face,
    total,
    unsettled,
    stands,
    close,
    open,
    admit,
    correct,
    addLine,
    dropLine,
    upload,
    removeLine,
    discharge,
    takeBackDischarge,
    takeBackAdmission,
    settle,
    forgetTrial,
    cancel,
  };
}

export type StayWindow = ReturnType<typeof openWindow>;
