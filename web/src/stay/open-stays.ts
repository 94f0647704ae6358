/** 待办理的就诊: the kinds of them, and whose one is, of 5201. Pure. */

interface Kind {
  readonly which: 'discharged' | 'without_lines' | 'unknown';
  readonly words: string;
  readonly empty: string;
}

export const KINDS: readonly Kind[] = [
  {
    which: 'discharged',
    words: '出院未结算',
    empty: '出院的都已结算。办理出院而没有结算的会列在这里，出院满七天仍未结算的按未直接结算统计',
  },
  {
    which: 'unknown',
    words: '结果待查',
    empty: '没有结果待查的结算。结算或撤销没有收到参保地应答的会列在这里，平台会自动再查',
  },
  {
    which: 'without_lines',
    words: '在院未传费用',
    empty: '在院病人都已上传费用。入院两天仍没有费用明细的会列在这里',
  },
];

/** The kind of this name; the first where there is none. */
export const kindOf = (which: string): Kind => KINDS.find((one) => one.which === which) ?? (KINDS[0] as Kind);

/** Whether a 医疗类别 is that of a stay; all others are of visits. */
export const isStay = (care: string): boolean => care.startsWith('2');

type Row = Readonly<Record<string, unknown>>;

/** The identity number of whose visit this is, of 5201; empty where the answer has no such visit. */
export function certnoOf(output: unknown, visit: string): string {
  const rows = ((output ?? {}) as Row)['mdtrtinfo'];
  const found = (Array.isArray(rows) ? (rows as Row[]) : []).find((row) => row['mdtrt_id'] === visit);
  const certno = found?.['certno'];
  return typeof certno === 'string' ? certno : '';
}
