/** A list as CSV (RFC 4180, UTF-8 with a mark, as spreadsheets here read it), with what its cells show. */

/** Long numbers would be rounded by a spreadsheet; figures are without the commas of thousands. */
const LONG = /^\d{12,}$/;
const FIGURE = /^-?[\d,]+(\.\d+)?$/;

/** A cell as it stands in the file. What a spreadsheet would take for a formula begins with an apostrophe. */
export function csvCell(shown: string, figures: boolean): string {
  const words = shown.replaceAll(/\s+/g, ' ').trim();
  if (figures && FIGURE.test(words)) return words.replaceAll(',', '');
  if (words === '—') return '';
  const text = /^[=+\-@]/.test(words) ? `'${words}` : LONG.test(words) ? `${words}\t` : words;
  return /[",\t]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

export function csvFile(heads: readonly string[], rows: readonly (readonly string[])[]): Blob {
  const lines = [heads.map((head) => csvCell(head, false)), ...rows].map((row) => row.join(','));
  return new Blob([`\ufeff${lines.join('\r\n')}\r\n`], { type: 'text/csv;charset=utf-8' });
}
