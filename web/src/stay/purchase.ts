/**
 * A purchase at a pharmacy's counter (药店购药), from who somebody is to the statement. What is bought goes out whole with the trial and with
 * the settlement; nothing of it is at the platform before. One that was settled is found again by its buyer, and taken back whole. What the buyer
 * is to confirm on the phone goes out as an order (2166), which waits there (2170); confirmed, it is a purchase like others, which is also found as an
 * order (2171), given back (2163) or made not to have been (2181) by its number.
 */

import { computed, reactive, toRefs } from 'vue';
import type { InputOf } from '@/api/window';
import type { Institution } from '@/api/session';
import { now } from '@/shared/clock';
import { momentAt } from '@/shared/day';
import { formatDecimal } from '@/shared/decimal';
import { jsonNumber, PRICE_PLACES, QUANTITY_PLACES, readAmount, sum, yuan, type Fen } from '@/shared/money';
import {
  readLines,
  readPurchases,
  type Person,
  type Purchase,
  type Settled,
  type SplitLine,
} from './answers';
import { openCounter } from './counter';
import { bearer, cancellationInput, charged, type DraftLine, type Named } from './messages';

/** How long back a counter looks for what a person has bought. */
const LOOK_BACK_DAYS = 90;

/** 医疗类别: bought as anybody does, or for a chronic disease for which the person is registered. */
export const ORDINARY = '41';
export const CHRONIC = '14';

const WORDS = {
  '2101': '预结算',
  '2102': '结算',
  '2103': '结算撤销',
  '5201': '查询购药记录',
  '2161': '查询购药人',
  '2163': '退费',
  '2166': '发送订单',
  '2167': '取消订单',
  '2170': '查询订单',
  '2171': '查询已确认的订单',
  '2181': '冲正订单',
} as const;

/** What is said of a purchase beside its lines. */
export interface Said {
  /** `ORDINARY` or `CHRONIC`. */
  readonly careType: string;
  /** The disease that it is for, where it is for one. */
  readonly disease: Named | undefined;
  /** 外购处方号; empty without a prescription from outside. */
  readonly prescription: string;
  readonly useAccount: boolean;
}

export const purchaseInput = (
  person: Person,
  said: Said,
  lines: readonly DraftLine[],
  at: string,
  place: string,
): InputOf<'2102'> & InputOf<'2101'> =>
  ({
    druginfo: {
      ...bearer(person),
      psn_type: person.personType,
      begntime: at,
      medfee_sumamt: jsonNumber(yuan(sum(lines.map((line) => line.amount)))),
      invono: '',
      insutype: person.scheme,
      dise_codg: said.disease?.code ?? '',
      dise_name: said.disease?.name ?? '',
      acct_used_flag: said.useAccount ? '1' : '0',
      med_type: said.careType,
      insuplc_admdvs: person.insured,
      mdtrtarea_admvs: place,
      exp_content: '',
    },
    drugdetail: lines.map((line) => ({
      ...charged(line),
      rxno: said.prescription,
      rx_circ_flag: said.prescription === '' ? '0' : '1',
      tcmdrug_used_way: '',
    })),
    durg_trac_info: lines.flatMap((line) =>
      (line.packages ?? []).map((code) => ({
        feedetl_sn: line.serial,
        drug_trac_codg: code,
        trdn_flag: '0',
      })),
    ),
  }) as InputOf<'2102'> & InputOf<'2101'>;

/** 就诊顺序号, at most twenty characters: the moment, and letters by chance. */
export const orderSerial = (at: string, random: Uint8Array): string =>
  at.replaceAll(/\D/g, '') +
  [...random]
    .map((byte) => (byte % 36).toString(36))
    .join('')
    .toUpperCase();

/** An order that waits for the buyer to confirm it. */
export interface WaitingOrder {
  /** 就诊登记号. */
  readonly number: string;
  readonly day: string;
  readonly total: Fen;
}

/** Of 2170, the oldest first. */
export const readOrders = (output: unknown): WaitingOrder[] =>
  (Array.isArray(output) ? (output as Readonly<Record<string, unknown>>[]) : []).map((row) => ({
    number: String(row['mdtrt_regno'] ?? ''),
    day: String(row['dscg_date'] ?? '').slice(0, 10),
    total: readAmount(row['medfee_sumamt']),
  }));

/** A line of an order that is settled. */
export interface OrderedLine {
  readonly code: string;
  readonly name: string;
  readonly price: string;
  readonly quantity: string;
  readonly amount: Fen;
}

