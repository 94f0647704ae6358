/** 清分确认 (3260, 3261, 3262): the lines of a month for which the hospital is owed, and what it says to them. Pure. */

import type { InputOf } from '@/api/window';
import { jsonNumber, readAmount, sum, yuan, type Fen } from '@/shared/money';
import { done, type Outcome } from '@/shared/refusal';

export interface Line {
  readonly serial: string;
  readonly certno: string;
  readonly visit: string;
  readonly at: string;
  readonly settlement: string;
  readonly total: Fen;
  /** 经办机构支付总额: funds and personal account. */
  readonly payable: Fen;
}

/** Rows of a page of 3260. */
export const PAGE = 100;
/** The most lines of one 3261. */
export const CONFIRM_MAX = 5000;
/** The most lines of a month that a window shows. */
export const LINES_MAX = 20_000;

const MONTH = /^(\d{4})-(0[1-9]|1[0-2])$/;
export const isMonth = (text: string): boolean => MONTH.test(text);

const of = (month: string) => ({ trt_year: month.slice(0, 4), trt_month: month.slice(5) });

export const linesInput = (month: string, start: number): InputOf<'3260'> => ({
  data: { ...of(month), startrow: String(start) },
});

type Row = Readonly<Record<string, unknown>>;
const text = (value: unknown) =>
  typeof value === 'string' || typeof value === 'number' ? String(value) : '';

export function readLines(output: unknown): Line[] {
  const rows = ((output ?? {}) as { data?: unknown }).data;
  return (Array.isArray(rows) ? (rows as Row[]) : []).map((row) => ({
    serial: text(row['seqno']),
    certno: text(row['certno']),
    visit: text(row['mdtrt_id']),
    at: text(row['mdtrt_setl_time']),
    settlement: text(row['setl_sn']),
    total: readAmount(row['medfee_sumamt']),
    payable: readAmount(row['optins_pay_sumamt']),
  }));
}

/** All lines of a month, page after page until one is not full. */
export async function allLines(
  ask: (start: number) => Promise<Outcome<unknown>>,
): Promise<Outcome<readonly Line[]>> {
  const lines: Line[] = [];
  while (lines.length < LINES_MAX) {
    const outcome = await ask(lines.length + 1);
    if (!outcome.ok) return outcome;
    const some = readLines(outcome.value);
    lines.push(...some);
    if (some.length < PAGE) break;
  }
  return done(lines);
}

/** What is said to lines: right, or not. A message has at most `CONFIRM_MAX` of them. */
export function answerInputs(
  month: string,
  lines: readonly Line[],
  disputed: ReadonlySet<string>,
): InputOf<'3261'>[] {
  const inputs: InputOf<'3261'>[] = [];
  for (let from = 0; from < lines.length; from += CONFIRM_MAX) {
    const some = lines.slice(from, from + CONFIRM_MAX);
    inputs.push({
      data: { ...of(month), totalrow: String(some.length) },
      detail: some.map((line) => ({
        certno: line.certno,
        mdtrt_id: line.visit,
        mdtrt_setl_time: line.at,
        setl_sn: line.settlement,
        medfee_sumamt: jsonNumber(yuan(line.total)),
        optins_pay_sumamt: jsonNumber(yuan(line.payable)),
        cnfm_flag: disputed.has(line.settlement) ? '0' : '1',
      })),
    } as unknown as InputOf<'3261'>);
  }
  return inputs;
}

/** Takes back everything that was said to a month. */
export const takeBackInput = (month: string): InputOf<'3262'> => ({ data: { ...of(month), otransid: '0' } });

export const totals = (lines: readonly Line[]) => ({
  total: sum(lines.map((line) => line.total)),
  payable: sum(lines.map((line) => line.payable)),
});
