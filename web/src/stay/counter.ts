/**
 * A counter: who stands at it, what is under way, and what has not been answered. What is done there — a stay, a purchase — is built on it.
 *
 * A message whose answer did not come is kept, and nothing else is sent before the same message has been answered: whether a
 * settlement happened is never guessed.
 */

import { computed, reactive, shallowRef, type Ref } from 'vue';
import { newMsgid, send, type InputOf, type Message, type OutputOf } from '@/api/window';
import type { Institution } from '@/api/session';
import { now } from '@/shared/clock';
import { dayAt, momentAt, plusDays } from '@/shared/day';
import type { Fen } from '@/shared/money';
import type { Outcome, Refusal } from '@/shared/refusal';
import {
  brokenIdentities,
  readHolder,
  readLines,
  readPerson,
  readSettled,
  type Holder,
  type Person,
  type Settled,
  type Shown,
  type SplitLine,
} from './answers';
import {
  cardInput,
  numbered,
  personInput,
  reversalInput,
  voucherInput,
  type DraftLine,
  type Named,
} from './messages';

const NOT_UNDERSTOOD = '平台的应答不符合接口规范，请勿收费并联系医保经办机构';

/** How the platform begins to say that a visit has no settlement (5203); the interface has no code for it. */
const NO_SETTLEMENT = '未查到结算ID';

/** What is sent at every counter, as it is called while it is under way. */
const COMMON: Readonly<Record<string, string>> = {
  '5201': '查询就诊',
  '5203': '查询结算',
  '5204': '查询明细',
  '5301': '查询慢特病登记',
  '1101': '查询人员',
  '1161': '读取社会保障卡',
  '1162': '解析电子凭证',
  '2601': '冲正',
};

/** What every counter shows and does about whoever stands at it. */
export type PersonAtCounter = Pick<
  ReturnType<typeof openCounter>['face'],
  'idle' | 'hanging' | 'findPerson' | 'scanVoucher' | 'readCard'
> & {
  readonly person: Ref<Person | undefined>;
  readonly busy: Ref<string | undefined>;
  readonly drafts: Ref<readonly DraftLine[]>;
};

/** What every counter's page shows of what is under way. */
export type AtCounter = PersonAtCounter &
  Pick<ReturnType<typeof openCounter>['face'], 'reversible' | 'again' | 'reverse'> & {
    readonly refusal: Ref<Refusal | undefined>;
  };

/** A visit that is open at a counter, and can be left for another one. */
export interface VisitAtCounter {
  readonly idle: Readonly<Ref<boolean>>;
  readonly drafts: Ref<readonly DraftLine[]>;
  readonly close: () => void;
}

/** What is tried and settled at a counter. */
export interface Settling {
  readonly idle: Readonly<Ref<boolean>>;
  readonly person: Ref<Person | undefined>;
  readonly trial: Ref<Settled | undefined>;
  readonly settlement: Ref<Settled | undefined>;
  readonly stands: Readonly<Ref<boolean>>;
  /** What is to be settled comes to so much. */
  readonly total: Readonly<Ref<Fen>>;
}

/** A bill that is entered at a counter. */
export interface Bill {
  readonly idle: Readonly<Ref<boolean>>;
  /** Entered, and not at the platform yet. */
  readonly drafts: Ref<readonly DraftLine[]>;
  /** As the platform has them. */
  readonly lines: Ref<readonly SplitLine[]>;
  /** It is settled: lines neither come nor go. */
  readonly stands: Readonly<Ref<boolean>>;
  readonly addLine: (line: Omit<DraftLine, 'serial' | 'at'>) => void;
  readonly dropLine: (serial: string) => void;
  /** Of a bill whose lines go out before it is settled … */
  readonly upload?: () => Promise<boolean>;
  /** … one of them is taken back, or all of them come back to be changed … */
  readonly removeLine?: (serial: string) => Promise<void>;
  readonly takeBackLines?: () => Promise<boolean>;
  /** … and of one whose lines go out with it, each line as the last trial splits it. */
  readonly split?: Readonly<Ref<ReadonlyMap<string, SplitLine>>>;
}

/** A message by which another one is given up. */
interface Giving {
  readonly infno: string;
  readonly input: unknown;
}

