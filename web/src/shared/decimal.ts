/** Decimal numbers as integers of a power of ten. Nothing here is a floating-point number. */

const SHAPE = /^([+-]?)(\d+)(?:\.(\d*))?$/;

/**
 * Reads a plain decimal number as an integer of 10^-places: `parseDecimal('1.25', 4)` is `12500n`.
 * Nothing if the text is no number, or finer than that.
 */
export function parseDecimal(text: string, places: number): bigint | undefined {
  const found = SHAPE.exec(text.trim());
  if (!found) return undefined;
  const [, sign, whole = '', fraction = ''] = found;
  const kept = fraction.slice(0, places).padEnd(places, '0');
  if (/[1-9]/.test(fraction.slice(places))) return undefined;
  const units = BigInt(whole + kept);
  return sign === '-' ? -units : units;
}

/** Writes an integer of 10^-places, with at least so many decimals and no further zeros. */
export function formatDecimal(units: bigint, places: number, least = places): string {
  const digits = (units < 0n ? -units : units).toString().padStart(places + 1, '0');
  const whole = digits.slice(0, digits.length - places);
  let fraction = places === 0 ? '' : digits.slice(-places);
  while (fraction.length > least && fraction.endsWith('0')) fraction = fraction.slice(0, -1);
  return `${units < 0n ? '-' : ''}${whole}${fraction === '' ? '' : `.${fraction}`}`;
}

/** Divides, rounding half away from zero. */
export function divideHalfUp(value: bigint, by: bigint): bigint {
  const half = by / 2n;
  return value < 0n ? -((-value + half) / by) : (value + half) / by;
}

/** Thousands apart by commas: `1234567.5` is `1,234,567.5`. */
export function separated(text: string): string {
  const [whole = '', fraction] = text.split('.');
  const spaced = whole.replace(/\B(?=(\d{3})+(?!\d))/g, ',');
  return fraction === undefined ? spaced : `${spaced}.${fraction}`;
}