/** An order that the buyer has confirmed, and that is settled. */
export interface SettledOrder {
  /** 就诊登记号. */
  readonly number: string;
  readonly total: Fen;
  readonly account: Fen;
  readonly cash: Fen;
  /** 异地标志 in words. */
  readonly away: string;
  /** Told of one that is asked for by its number. */
  readonly lines: readonly OrderedLine[];
}

/** Which settled orders of a person are looked for: one by its number, or those of some days. */
export interface OrdersSought {
  readonly number: string;
  readonly from: string;
  readonly until: string;
}

const AWAY: Readonly<Record<string, string>> = { '1': '省内异地', '2': '跨省异地' };

/** Of 2171, the oldest first. */
export const readSettledOrders = (output: unknown): SettledOrder[] =>
  (Array.isArray(output) ? (output as Readonly<Record<string, unknown>>[]) : []).map((row) => ({
    number: String(row['mdtrt_regno'] ?? ''),
    total: readAmount(row['medfee_sumamt']),
    account: readAmount(row['acct_payamt']),
    cash: readAmount(row['psn_cashpay']),
    away: AWAY[String(row['out_type'])] ?? '',
    lines: ((row['feedetl'] ?? []) as Readonly<Record<string, unknown>>[]).map((line) => ({
      code: String(line['hilist_code'] ?? ''),
      name: String(line['medins_list_name'] ?? line['hilist_name'] ?? ''),
      price: String(line['pric'] ?? ''),
      quantity: String(line['cnt'] ?? ''),
      amount: readAmount(line['amt']),
    })),
  }));

/** 冲正业务类型: what of an order is made not to have been (2181). */
export const REVERSED = [
  ['1107', '购药结算（购药人已确认，结果不明）'],
  ['1106', '订单（还没有确认）'],
  ['1203', '退费（还没有办成）'],
] as const;
export type Reversed = (typeof REVERSED)[number][0];

export const orderReversalInput = (
  person: Person,
  number: string,
  status: Reversed,
  institution: Institution,
): InputOf<'2181'> => ({
  data: {
    fixmedins_code: institution.code,
    ssn: person.certno,
    mdtrt_regno: number,
    status,
    opter_name: '',
  },
});

/** Who buys, as the insured place knows the person now (2161). */
export interface Buyer {
  /** 参保地医保经办机构. */
  readonly agency: string;
  readonly balance: Fen;
}

/** The order of a purchase, at this moment; `serial` (就诊顺序号) is used once. */
export const orderInput = (
  person: Person,
  lines: readonly DraftLine[],
  { at, serial }: { readonly at: string; readonly serial: string },
  institution: Institution,
): InputOf<'2166'> => ({
  data: {
    // Whose token it is has been asked; any other medium the platform has no field for here.
    ec_token: person.shown.kind === '01' ? person.shown.number : '',
    fixmedins_code: institution.code,
    fixmedins_name: institution.name,
    insuplc: person.insured,
    mdtrtarea: institution.place,
    psn_no: person.number,
    ssn: person.certno,
    psn_name: person.name,
    mdtrtsn: serial,
    med_type: ORDINARY,
    psn_type: person.personType,
    insutype: person.scheme,
    dscg_date: at.slice(0, 10),
    medfee_sumamt: jsonNumber(yuan(sum(lines.map((line) => line.amount)))),
    opter_name: '',
  },
  feedetl: lines.map((line) => ({
    feedetl_sn: line.serial,
    medins_list_codg: line.item.code,
    medins_list_name: line.item.name,
    hilist_code: line.item.code,
    hilist_name: line.item.name,
    pric: jsonNumber(formatDecimal(line.price, PRICE_PLACES, 2)),
    cnt: jsonNumber(formatDecimal(line.quantity, QUANTITY_PLACES, 0)),
    amt: jsonNumber(yuan(line.amount)),
    detl_ocur_time: line.at,
    opt_time: at,
  })),
});

/** Lines as the catalog splits them, under the names under which they were entered. */
function named(split: readonly SplitLine[], drafts: readonly DraftLine[]): SplitLine[] {
  const entered = new Map(drafts.map((line) => [line.serial, line]));
  return split.map((line) => {
    const draft = entered.get(line.serial);
    return draft === undefined
      ? line
      : { ...line, code: draft.item.code, name: draft.item.name, at: draft.at };
  });
}

