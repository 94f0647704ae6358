/** 就医地 of a filing: a city, a county directly under its province, or a whole province; never a hospital. Pure. */

/** Municipalities (直辖市) have no cities below them. */
const MUNICIPALITIES = new Set(['11', '12', '31', '50']);

export interface Choice {
  readonly code: string;
  readonly name: string;
}

/** Provinces with their names, of all places. */
export const provincesOf = (names: ReadonlyMap<string, string>): Choice[] =>
  [...names].filter(([code]) => code.endsWith('0000')).map(([code, name]) => ({ code, name }));

/** Where one may file to in a province: the whole of it first. */
export function destinationsIn(names: ReadonlyMap<string, string>, province: string): Choice[] {
  const prefix = province.slice(0, 2);
  const whole = names.get(`${prefix}0000`);
  if (whole === undefined) return [];
  const all = [{ code: `${prefix}0000`, name: MUNICIPALITIES.has(prefix) ? whole : `${whole}（全省范围）` }];
  if (MUNICIPALITIES.has(prefix)) return all;
  const cities = [...names]
    .filter(([code]) => code.startsWith(prefix) && !code.endsWith('0000'))
    .filter(([code]) => code.endsWith('00') || code.slice(2, 4) === '90')
    .map(([code, name]) => ({ code, name }));
  return [...all, ...cities];
}

/** The pooling area that a division lies in: a city, a county directly under its province, or a municipality. */
export function areaOf(code: string): string {
  if (MUNICIPALITIES.has(code.slice(0, 2))) return `${code.slice(0, 2)}0000`;
  return code.slice(2, 4) === '90' ? code : `${code.slice(0, 4)}00`;
}
