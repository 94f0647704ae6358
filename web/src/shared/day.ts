/**
 * Days and moments of China (Asia/Shanghai, UTC+8 without summer time), as interfaces write them.
 *
 * A policy day (政策日) is the day that rules go by: of admission, of a fee, of a notice. A time of record (记录时间) is when the
 * system wrote something down. They are different things and are shown differently: `DayText`, `RecordedAt`.
 */

declare const day: unique symbol;
/** `yyyy-MM-dd`. */
export type Day = string & { readonly [day]: true };

const OFFSET = 8 * 60 * 60 * 1000;
const DAY_SHAPE = /^(\d{4})-(\d{2})-(\d{2})$/;
const MILLIS_A_DAY = 86_400_000;

/** Reads a day of the calendar; nothing for a 30th of February. */
export function parseDay(text: string): Day | undefined {
  const found = DAY_SHAPE.exec(text.trim());
  if (!found) return undefined;
  const at = Date.parse(`${text.trim()}T00:00:00Z`);
  if (Number.isNaN(at)) return undefined;
  const same = new Date(at).toISOString().slice(0, 10);
  return same === text.trim() ? (same as Day) : undefined;
}

/** The day in China at a moment of the machine's clock. */
export const dayAt = (at: Date): Day => new Date(at.getTime() + OFFSET).toISOString().slice(0, 10) as Day;

/** `yyyy-MM-dd HH:mm:ss` in China. */
export const momentAt = (at: Date): string =>
  new Date(at.getTime() + OFFSET).toISOString().slice(0, 19).replace('T', ' ');

export const plusDays = (from: Day, days: number): Day =>
  new Date(Date.parse(`${from}T00:00:00Z`) + days * MILLIS_A_DAY).toISOString().slice(0, 10) as Day;

/** What is wrong with a period that is asked for; either end may be left open. */
export function wrongPeriod(from: string, until: string): string {
  if ([from, until].some((text) => text !== '' && parseDay(text) === undefined))
    return '日期应为年-月-日，如 2026-11-21';
  return from !== '' && until !== '' && until < from ? '截止日期不早于起始日期' : '';
}

/** How many days lie between: nights of a stay. */
export const daysBetween = (from: Day, to: Day): number =>
  Math.round((Date.parse(`${to}T00:00:00Z`) - Date.parse(`${from}T00:00:00Z`)) / MILLIS_A_DAY);

/**
 * A moment as interfaces answer it, to the minute, for people: a text with or without seconds, milliseconds or a `T`, or a number of
 * milliseconds since 1970.
 */
export function recordedAt(at: string | number): string {
  const text = typeof at === 'number' ? momentAt(new Date(at)) : at;
  const found = /^(\d{4}-\d{2}-\d{2})[ T](\d{2}:\d{2})/.exec(text);
  return found ? `${found[1]} ${found[2]}` : text;
}

/** `2026年11月22日`. */
export function dayInWords(of: Day): string {
  const [year, month, date] = of.split('-');
  return `${year}年${Number(month)}月${Number(date)}日`;
}

/** Age in whole years on a day. */
export function ageOn(birth: Day, on: Day): number {
  const years = Number(on.slice(0, 4)) - Number(birth.slice(0, 4));
  return on.slice(5) < birth.slice(5) ? years - 1 : years;
}

/** The month before a day's, `2026-10`. */
export function lastMonth(day: Day): string {
  const [year = 0, month = 0] = day.split('-').map(Number);
  return month === 1 ? `${year - 1}-12` : `${year}-${String(month - 1).padStart(2, '0')}`;
}

/** What is wrong with a month, `2026-10`; nothing if it is one. A browser without a picker of months lets people type it. */
export const wrongMonth = (text: string): string =>
  /^20\d{2}-(0[1-9]|1[0-2])$/.test(text) ? '' : '请填写月份，如 2026-10';