interface State {
  /** What the person has bought here lately. */
  purchases: readonly Purchase[];
  /** The one that is shown. */
  purchase: Purchase | undefined;
  drafts: readonly DraftLine[];
  /** Lines as the platform has them, or, of a trial, would have them. */
  lines: readonly SplitLine[];
  trial: Settled | undefined;
  settlement: Settled | undefined;
  /** Orders that wait for the buyer. */
  orders: readonly WaitingOrder[];
  /** Those that were looked for and are settled; nothing if nobody has looked. */
  settledOrders: readonly SettledOrder[] | undefined;
  /** The buyer as the insured place has said last. */
  buyer: Buyer | undefined;
  /** What was given back with the last purchase that was taken back: in cash, and into the personal account where that is told. */
  givenBack: Fen | undefined;
  givenBackToAccount: Fen | undefined;
  /** The last order that was made not to have been, or whose refund was: then it stands. */
  reversedOrder: { readonly number: string; readonly stands: boolean } | undefined;
}

export function openPurchase(institution: Institution) {
  const fresh = {
    purchase: undefined,
    drafts: [],
    lines: [],
    trial: undefined,
    settlement: undefined,
    givenBack: undefined,
    givenBackToAccount: undefined,
    reversedOrder: undefined,
  };
  const nobody = { purchases: [], orders: [], settledOrders: undefined, buyer: undefined };
  const state = reactive<State>({ ...fresh, ...nobody });
  const counter = openCounter(institution, {
    words: WORDS,
    reversible: ['2102', '2163'],
    // A refund is given up by the number of its order. One that was made already stands, and the platform says so.
    reversal: (person, { infno, input }) =>
      infno === '2163'
        ? {
            infno: '2181',
            input: orderReversalInput(
              person,
              (input as { data: { mdtrt_regno: string } }).data.mdtrt_regno,
              '1203',
              institution,
            ),
          }
        : undefined,
    leaves: () => Object.assign(state, fresh, nobody),
    found: lookAround,
    reread: lookAround,
    reversed: findPurchases,
  });
  const { ask } = counter;
  const here = counter.state;

  const total = computed(() => sum((stands.value ? state.lines : state.drafts).map((line) => line.amount)));
  const stands = computed(() => state.purchase !== undefined);
  /** Each line as the last trial splits it. */
  const split = computed(() => new Map(state.lines.map((line) => [line.serial, line])));

  /** What was tried is not what is there any more. */
  function change(drafts: readonly DraftLine[]) {
    const { givenBack, givenBackToAccount, reversedOrder } = fresh;
    Object.assign(state, {
      drafts,
      lines: [],
      trial: undefined,
      givenBack,
      givenBackToAccount,
      reversedOrder,
    });
  }

  function addLine(line: Omit<DraftLine, 'serial' | 'at'>) {
    change([...state.drafts, counter.entry(line)]);
  }

  const dropLine = (which: string) => change(state.drafts.filter((line) => line.serial !== which));

  /** What is said of the purchase has changed: it is tried again. */
  const forgetTrial = () => Object.assign(state, { lines: [], trial: undefined });

  /** The next purchase of the same person. */
  const begin = () => Object.assign(state, fresh);

  function findPurchases(): Promise<void> {
    return counter.visits(LOOK_BACK_DAYS, (output) => void (state.purchases = readPurchases(output)));
  }

  /** What the person has bought here, and what waits for his confirmation. */
  async function lookAround(): Promise<void> {
    await findPurchases();
    await findOrders();
  }

  async function findOrders(): Promise<void> {
    const { person } = here;
    if (person === undefined) return;
    const input = { data: { ssn: person.certno, fixmedins_code: institution.code } };
    await ask('2170', input, (output) => void (state.orders = readOrders(output)));
  }

  /** Puts what is bought to the buyer, who confirms it on the phone; the counter is free for the next one. */
  async function order(): Promise<boolean> {
    const { person } = here;
    const { drafts } = state;
    if (person === undefined || drafts.length === 0 || stands.value) return false;
    const at = momentAt(now());
    const moment = { at, serial: orderSerial(at, crypto.getRandomValues(new Uint8Array(6))) };
    return ask('2166', orderInput(person, drafts, moment, institution), async () => {
      begin();
      await findOrders();
    });
  }

  /** Takes back an order that has not been confirmed (2167). */
  async function cancelOrder(number: string): Promise<boolean> {
    const input = { data: { fixmedins_code: institution.code, mdtrt_regno: number, opter_name: '' } };
    return ask('2167', input, findOrders);
  }

  /** The person's orders that are settled (2171). */
  async function findSettledOrders(sought: OrdersSought): Promise<boolean> {
    const { person } = here;
    if (person === undefined) return false;
    const { number, from, until } = sought;
    const which = number === '' ? { start_date: from, end_date: until } : { mdtrt_regno: number };
    const input = { data: { ssn: person.certno, fixmedins_code: institution.code, ...which } };
    return ask(
      '2171',
      input as InputOf<'2171'>,
      (output) => void (state.settledOrders = readSettledOrders(output)),
    );
  }

  /** Gives back what was paid for an order (2163): the purchase is void. */
  async function giveBackOrder(number: string): Promise<boolean> {
    const input = { data: { fixmedins_code: institution.code, mdtrt_regno: number, opter_name: '' } };
    return ask('2163', input, async (output) => {
      const paid = (output ?? {}) as Readonly<Record<string, unknown>>;
      await gone(number);
      state.givenBack = readAmount(paid['psn_cashpay']);
      state.givenBackToAccount = readAmount(paid['acct_payamt']);
    });
  }

  /** Makes an order, its settlement or its refund not to have been (2181). */
  async function reverseOrder(number: string, status: Reversed): Promise<boolean> {
    const { person } = here;
    if (person === undefined) return false;
    return ask('2181', orderReversalInput(person, number, status, institution), async () => {
      const left = status === '1203';
      if (!left) await gone(number);
      state.reversedOrder = { number, stands: left };
    });
  }

  /** An order is none any more: it may be the purchase that is shown. */
  async function gone(number: string): Promise<void> {
    const { drafts } = state;
    begin();
    state.drafts = drafts;
    state.settledOrders = state.settledOrders?.filter((one) => one.number !== number);
    await lookAround();
  }

  /** Asks the insured place who buys (2161): what is left in the account now, and which agency to turn to. */
  async function findBuyer(): Promise<boolean> {
    const { person } = here;
    if (person === undefined) return false;
    const input = {
      data: { ssn: person.certno, insuplc: person.insured, fixmedins_code: institution.code },
    };
    return ask('2161', input, (output) => {
      const row = output as unknown as Readonly<Record<string, unknown>>;
      const balance = readAmount(row['acct_balc']);
      state.buyer = { agency: String(row['outmed_fundmgt_optins_fulname'] ?? ''), balance };
      here.person = { ...person, balance };
    });
  }

  /** Shows what was bought before, so that its statement can be printed again and it can be taken back. */
  async function open(purchase: Purchase): Promise<void> {
    begin();
    const settlement = await counter.settlementOf(purchase.id);
    if (settlement === undefined) {
      const message = '这笔购药的结算结果待查，平台会自动再查，请稍后重新打开';
      here.refusal ??= { code: 'outcome-unknown', message };
      return;
    }
    Object.assign(state, { settlement, purchase });
    await counter.linesOf(purchase.id, (lines) => void (state.lines = lines));
  }

  async function settle(trial: boolean, said: Said): Promise<boolean> {
    const { person } = here;
    const { drafts } = state;
    if (person === undefined || drafts.length === 0 || stands.value) return false;
    const at = momentAt(now());
    const input = purchaseInput(person, said, drafts, at, institution.place);
    const take = (output: unknown) => {
      const answer = output as { setlinfo?: { mdtrt_id?: unknown }; detlcutinfo?: unknown } | null;
      const settled = counter.checked(output);
      if (settled === undefined) return;
      const lines = named(readLines(answer?.detlcutinfo), drafts);
      if (trial) {
        Object.assign(state, { trial: settled, lines });
        return;
      }
      const purchase: Purchase = {
        id: String(answer?.setlinfo?.mdtrt_id ?? ''),
        at,
        careType: said.careType,
      };
      const purchases = [purchase, ...state.purchases];
      Object.assign(state, { settlement: settled, trial: undefined, lines, drafts: [], purchase, purchases });
    };
    return trial ? ask('2101', input, take) : ask('2102', input, take);
  }

  /** Takes the purchase back whole (2103). */
  async function cancel(): Promise<boolean> {
    const { person } = here;
    const { purchase, settlement } = state;
    if (person === undefined || purchase === undefined || !settlement?.id) return false;
    const input = cancellationInput(person, purchase.id, settlement.id);
    const undone = await ask('2103', input, () => {
      begin();
      state.givenBack = settlement.cash;
    });
    if (undone) await findPurchases();
    return undone;
  }

  return {
    ...toRefs(here),
    ...toRefs(state),
    ...counter.face,
    total,
    stands,
    split,
    addLine,
    dropLine,
    forgetTrial,
    begin,
    open,
    settle,
    cancel,
    lookAround,
    order,
    cancelOrder,
    findSettledOrders,
    giveBackOrder,
    reverseOrder,
    findBuyer,
  };
}

export type PurchaseCounter = ReturnType<typeof openPurchase>;
