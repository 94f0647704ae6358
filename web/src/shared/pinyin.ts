/**
 * 拼音首字母: the initials by which a clerk finds an item. Made from the collation order of Chinese that every browser brings
 * along: a character has the initial of the last boundary that is not behind it. Characters with two common readings have both.
 */

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

/** Readings that names of medicines and services use besides the first. */
const OTHER: Readonly<Record<string, string>> = {
  重: 'cz',
  长: 'cz',
  参: 'cs',
  调: 'dt',
  行: 'hx',
  给: 'gj',
  降: 'jx',
  血: 'x',
  率: 'ls',
  解: 'jx',
  单: 'ds',
  石: 'sd',
  弹: 'dt',
  大: 'd',
  阿: 'ae',
  芥: 'jg',
  壳: 'kq',
  厦: 'xs',
  膀: 'pb',
  胱: 'g',
};

const HAN = /\p{Script=Han}/u;

/** The initials of one character; itself in small letters if it is no Chinese one, nothing for signs. */
function initialsOf(character: string): string {
  const other = OTHER[character];
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

/** Whether somebody who types these letters may mean the name: they are the initials of a run of its characters. */
export function matchesInitials(name: readonly string[], typed: string): boolean {
  const letters = [...typed.toLowerCase()];
  if (letters.length === 0) return true;
  for (let from = 0; from + letters.length <= name.length; from += 1) {
    if (letters.every((letter, at) => name[from + at]?.includes(letter))) return true;
  }
  return false;
}
