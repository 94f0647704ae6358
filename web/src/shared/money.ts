/** Money is a whole number of fen (分), as on the server. Prices are finer, quantities have four decimals. */

import { divideHalfUp, formatDecimal, parseDecimal, separated } from './decimal';

declare const fen: unique symbol;
/** An amount in fen. */
export type Fen = bigint & { readonly [fen]: true };

export const ZERO = 0n as Fen;

/** Of a number of fen. */
export const fenOf = (amount: bigint): Fen => amount as Fen;

/** Reads yuan as interfaces write them (`1234.5`); nothing if it is no amount or finer than a fen. */
export function parseYuan(text: string): Fen | undefined {
  const units = parseDecimal(text.replaceAll(',', ''), 2);
  return units === undefined ? undefined : fenOf(units);
}

/**
 * An amount out of a JSON answer: a text, or a number. A number of up to fifteen digits prints as it was written, so its text
 * is the amount. `null` is nothing.
 *
 * @throws if it is no amount: the answer is not what the interface says.
 */
export function readAmount(value: unknown): Fen {
  if (value === null || value === undefined || value === '') return ZERO;
  const text = typeof value === 'number' ? String(value) : value;
  const amount = typeof text === 'string' ? parseYuan(text) : undefined;
  if (amount === undefined) throw new Error(`not an amount: ${String(value)}`);
  return amount;
}

/** Yuan with two decimals: `1234.50`. */
export const yuan = (amount: Fen): string => formatDecimal(amount, 2);

/** Yuan for people: `1,234.50`. */
export const shown = (amount: Fen): string => separated(yuan(amount));

/** The exact JSON number of an amount: what JavaScript prints of it is its decimal text. */
export const jsonNumber = (decimal: string): number => Number(decimal);

export const sum = (amounts: Iterable<Fen>): Fen => {
  let all = 0n;
  for (const amount of amounts) all += amount;
  return fenOf(all);
};

/** Decimals of a quantity. */
export const QUANTITY_PLACES = 4;
/** Decimals of a price in yuan. */
export const PRICE_PLACES = 6;

/** Price (10^-6 yuan) times quantity (10^-4), rounded half up to the fen. */
export const priced = (price: bigint, quantity: bigint): Fen =>
  fenOf(divideHalfUp(price * quantity, 10n ** BigInt(PRICE_PLACES + QUANTITY_PLACES - 2)));

/** How large an amount is of another, in ten-thousandths; nothing of nothing. */
export const share = (part: Fen, whole: Fen): number =>
  whole === 0n ? 0 : Number(divideHalfUp(part * 10_000n, whole));

/** Yuan in units of ten thousand or a hundred million for small boards: `1.23亿`. The exact amount belongs beside it. */
export function short(amount: Fen): string {
  const size = amount < 0n ? -amount : amount;
  if (size >= 10_000_000_000n) return `${formatDecimal(divideHalfUp(amount, 100_000_000n), 2)}亿`;
  if (size >= 1_000_000n) return `${separated(formatDecimal(divideHalfUp(amount, 10_000n), 2))}万`;
  return shown(amount);
}

const DIGITS = '零壹贰叁肆伍陆柒捌玖';

/** 人民币大写: `1234.5` yuan is 壹仟贰佰叁拾肆元伍角整. */
export function capitals(amount: Fen): string {
  if (amount === 0n) return '零元整';
  if (amount < 0n) return `负${capitals(fenOf(-amount))}`;
  const [whole, jiao, cent] = [amount / 100n, Number((amount / 10n) % 10n), Number(amount % 10n)];
  const digit = (at: number) => DIGITS.charAt(at);
  let words = whole === 0n ? '' : `${wholeWords(whole)}元`;
  if (jiao > 0) words += `${digit(jiao)}角`;
  else if (cent > 0 && whole > 0n) words += '零';
  return cent > 0 ? `${words}${digit(cent)}分` : `${words}整`;
}

function wholeWords(value: bigint): string {
  const text = value.toString();
  let words = '';
  let zero = false;
  for (let at = 0; at < text.length; at += 1) {
    const place = text.length - 1 - at;
    const digit = Number(text.charAt(at));
    if (digit === 0) zero = true;
    else {
      words += (zero && words !== '' ? '零' : '') + DIGITS.charAt(digit) + ['', '拾', '佰', '仟'][place % 4];
      zero = false;
    }
    if (place % 4 === 0 && place > 0) {
      const group = BigInt(text.slice(Math.max(0, text.length - place - 4), text.length - place));
      const unit = place % 8 === 0 ? '亿' : '万';
      if (group > 0n || unit === '亿') words += unit;
      if (group === 0n) zero = true;
    }
  }
  return words;
}
