/** Who is in hospital (5303), as the window's start shows it. Pure. */

import { plusDays, type Day } from '@/shared/day';
import type { InputOf } from '@/api/window';

export interface Inpatient {
  readonly visit: string;
  readonly person: string;
  readonly name: string;
  readonly certno: string;
  readonly scheme: string;
  readonly begins: string;
  readonly careType: string;
  /** 住院号. */
  readonly number: string;
  /** Insured elsewhere. */
  readonly away: boolean;
}

/** How far back somebody who is still there may have been admitted. */
const DAYS = 365;

export const inpatientsInput = (today: Day): InputOf<'5303'> => ({
  data: { psn_no: '', begntime: `${plusDays(today, -DAYS)} 00:00:00`, endtime: `${today} 23:59:59` },
});

type Row = Readonly<Record<string, unknown>>;
const text = (value: unknown) =>
  typeof value === 'string' || typeof value === 'number' ? String(value) : '';

/** Of 5303, who has been there longest first. */
export function readInpatients(output: unknown): Inpatient[] {
  const rows = ((output ?? {}) as { data?: unknown }).data;
  const list = Array.isArray(rows) ? (rows as Row[]) : [];
  return list
    .map((row) => ({
      visit: text(row['mdtrt_id']),
      person: text(row['psn_no']),
      name: text(row['psn_name']),
      certno: text(row['certno']),
      scheme: text(row['insutype']),
      begins: text(row['begndate']).slice(0, 10),
      careType: text(row['med_type']),
      number: text(row['ipt_otp_no']),
      away: row['out_flag'] === '1',
    }))
    .sort((one, other) => (one.begins < other.begins ? -1 : one.begins > other.begins ? 1 : 0));
}
