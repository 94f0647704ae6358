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
import type { Outcome, Refusal } from '@/shared/refusal';
import { readHolder, readPerson, type Person, type SplitLine } from './answers';
import { cardInput, personInput, reversalInput, voucherInput, type DraftLine } from './messages';

const NOT_UNDERSTOOD = '平台的应答不符合接口规范，请勿收费并联系医保经办机构';

/** What is sent at every counter, as it is called while it is under way. */
const COMMON: Readonly<Record<string, string>> = {
  '1101': '查询人员',
  '1161': '读取社会保障卡',
  '1162': '解析电子凭证',
  '2601': '冲正',
};

/** What every counter shows and does about whoever stands at it. */
export type PersonAtCounter = Pick<
  ReturnType<typeof openCounter>,
  'hanging' | 'findPerson' | 'scanVoucher' | 'readCard'
> & {
  readonly person: Ref<Person | undefined>;
  readonly busy: Ref<string | undefined>;
  readonly drafts: Ref<readonly DraftLine[]>;
};

/** A bill that is entered at a counter. */
export interface Bill {
  readonly busy: Ref<string | undefined>;
  readonly hanging: Readonly<Ref<boolean>>;
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
  readonly removeLine?: (serial: string) => Promise<void>;
  /** … and of one whose lines go out with it, each line as the last trial splits it. */
  readonly split?: Readonly<Ref<ReadonlyMap<string, SplitLine>>>;
}

/** What is done at a counter. */
export interface Doing {
  /** What its messages are called while they are under way. */
  readonly words: Readonly<Record<string, string>>;
  /** Those that can be given up while nobody knows what became of them (冲正). */
  readonly reversible: readonly string[];
  /** Whoever stood there has left: what was about them is forgotten. */
  readonly leaves: () => void;
  /** Somebody has been found. */
  readonly found: () => Promise<void>;
  /** A message was given up, by its number. */
  readonly reversed: (infno: string) => Promise<void>;
}

interface State {
  person: Person | undefined;
  busy: string | undefined;
  refusal: Refusal | undefined;
}

type Then = (output: unknown) => void | Promise<void>;

export function openCounter(institution: Institution, doing: Doing) {
  const state = reactive<State>({ person: undefined, busy: undefined, refusal: undefined });
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

  /** Gives up what has not been answered: whatever became of it is undone, also if it comes later (2601). */
  async function reverse(): Promise<boolean> {
    const kept = unanswered.value;
    if (kept === undefined || state.person === undefined || !reversible.value) return false;
    const input = reversalInput(state.person, kept.message);
    state.busy = `正在${wordsOf('2601')}…`;
    const message = { infno: '2601', msgid: id(), input, insured: state.person.insured };
    const outcome = await send(institution, message);
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
  const again = () => {
    const kept = unanswered.value;
    return kept === undefined ? Promise.resolve(false) : deliver(kept.message, kept.then);
  };

  function leave() {
    doing.leaves();
    Object.assign(state, { person: undefined, refusal: undefined });
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
    if (found) await doing.found();
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
    if (read) await doing.found();
    return read;
  }

  return {
    state,
    ask,
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
  };
}
