/** Words for codes. A longer code of a place is read by its beginning: `1105` is `11`. */

export type CodeTable = readonly (readonly [string, string])[];

const indexed = new WeakMap<CodeTable, ReadonlyMap<string, string>>();

function index(table: CodeTable): ReadonlyMap<string, string> {
  let found = indexed.get(table);
  if (!found) {
    found = new Map(table);
    indexed.set(table, found);
  }
  return found;
}

/** The name of a code, or of the longest beginning of it that is one; the code itself if there is none. */
export function wordFor(table: CodeTable, code: string | null | undefined): string {
  if (code === null || code === undefined || code === '') return '';
  const names = index(table);
  for (let length = code.length; length >= 2; length -= 1) {
    const name = names.get(code.slice(0, length));
    if (name !== undefined) return name;
  }
  return names.get(code) ?? code;
}

/** 险种 as the management interface names them, in the national table's codes. */
const SCHEME_CODES: Readonly<Record<string, string>> = { employee: '310', resident: '390' };

export const schemeCode = (name: string): string => SCHEME_CODES[name] ?? name;

/** 职工 or 居民, where a column is narrow. */
export function schemeShort(name: string): string {
  const code = schemeCode(name);
  return code === '310' ? '职工' : code === '390' ? '居民' : code;
}
