/**
 * A stay at the window, from who somebody is to the statement: what is known, what is under way, and what may be done next.
 *
 * A message whose answer did not come is kept, and nothing else is sent before the same message has been answered: whether a
 * settlement happened is never guessed.
 */

import { computed, reactive, shallowRef, toRefs } from 'vue';
import { newMsgid, send, type InputOf, type Message, type OutputOf } from '@/api/window';
import type { Institution } from '@/api/session';
import { now } from '@/shared/clock';
import { dayAt, momentAt, plusDays } from '@/shared/day';
import { sum } from '@/shared/money';
import type { Outcome, Refusal } from '@/shared/refusal';
import {
  brokenIdentities,
  readHolder,
  readLines,
  readPerson,
  readSettled,
  readVisits,
  type Person,
  type Settled,
  type SplitLine,
  type Visit,
} from './answers';
import {
  admissionInput,
  cancellationInput,
  cardInput,
  dischargeInput,
  lineRemovalInput,
  linesInput,
  personInput,
  reversalInput,
  settlementInput,
  takenBackInput,
  voucherInput,
  type Admission,
  type DraftLine,
} from './messages';

/** How long back a window looks for the stays of a person. */
const LOOK_BACK_DAYS = 180;

/** How the platform begins to say that a visit has no settlement (5203); the interface has no code for it. */
const NO_SETTLEMENT = '未查到结算ID';

const NOT_UNDERSTOOD = '平台的应答不符合接口规范，请勿收费并联系医保经办机构';

type Sent = keyof typeof WHAT;
const WHAT = {
  '1101': '查询人员',
  '1161': '读取社会保障卡',
  '1162': '解析电子凭证',
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
  '2601': '冲正',
} as const;

interface State {
  person: Person | undefined;
  visits: readonly Visit[];
  visit: Visit | undefined;
  lines: readonly SplitLine[];
  drafts: readonly DraftLine[];
  trial: Settled | undefined;
  settlement: Settled | undefined;
  busy: string | undefined;
  refusal: Refusal | undefined;
}

/** What is said of a refusal; where no answer came at all, that nobody knows. */
function hanging(refusal: Refusal, infno: Sent): Refusal {
  if (!refusal.unknown || refusal.code.startsWith('infcode')) return refusal;
  return { ...refusal, message: `${WHAT[infno]}没有收到应答，是否办成尚不清楚；请用原报文再查` };
}

