/** A message as lines of JSON, each with where it is, so that what deviates from the standard is marked at its field. */

import type { components } from '@/generated/province';

export type Deviation = components['schemas']['MessageDeviation'];

export interface Line {
  readonly depth: number;
  readonly text: string;
  /** Where it is: keys without case and underscores, as messages differ in those. */
  readonly path: string;
  /** In which row of a list, from 1. */
  readonly row: number | undefined;
  readonly marks: Mark[];
}

/** A deviation at a line; `at` is its number among all. */
export interface Mark {
  readonly at: number;
  readonly of: Deviation;
}

export interface Marked {
  readonly lines: readonly Line[];
  /** The line of each deviation, by its number; none for what is about the message as a whole. */
  readonly places: readonly (number | undefined)[];
}

const letters = (name: string) => name.replaceAll('_', '').toLowerCase();
const pathOf = (field: string) => field.split('.').map(letters).join('.');

/** Writes a value as JSON, line by line. */
export function linesOf(value: unknown): Line[] {
  const lines: Line[] = [];
  const put = (depth: number, text: string, path: string, row: number | undefined) =>
    lines.push({ depth, text, path, row, marks: [] });
  function write(
    inside: unknown,
    depth: number,
    key: string,
    path: string,
    row: number | undefined,
    end: string,
  ) {
    const before = key === '' ? '' : `${JSON.stringify(key)}: `;
    if (typeof inside !== 'object' || inside === null) {
      put(depth, `${before}${JSON.stringify(inside) ?? 'null'}${end}`, path, row);
      return;
    }
    const [open, close] = Array.isArray(inside) ? ['[', ']'] : ['{', '}'];
    const entries = Object.entries(inside);
    if (entries.length === 0) {
      put(depth, `${before}${open}${close}${end}`, path, row);
      return;
    }
    put(depth, `${before}${open}`, path, row);
    entries.forEach(([name, one], at) => {
      const comma = at + 1 < entries.length ? ',' : '';
      if (Array.isArray(inside)) write(one, depth + 1, '', path, at + 1, comma);
      else write(one, depth + 1, name, path === '' ? letters(name) : `${path}.${letters(name)}`, row, comma);
    });
    put(depth, `${close}${end}`, '', undefined);
  }
  write(value, 0, '', '', undefined, '');
  return lines;
}

/**
 * Where a deviation is: at its field, in its row; what is missing, and what lies deeper than is kept, at the closest thing around it. What lies in the
 * input without its node is found there.
 */
function placeOf(lines: readonly Line[], deviation: Deviation): number | undefined {
  const row = deviation.row ?? undefined;
  const find = (path: string) => {
    const exact = lines.findIndex((line) => line.path === path && line.row === row);
    if (exact >= 0) return exact;
    const anywhere = lines.findIndex((line) => line.path === path && line.row === undefined);
    return anywhere >= 0 ? anywhere : undefined;
  };
  const path = pathOf(deviation.field);
  const parts = path.split('.');
  const loose = parts.length > 2 ? find(`${parts[0]}.${parts.at(-1)}`) : undefined;
  const there = find(path) ?? loose;
  if (there !== undefined) return there;
  for (let length = parts.length - 1; length > 0; length -= 1) {
    const around = find(parts.slice(0, length).join('.'));
    if (around !== undefined) return around;
  }
  return undefined;
}

export function marked(value: unknown, deviations: readonly Deviation[]): Marked {
  const lines = linesOf(value);
  const places = deviations.map((deviation) =>
    deviation.field === '' ? undefined : placeOf(lines, deviation),
  );
  places.forEach((place, at) => {
    const of = deviations[at];
    if (place !== undefined && of !== undefined) lines[place]?.marks.push({ at, of });
  });
  return { lines, places };
}

/** `第3行起5处`. */
export function rowsWords(deviation: Pick<Deviation, 'row' | 'times'>): string {
  if (deviation.row === undefined || deviation.row === null) return '';
  return deviation.times > 1 ? `第${deviation.row}行起${deviation.times}处` : `第${deviation.row}行`;
}

/** What is wrong, in one line: `缺少必填字段：必填`. */
export const wordsOf = (deviation: Deviation): string =>
  `${deviation.rule_name}：${deviation.detail}${deviation.handled === '' ? '' : `，本平台${deviation.handled}`}`;

/** How an outcome is called, and how it is coloured. */
export const OUTCOMES: readonly (readonly [string, string])[] = [
  ['', '全部'],
  ['done', '成功'],
  ['refused', '拒绝'],
  ['gateway', '网关拒绝'],
  ['other', '其他'],
];
export const outcomeWords = (outcome: string): string =>
  OUTCOMES.find(([code]) => code === outcome)?.[1] ?? outcome;
export const outcomeTag = (outcome: string): string =>
  outcome === 'done' ? 'good' : outcome === 'refused' ? 'warn' : 'bad';

/** Who has sent a message. */
export const ORIGINS: readonly (readonly [string, string])[] = [
  ['', '全部'],
  ['software', '机构软件'],
  ['window', '收费窗口'],
  ['office', '医保办'],
];
