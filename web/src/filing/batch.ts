/** 批量备案: the list as the node reads it, and the report as a table of text. Pure. */

import type { components } from '@/generated/province';

type Line = components['schemas']['FilingBatchLine'];

/** The largest workbook that the node reads, in bytes. */
export const WORKBOOK_BYTES_MAX = 1024 * 1024;

const cell = (text: string) => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

/** What was copied out of a spreadsheet has tabs; the node reads commas. */
export function fromTabs(text: string): string {
  const [head = ''] = text.split(/\r?\n/, 1);
  if (!head.includes('\t')) return text;
  return text
    .split(/\r?\n/)
    .map((line) => line.split('\t').map(cell).join(','))
    .join('\n');
}

/** Each line with what became of it, for the employer who sent the list. */
export function reportCsv(lines: readonly Line[]): string {
  const rows = lines.map((line) =>
    [
      String(line.line),
      line.refusal ? '未受理' : '已受理',
      line.filing?.id ?? '',
      line.refusal?.message ?? line.filing?.stage_name ?? '',
    ]
      .map(cell)
      .join(','),
  );
  return `\uFEFF${['行,结果,备案编号,说明', ...rows].join('\r\n')}\r\n`;
}