export function openWindow(institution: Institution) {
  const state = reactive<State>({
    person: undefined,
    visits: [],
    visit: undefined,
    lines: [],
    drafts: [],
    trial: undefined,
    settlement: undefined,
    busy: undefined,
    refusal: undefined,
  });
  const unanswered = shallowRef<{ message: Message; then: (output: unknown) => void | Promise<void> }>();
  let serial = 0;

  const total = computed(() => sum(state.lines.map((line) => line.amount)));
  const stands = computed(() => state.settlement !== undefined);

  const reversible = computed(() => ['2304', '2401'].includes(unanswered.value?.message.infno ?? ''));

  /** Sends, says what is under way, and keeps what has not been answered. */
  async function ask<I extends Sent>(
    infno: I,
    input: InputOf<I>,
    then: (output: OutputOf<I>) => void | Promise<void>,
    insured?: string,
  ): Promise<boolean> {
    if (unanswered.value !== undefined) return false;
    const random = crypto.getRandomValues(new Uint8Array(14));
    const msgid = newMsgid(institution.code, now(), random);
    const where = insured ?? state.person?.insured;
    const message: Message = { infno, msgid, input, ...(where === undefined ? {} : { insured: where }) };
    return deliver(message, then as (output: unknown) => void | Promise<void>);
  }

  async function deliver(
    message: Message,
    then: (output: unknown) => void | Promise<void>,
  ): Promise<boolean> {
    state.busy = `正在${WHAT[message.infno as Sent]}…`;
    state.refusal = undefined;
    const outcome: Outcome<unknown> = await send(institution, message);
    state.busy = undefined;
    if (outcome.ok) {
      unanswered.value = undefined;
      try {
        await then(outcome.value);
      } catch (error) {
        const context = `infno ${message.infno}, msgid ${message.msgid}: ${String(error)}`;
        state.refusal = { code: 'not-understood', message: NOT_UNDERSTOOD, context };
        return false;
      }
      return true;
    }
    unanswered.value = outcome.refusal.unknown ? { message, then } : undefined;
    state.refusal = hanging(outcome.refusal, message.infno as Sent);
    return false;
  }

  /** Gives up what has not been answered: whatever became of it is undone, also if it comes later (2601). */
  async function reverse(): Promise<boolean> {
    const kept = unanswered.value;
    if (kept === undefined || state.person === undefined || !reversible.value) return false;
    const input = reversalInput(state.person, kept.message);
    const msgid = newMsgid(institution.code, now(), crypto.getRandomValues(new Uint8Array(14)));
    state.busy = `正在${WHAT['2601']}…`;
    const outcome = await send(institution, { infno: '2601', msgid, input, insured: state.person.insured });
    state.busy = undefined;
    if (!outcome.ok) {
      state.refusal = outcome.refusal;
      return false;
    }
    unanswered.value = undefined;
    state.refusal = undefined;
    await (kept.message.infno === '2401' ? findVisits() : readBill());
    return true;
  }

  /** Sends the unanswered message again, the same to the letter. */
  const again = () => {
    const kept = unanswered.value;
    return kept === undefined ? Promise.resolve(false) : deliver(kept.message, kept.then);
  };

  function close() {
    Object.assign(state, {
      visit: undefined,
      lines: [],
      drafts: [],
      trial: undefined,
      settlement: undefined,
    });
  }

  function leave() {
    close();
    Object.assign(state, { person: undefined, visits: [], refusal: undefined });
  }

  async function findPerson(certno: string, insured: string): Promise<boolean> {
    if (unanswered.value !== undefined) return false;
    leave();
    const found = await ask(
      '1101',
      personInput(certno),
      (output) => void (state.person = readPerson(output)),
      insured,
    );
    if (found) await findVisits();
    return found;
  }

  /** By the code that the person's phone shows; it is good for one message. */
  async function scanVoucher(code: string): Promise<boolean> {
    if (unanswered.value !== undefined) return false;
    leave();
    let holder: ReturnType<typeof readHolder>;
    const read = await ask('1162', voucherInput(code), (output) => {
      holder = readHolder(output);
      if (holder === undefined) throw new Error('no holder');
    });
    return read && holder !== undefined ? findPerson(holder.certno, holder.insured) : false;
  }

  /** By the social security card that a reader has read. */
  async function readCard(number: string, chip: string): Promise<boolean> {
    if (unanswered.value !== undefined) return false;
    leave();
    const read = await ask(
      '1161',
      cardInput(number, chip),
      (output) => void (state.person = readPerson(output)),
    );
    if (read) await findVisits();
    return read;
  }

  async function findVisits(): Promise<void> {
    const { person } = state;
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
    const { person, visit } = state;
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
    if (!found && state.refusal?.message.startsWith(NO_SETTLEMENT)) state.refusal = undefined;
  }

  async function admit(admission: Admission): Promise<boolean> {
    const { person } = state;
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
    const at = momentAt(now());
    const number = `${at.replaceAll(/\D/g, '').slice(2)}${String(serial).padStart(3, '0')}`;
    state.drafts = [...state.drafts, { ...line, serial: number, at }];
    state.trial = undefined;
  };

  const dropLine = (which: string) => {
    state.drafts = state.drafts.filter((line) => line.serial !== which);
  };

  async function upload(): Promise<boolean> {
    const { person, visit, drafts } = state;
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
    const { person, visit } = state;
    if (person === undefined || visit === undefined) return;
    const gone = await ask('2302', lineRemovalInput(person, visit.id, which), () => undefined);
    if (gone) {
      state.trial = undefined;
      await readBill();
    }
  }

  async function discharge(at: string, way: string): Promise<boolean> {
    const { person, visit } = state;
    if (person === undefined || visit === undefined) return false;
    const input = dischargeInput(person, visit.id, { at, way, department: visit.department, bed: visit.bed });
    const left = await ask('2402', input, () => undefined);
    if (left) state.visit = { ...visit, inHospital: false, ends: at };
    return left;
  }

  /** 出院撤销: the stay goes on. */
  async function takeBackDischarge(): Promise<boolean> {
    const { person, visit } = state;
    if (person === undefined || visit === undefined) return false;
    const back = await ask('2405', takenBackInput(person, visit.id), () => undefined);
    if (back) Object.assign(state, { visit: { ...visit, inHospital: true, ends: '' }, trial: undefined });
    return back;
  }

  /** 入院撤销: of a stay without lines, as if nobody had been admitted. */
  async function takeBackAdmission(): Promise<boolean> {
    const { person, visit } = state;
    if (person === undefined || visit === undefined) return false;
    const back = await ask('2404', takenBackInput(person, visit.id), () => undefined);
    if (back) {
      close();
      await findVisits();
    }
    return back;
  }

  async function settle(trial: boolean, useAccount: boolean): Promise<boolean> {
    const { person, visit } = state;
    if (person === undefined || visit === undefined) return false;
    const input = settlementInput(person, visit.id, total.value, useAccount);
    const take = (output: unknown) => {
      const settled = readSettled(output);
      const broken = settled === undefined ? ['应答中没有结算信息'] : brokenIdentities(settled);
      if (broken.length > 0) {
        state.refusal = {
          code: 'identity',
          message: `平台应答的金额不平衡，请勿收费并联系医保经办机构：${broken.join('；')}`,
        };
      } else if (trial) state.trial = settled;
      else Object.assign(state, { settlement: settled, trial: undefined });
    };
    return trial ? ask('2303', input, take) : ask('2304', input, take);
  }

  async function cancel(): Promise<boolean> {
    const { person, visit, settlement } = state;
    if (person === undefined || visit === undefined || !settlement?.id) return false;
    const input = cancellationInput(person, visit.id, settlement.id);
    const undone = await ask('2305', input, () => void (state.settlement = undefined));
    if (undone) await readBill();
    return undone;
  }

  return {
    ...toRefs(state),
    total,
    stands,
    /** Whether a message waits for its answer, and nothing else may be sent. */
    hanging: computed(() => unanswered.value !== undefined),
    /** Whether what waits can be given up (冲正). */
    reversible,
    again,
    reverse,
    leave,
    close,
    findPerson,
    scanVoucher,
    readCard,
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