/** What is done at a counter. */
export interface Doing {
  /** What its messages are called while they are under way. */
  readonly words: Readonly<Record<string, string>>;
  /** Those that can be given up while nobody knows what became of them (冲正). */
  readonly reversible: readonly string[];
  /** By which message one of them is given up, where it is another than 2601. */
  readonly reversal?: (person: Person, message: Message) => Giving | undefined;
  /** Whoever stood there has left: what was about them is forgotten. */
  readonly leaves: () => void;
  /** Somebody has been found. */
  readonly found: () => Promise<void>;
  /** A question was answered late: what was read after it is read again. */
  readonly reread: () => Promise<void>;
  /** A message was given up, by its number. */
  readonly reversed: (infno: string) => Promise<void>;
}

interface State {
  person: Person | undefined;
  /** What the person is registered for (门诊慢特病); nothing if nobody has asked. */
  diseases: readonly Named[] | undefined;
  busy: string | undefined;
  refusal: Refusal | undefined;
}

type Then = (output: unknown) => void | Promise<void>;

export function openCounter(institution: Institution, doing: Doing) {
  const state = reactive<State>({
    person: undefined,
    diseases: undefined,
    busy: undefined,
    refusal: undefined,
  });
  const unanswered = shallowRef<{ message: Message; then: Then }>();
  const wordsOf = (infno: string) => doing.words[infno] ?? COMMON[infno] ?? infno;
  const id = () => newMsgid(institution.code, now(), crypto.getRandomValues(new Uint8Array(14)));
  const reversible = computed(() => doing.reversible.includes(unanswered.value?.message.infno ?? ''));

  /** What is said of a refusal; where no answer came at all, that nobody knows. */
  function hanging(refusal: Refusal, infno: string): Refusal {
    if (!refusal.unknown || refusal.code.startsWith('infcode')) return refusal;
    return { ...refusal, message: `${wordsOf(infno)}没有收到应答，是否办成尚不清楚；请用原报文再查` };
  }

  /** Sends, says what is under way, and keeps what has not been answered. */
  async function ask<I extends string>(
    infno: I,
    input: InputOf<I>,
    then: (output: OutputOf<I>) => void | Promise<void>,
    insured?: string,
  ): Promise<boolean> {
    if (unanswered.value !== undefined) return false;
    const where = insured ?? state.person?.insured;
    const message: Message = {
      infno,
      msgid: id(),
      input,
      ...(where === undefined ? {} : { insured: where }),
    };
    return deliver(message, then as Then);
  }

  async function deliver(message: Message, then: Then): Promise<boolean> {
    state.busy = `正在${wordsOf(message.infno)}…`;
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
    state.refusal = hanging(outcome.refusal, message.infno);
    return false;
  }

  /** Gives up what has not been answered: whatever became of it is undone, also if it comes later. */
  async function reverse(): Promise<boolean> {
    const kept = unanswered.value;
    if (kept === undefined || state.person === undefined || !reversible.value) return false;
    const { person } = state;
    const giving: Giving = doing.reversal?.(person, kept.message) ?? {
      infno: '2601',
      input: reversalInput(person, kept.message),
    };
    state.busy = `正在${wordsOf(giving.infno)}…`;
    const outcome = await send(institution, { ...giving, msgid: id(), insured: person.insured });
    state.busy = undefined;
    if (!outcome.ok) {
      state.refusal = outcome.refusal;
      return false;
    }
    unanswered.value = undefined;
    state.refusal = undefined;
    await doing.reversed(kept.message.infno);
    return true;
  }

  /** Sends the unanswered message again, the same to the letter. */
  async function again(): Promise<boolean> {
    const kept = unanswered.value;
    if (kept === undefined || !(await deliver(kept.message, kept.then))) return false;
    // Whoever asked has not waited for it. Numbers of questions begin so.
    if (kept.message.infno.startsWith('5')) await doing.reread();
    return true;
  }

  /** What a trial or a settlement came to; nothing of an answer whose amounts do not balance: on such a one no money is taken. */
  function checked(output: unknown): Settled | undefined {
    const settled = readSettled(output);
    const broken = settled === undefined ? ['应答中没有结算信息'] : brokenIdentities(settled);
    if (broken.length === 0) return settled;
    state.refusal = {
      code: 'identity',
      message: `平台应答的金额不平衡，请勿收费并联系医保经办机构：${broken.join('；')}`,
    };
    return undefined;
  }

  function leave() {
    doing.leaves();
    Object.assign(state, { person: undefined, diseases: undefined, refusal: undefined });
  }

  async function findPerson(certno: string, insured: string, shown?: Shown): Promise<boolean> {
    if (unanswered.value !== undefined) return false;
    leave();
    const found = await ask(
      '1101',
      personInput(certno, shown),
      (output) => void (state.person = readPerson(output, shown)),
      insured,
    );
    if (found) await doing.found();
    return found;
  }

  /** By the code that the person's phone shows; it is good for one message. */
  async function scanVoucher(code: string): Promise<boolean> {
    if (unanswered.value !== undefined) return false;
    leave();
    let holder: Holder | undefined;
    const read = await ask('1162', voucherInput(code), (output) => {
      holder = readHolder(output);
      if (holder === undefined) throw new Error('no holder');
    });
    if (!read || holder === undefined) return false;
    return findPerson(holder.certno, holder.insured, { kind: '01', number: holder.token, chip: '' });
  }

  /** By the social security card that a reader has read. */
  async function readCard(number: string, chip: string): Promise<boolean> {
    if (unanswered.value !== undefined) return false;
    leave();
    const read = await ask(
      '1161',
      cardInput(number, chip),
      (output) => void (state.person = readPerson(output, { kind: '03', number, chip })),
    );
    if (read) await doing.found();
    return read;
  }

  /** What the person has been here for in so many days up to now (5201). */
  async function visits(days: number, take: (output: unknown) => void): Promise<void> {
    const { person } = state;
    if (person === undefined) return;
    const today = dayAt(now());
    const [begntime, endtime] = [`${plusDays(today, -days)} 00:00:00`, `${plusDays(today, 1)} 00:00:00`];
    await ask('5201', { data: { psn_no: person.number, begntime, endtime } } as InputOf<'5201'>, take);
  }

  /** A settlement as the platform has it, by its id or the last one of a visit (5203); nothing where it has none. */
  async function settlementOf(visit: string, id?: string): Promise<Settled | undefined> {
    const { person } = state;
    if (person === undefined) return undefined;
    const data = { psn_no: person.number, mdtrt_id: visit, ...(id === undefined ? {} : { setl_id: id }) };
    let settled: Settled | undefined;
    const found = await ask('5203', { data } as InputOf<'5203'>, (output) => {
      settled = readSettled(output);
    });
    if (!found && state.refusal?.message.startsWith(NO_SETTLEMENT)) state.refusal = undefined;
    return settled;
  }

  /** The lines of a visit (5204). */
  function linesOf(visit: string, take: (lines: SplitLine[]) => void): Promise<boolean> {
    const data = { psn_no: state.person?.number ?? '', mdtrt_id: visit };
    return ask('5204', { data } as InputOf<'5204'>, (output) => take(readLines(output)));
  }

  /** For which chronic diseases the person is registered (5301); asked once. */
  async function findDiseases(): Promise<void> {
    const { person } = state;
    if (person === undefined || state.diseases !== undefined) return;
    const input = { data: { psn_no: person.number } } as InputOf<'5301'>;
    await ask('5301', input, (output: OutputOf<'5301'>) => {
      state.diseases = output.feedetail.map((row) => ({
        code: row.opsp_dise_code,
        name: row.opsp_dise_name,
      }));
    });
  }

  let entered = 0;
  /** A line that is entered here, under a number of its own. */
  function entry(line: Omit<DraftLine, 'serial' | 'at'>): DraftLine {
    entered += 1;
    return numbered(line, entered, momentAt(now()));
  }

  return {
    state,
    ask,
    checked,
    visits,
    settlementOf,
    linesOf,
    entry,
    /** What every counter shows and does, whatever is done there. */
    face: {
      /** Nothing is under way, and nothing waits for its answer: something may be sent. */
      idle: computed(() => state.busy === undefined && unanswered.value === undefined),
      /** Whether a message waits for its answer, and nothing else may be sent. */
      hanging: computed(() => unanswered.value !== undefined),
      /** Whether what waits can be given up (冲正). */
      reversible,
      again,
      reverse,
      leave,
      findPerson,
      scanVoucher,
      readCard,
      findDiseases,
    },
  };
}
