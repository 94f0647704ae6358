/** A stay at the window, from who somebody is to the statement: what is known, and what may be done next. */

import { computed, reactive, toRefs } from 'vue';
import type { InputOf } from '@/api/window';
import type { Institution } from '@/api/session';
import { now } from '@/shared/clock';
import { dayAt, momentAt, plusDays } from '@/shared/day';
import { sum } from '@/shared/money';
import {
  brokenIdentities,
  readLines,
  readSettled,
  readVisits,
  type Settled,
  type SplitLine,
  type Visit,
} from './answers';
import { openCounter } from './counter';
import {
  admissionInput,
  cancellationInput,
  dischargeInput,
  lineRemovalInput,
  linesInput,
  numbered,
  settlementInput,
  takenBackInput,
  type Admission,
  type DraftLine,
} from './messages';

/** How long back a window looks for the stays of a person. */
const LOOK_BACK_DAYS = 180;

/** How the platform begins to say that a visit has no settlement (5203); the interface has no code for it. */
const NO_SETTLEMENT = '未查到结算ID';

const WORDS = {
  '5201': '查询就诊',
  '2401': '入院办理',
  '2404': '入院撤销',
  '2301': '上传明细',
  '2302': '删除明细',
  '5204': '查询明细',
  '2402': '出院办理',
  '2405': '出院撤销',
  '2303': '预结算',
  '2304': '结算',
  '5203': '查询结算',
  '2305': '结算撤销',
} as const;

interface State {
  visits: readonly Visit[];
  visit: Visit | undefined;
  lines: readonly SplitLine[];
  drafts: readonly DraftLine[];
  trial: Settled | undefined;
  settlement: Settled | undefined;
}

export function openWindow(institution: Institution) {
  const state = reactive<State>({
    visits: [],
    visit: undefined,
    lines: [],
    drafts: [],
    trial: undefined,
    settlement: undefined,
  });
  const counter = openCounter(institution, {
    words: WORDS,
    reversible: ['2304', '2401'],
    leaves: () => {
      close();
      state.visits = [];
    },
    found: findVisits,
    reversed: (infno) => (infno === '2401' ? findVisits() : readBill()),
  });
  const { ask } = counter;
  const here = counter.state;
  let serial = 0;

  const total = computed(() => sum(state.lines.map((line) => line.amount)));
  const stands = computed(() => state.settlement !== undefined);

  function close() {
    Object.assign(state, {
      visit: undefined,
      lines: [],
      drafts: [],
      trial: undefined,
      settlement: undefined,
    });
  }

  async function findVisits(): Promise<void> {
    const { person } = here;
    if (person === undefined) return;
    const today = dayAt(now());
    const input = {
      data: {
        psn_no: person.number,
        begntime: `${plusDays(today, -LOOK_BACK_DAYS)} 00:00:00`,
        endtime: `${plusDays(today, 1)} 00:00:00`,
      },
    } as InputOf<'5201'>;
    await ask('5201', input, (output) => void (state.visits = readVisits(output)));
  }

  async function open(visit: Visit): Promise<void> {
    close();
    state.visit = visit;
    await readBill();
  }

  /** The lines as the platform has them, and the settlement that holds them. */
  async function readBill(): Promise<void> {
    const [person, visit] = [here.person, state.visit];
    if (person === undefined || visit === undefined) return;
    const input = { data: { psn_no: person.number, mdtrt_id: visit.id } };
    const read = await ask('5204', input as InputOf<'5204'>, (output) => {
      state.lines = readLines(output);
    });
    if (!read) return;
    // The last settlement of the visit, if it has one; one that is undone is none.
    const found = await ask('5203', input as InputOf<'5203'>, (output) => {
      const settled = readSettled(output);
      state.settlement = settled?.undone ? undefined : settled;
    });
    if (!found && here.refusal?.message.startsWith(NO_SETTLEMENT)) here.refusal = undefined;
  }

  async function admit(admission: Admission): Promise<boolean> {
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

  const addLine = (line: Omit<DraftLine, 'serial' | 'at'>) => {
    serial += 1;
    state.drafts = [...state.drafts, numbered(line, serial, momentAt(now()))];
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

  async function settle(trial: boolean, useAccount: boolean): Promise<boolean> {
    const [person, visit] = [here.person, state.visit];
    if (person === undefined || visit === undefined) return false;
    const input = settlementInput(person, visit.id, total.value, useAccount);
    const take = (output: unknown) => {
      const settled = readSettled(output);
      const broken = settled === undefined ? ['应答中没有结算信息'] : brokenIdentities(settled);
      if (broken.length > 0) {
        here.refusal = {
          code: 'identity',
          message: `平台应答的金额不平衡，请勿收费并联系医保经办机构：${broken.join('；')}`,
        };
      } else if (trial) state.trial = settled;
      else Object.assign(state, { settlement: settled, trial: undefined });
    };
    return trial ? ask('2303', input, take) : ask('2304', input, take);
  }

  async function cancel(): Promise<boolean> {
    const [person, visit, settlement] = [here.person, state.visit, state.settlement];
    if (person === undefined || visit === undefined || !settlement?.id) return false;
    const input = cancellationInput(person, visit.id, settlement.id);
    const undone = await ask('2305', input, () => void (state.settlement = undefined));
    if (undone) await readBill();
    return undone;
  }

  return {
    ...toRefs(here),
    ...toRefs(state),
    total,
    stands,
    hanging: counter.hanging,
    reversible: counter.reversible,
    again: counter.again,
    reverse: counter.reverse,
    leave: counter.leave,
    close,
    findPerson: counter.findPerson,
    scanVoucher: counter.scanVoucher,
    readCard: counter.readCard,
    open,
    admit,
    addLine,
    dropLine,
    upload,
    removeLine,
    discharge,
    takeBackDischarge,
    takeBackAdmission,
    settle,
    cancel,
  };
}

export type StayWindow = ReturnType<typeof openWindow>;
