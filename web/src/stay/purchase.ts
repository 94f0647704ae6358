/**
 * A purchase at a pharmacy's counter (药店购药), from who somebody is to the statement. What is bought goes out whole with the trial and with
 * the settlement; nothing of it is at the platform before. One that was settled is found again by its buyer, and taken back whole.
 */

import { computed, reactive, toRefs } from 'vue';
import type { InputOf, OutputOf } from '@/api/window';
import type { Institution } from '@/api/session';
import { now } from '@/shared/clock';
import { dayAt, momentAt, plusDays } from '@/shared/day';
import { formatDecimal } from '@/shared/decimal';
import { jsonNumber, PRICE_PLACES, QUANTITY_PLACES, sum, yuan, type Fen } from '@/shared/money';
import {
  brokenIdentities,
  readLines,
  readPurchases,
  readSettled,
  type Person,
  type Purchase,
  type Settled,
  type SplitLine,
} from './answers';
import { openCounter } from './counter';
import { cancellationInput, numbered, type DraftLine, type Named } from './messages';

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
  '5203': '查询结算',
  '5204': '查询明细',
  '5301': '查询慢特病登记',
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
      psn_no: person.number,
      mdtrt_cert_type: '02',
      mdtrt_cert_no: person.certno,
      card_sn: '',
      psn_cert_type: '01',
      certno: person.certno,
      psn_type: person.personType,
      psn_name: person.name,
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
      feedetl_sn: line.serial,
      rxno: said.prescription,
      rx_circ_flag: said.prescription === '' ? '0' : '1',
      fee_ocur_time: line.at,
      med_list_codg: line.item.code,
      medins_list_codg: line.item.code,
      det_item_fee_sumamt: jsonNumber(yuan(line.amount)),
      cnt: jsonNumber(formatDecimal(line.quantity, QUANTITY_PLACES, 0)),
      pric: jsonNumber(formatDecimal(line.price, PRICE_PLACES, 2)),
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
  /** What the person is registered for; nothing if nobody has asked. */
  diseases: readonly Named[] | undefined;
  /** What was given back with the last purchase that was taken back. */
  givenBack: Fen | undefined;
}

export function openPurchase(institution: Institution) {
  const fresh = {
    purchase: undefined,
    drafts: [],
    lines: [],
    trial: undefined,
    settlement: undefined,
    givenBack: undefined,
  };
  const state = reactive<State>({ ...fresh, purchases: [], diseases: undefined });
  const counter = openCounter(institution, {
    words: WORDS,
    reversible: ['2102'],
    leaves: () => Object.assign(state, { ...fresh, purchases: [], diseases: undefined }),
    found: findPurchases,
    reversed: findPurchases,
  });
  const { ask } = counter;
  const here = counter.state;
  let serial = 0;

  const total = computed(() => sum((stands.value ? state.lines : state.drafts).map((line) => line.amount)));
  const stands = computed(() => state.purchase !== undefined);
  /** Each line as the last trial splits it. */
  const split = computed(() => new Map(state.lines.map((line) => [line.serial, line])));

  /** What was tried is not what is there any more. */
  function change(drafts: readonly DraftLine[]) {
    Object.assign(state, { drafts, lines: [], trial: undefined, givenBack: undefined });
  }

  function addLine(line: Omit<DraftLine, 'serial' | 'at'>) {
    serial += 1;
    change([...state.drafts, numbered(line, serial, momentAt(now()))]);
  }

  const dropLine = (which: string) => change(state.drafts.filter((line) => line.serial !== which));

  /** What is said of the purchase has changed: it is tried again. */
  const forgetTrial = () => Object.assign(state, { lines: [], trial: undefined });

  /** The next purchase of the same person. */
  const begin = () => Object.assign(state, fresh);

  async function findPurchases(): Promise<void> {
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
    await ask('5201', input, (output) => void (state.purchases = readPurchases(output)));
  }

  /** Shows what was bought before, so that its statement can be printed again and it can be taken back. */
  async function open(purchase: Purchase): Promise<void> {
    const { person } = here;
    if (person === undefined) return;
    begin();
    const data = { psn_no: person.number, mdtrt_id: purchase.id };
    const found = await ask('5203', { data } as InputOf<'5203'>, (output) => {
      state.settlement = readSettled(output);
    });
    if (!found) return;
    state.purchase = purchase;
    await ask('5204', { data } as InputOf<'5204'>, (output) => void (state.lines = readLines(output)));
  }

  async function findDiseases(): Promise<void> {
    const { person } = here;
    if (person === undefined || state.diseases !== undefined) return;
    const input = { data: { psn_no: person.number } } as InputOf<'5301'>;
    await ask('5301', input, (output: OutputOf<'5301'>) => {
      state.diseases = output.feedetail.map((row) => ({
        code: row.opsp_dise_code,
        name: row.opsp_dise_name,
      }));
    });
  }

  async function settle(trial: boolean, said: Said): Promise<boolean> {
    const { person } = here;
    const { drafts } = state;
    if (person === undefined || drafts.length === 0 || stands.value) return false;
    const at = momentAt(now());
    const input = purchaseInput(person, said, drafts, at, institution.place);
    const take = (output: unknown) => {
      const answer = output as { setlinfo?: { mdtrt_id?: unknown }; detlcutinfo?: unknown } | null;
      const settled = readSettled(output);
      const broken = settled === undefined ? ['应答中没有结算信息'] : brokenIdentities(settled);
      if (broken.length > 0) {
        here.refusal = {
          code: 'identity',
          message: `平台应答的金额不平衡，请勿收费并联系医保经办机构：${broken.join('；')}`,
        };
        return;
      }
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
    total,
    stands,
    split,
    hanging: counter.hanging,
    reversible: counter.reversible,
    again: counter.again,
    reverse: counter.reverse,
    leave: counter.leave,
    findPerson: counter.findPerson,
    scanVoucher: counter.scanVoucher,
    readCard: counter.readCard,
    addLine,
    dropLine,
    forgetTrial,
    begin,
    open,
    findDiseases,
    settle,
    cancel,
  };
}

export type PurchaseCounter = ReturnType<typeof openPurchase>;
