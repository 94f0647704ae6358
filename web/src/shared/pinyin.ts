/**
 * 拼音首字母: the initials by which a clerk finds what stands in a list. Nodes tell those of what is theirs (institutions, catalogs);
 * those of lists that pages bring along (places, departments) are made here, from the collation order of Chinese that every browser
 * has: a character has the initial of the last boundary that is not behind it. Characters with several readings have all of them, out
 * of the nodes' own table.
 */

import { READINGS } from '@/generated/readings';

const collator = new Intl.Collator('zh-Hans-CN-u-co-pinyin');

/** The first character of each initial in the order of pinyin. */
const BOUNDARIES: readonly (readonly [string, string])[] = [
  ['a', '阿'],
  ['b', '八'],
  ['c', '嚓'],
  ['d', '咑'],
  ['e', '妸'],
  ['f', '发'],
  ['g', '旮'],
  ['h', '铪'],
  ['j', '丌'],
  ['k', '咔'],
  ['l', '垃'],
  ['m', '妈'],
  ['n', '拏'],
  ['o', '噢'],
  ['p', '妑'],
  ['q', '七'],
  ['r', '呥'],
  ['s', '仨'],
  ['t', '他'],
  ['w', '屲'],
  ['x', '夕'],
  ['y', '丫'],
  ['z', '帀'],
];

/** Characters that names use with several readings, as the nodes know them. */
const OTHER: ReadonlyMap<string, string> = new Map(READINGS);

const HAN = /\p{Script=Han}/u;

/** The initials of one character; itself in small letters if it is no Chinese one, nothing for signs. */
function initialsOf(character: string): string {
  const other = OTHER.get(character);
  if (other !== undefined) return other;
  if (!HAN.test(character)) return /[a-z0-9]/i.test(character) ? character.toLowerCase() : '';
  let found = '';
  for (const [initial, first] of BOUNDARIES) {
    if (collator.compare(character, first) < 0) break;
    found = initial;
  }
  return found;
}

/** The initials of a name, a set of letters each. Signs are left out. */
export const initials = (name: string): string[] =>
  [...name.normalize('NFKC')].map(initialsOf).filter((letters) => letters !== '');

/**
 * The initials of a name as a node has told them (拼音助记码), with the other readings of its characters. What the node has cut off, or
 * reads otherwise than character by character, is left as it is.
 */
export function toldInitials(name: string, told: string): string[] {
  const letters = [...told.toLowerCase()];
  const read = [...name.normalize('NFKC')].filter((one) => HAN.test(one) || /[a-z0-9]/i.test(one));
  if (letters.length > read.length) return letters;
  return letters.map((letter, at) => {
    const other = OTHER.get(read[at] ?? '') ?? '';
    return other.includes(letter) ? other : letter;
  });
}

/** Whether somebody who types these letters may mean the name: they are the initials of a run of its characters. */
export function matchesInitials(name: readonly string[], typed: string): boolean {
  const letters = [...typed.toLowerCase()];
  if (letters.length === 0) return true;
  for (let from = 0; from + letters.length <= name.length; from += 1) {
    if (letters.every((letter, at) => name[from + at]?.includes(letter))) return true;
  }
  return false;
}
