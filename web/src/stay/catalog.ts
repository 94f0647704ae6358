/**
 * The treatment place's catalog at the window (1312), found by pinyin initials, by code or by a part of the name. It is asked for
 * page by page once and kept while the page is open; initials are those that the platform tells (拼音助记码).
 */

import { matchesInitials, toldInitials } from '@/shared/pinyin';
import { done, type Outcome } from '@/shared/refusal';

export interface Item {
  readonly code: string;
  readonly name: string;
  /** 收费项目等级. */
  readonly catalogClass: string;
  /** 医疗收费项目类别. */
  readonly category: string;
  readonly restricted: boolean;
  readonly initials: readonly string[];
}

/** Rows of a page, the most that the platform gives. */
export const PAGE_SIZE = 999;
/** Beyond so many the window asks the platform by name instead. */
export const ITEMS_MAX = 30_000;

type Row = Readonly<Record<string, unknown>>;

export const readItems = (output: unknown): Item[] =>
  (Array.isArray(output) ? (output as Row[]) : []).map((row) => {
    const name = String(row['hilist_name'] ?? '');
    return {
      code: String(row['hilist_code'] ?? ''),
      name,
      catalogClass: String(row['chrgitm_lv'] ?? ''),
      category: String(row['med_chrgitm_type'] ?? ''),
      restricted: row['lmt_used_flag'] === '1',
      initials: toldInitials(name, String(row['pinyin'] ?? '')),
    };
  });

/** All items that are valid on a day, page after page until one is not full. */
export async function loadCatalog(
  ask: (page: number) => Promise<Outcome<unknown>>,
): Promise<Outcome<readonly Item[]>> {
  const items: Item[] = [];
  for (let page = 1; items.length < ITEMS_MAX; page += 1) {
    const outcome = await ask(page);
    if (!outcome.ok) return outcome;
    const some = readItems(outcome.value);
    items.push(...some);
    if (some.length < PAGE_SIZE) break;
  }
  return done(items);
}

/**
 * The items that somebody who types this may mean, best first: code from its beginning, then name from its beginning, then
 * anywhere in the name, then initials. Short names before long ones.
 */
export function findItems(items: readonly Item[], typed: string, most = 12): Item[] {
  const wanted = typed.trim();
  if (wanted === '') return items.slice(0, most);
  const code = wanted.toUpperCase();
  const ranked: [number, Item][] = [];
  for (const item of items) {
    const rank = item.code.toUpperCase().startsWith(code)
      ? 0
      : item.name.startsWith(wanted)
        ? 1
        : item.name.includes(wanted)
          ? 2
          : matchesInitials(item.initials, wanted)
            ? startsSo(item, wanted)
              ? 3
              : 4
            : undefined;
    if (rank !== undefined) ranked.push([rank, item]);
  }
  ranked.sort(([one, a], [other, b]) => one - other || a.name.length - b.name.length);
  return ranked.slice(0, most).map(([, item]) => item);
}

const startsSo = (item: Item, wanted: string) =>
  matchesInitials(item.initials.slice(0, wanted.length), wanted);
