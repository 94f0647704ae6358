/** Names of places. Provinces are at hand; all others are loaded when a page needs them. */

import { PROVINCES } from '@/generated/provinces';

const NAMES = new Map(PROVINCES);
const TAIL = /(省|市|壮族自治区|回族自治区|维吾尔自治区|自治区|特别行政区)$/;

/** 湖北 of any division of it; 国家 for the hub. */
export function provinceName(code: string): string {
  if (code === '100000') return '国家';
  const name = NAMES.get(`${code.slice(0, 2)}0000`);
  return name === undefined ? code : name.replace(TAIL, '');
}

const NUMBERS = new Map(
  PROVINCES.flatMap(([code, name]) => [
    [name, code],
    [name.replace(TAIL, ''), code],
  ]),
);

/** The number of a province by its name, long or short (湖北省, 湖北), or of the hub: what places are put in the order of. */
export const provinceNumber = (name: string): string | undefined =>
  name === '国家' ? '100000' : NUMBERS.get(name);

let all: Promise<ReadonlyMap<string, string>> | undefined;

/** All names by code. */
export function places(): Promise<ReadonlyMap<string, string>> {
  all ??= import('@/generated/places').then(({ PLACES }) => new Map(PLACES));
  return all;
}

/** 湖北省武汉市武昌区, as far as the names are known. */
export function fullName(names: ReadonlyMap<string, string>, code: string): string {
  const steps = [`${code.slice(0, 2)}0000`, `${code.slice(0, 4)}00`, code];
  const parts = [...new Set(steps)].map((step) => names.get(step)).filter((name) => name !== undefined);
  const words = [...new Set(parts)].filter((name) => name !== '市辖区' && name !== '县').join('');
  return words === '' ? code : words;
}
