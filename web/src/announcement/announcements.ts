/** Notices of outages (停机公告): which are told where, and in which words. */

import { request } from '@/api/client';
import type { components } from '@/generated/hub';
import { plusDays, type Day } from '@/shared/day';
import type { Outcome } from '@/shared/refusal';

export type Shown = components['schemas']['ShownAnnouncement'];
export type Announcement = components['schemas']['AnnouncementView'];
export type New = components['schemas']['NewAnnouncement'];

/** 影响的业务, as nodes name it. */
export const BUSINESSES: readonly (readonly [string, string])[] = [
  ['everything', '全部业务'],
  ['settlement', '直接结算'],
  ['filing', '异地就医备案'],
  ['details', '费用明细上传'],
  ['clearing', '对账清算'],
  ['portal', '参保人门户'],
];

export const PHASES: readonly (readonly [string, string])[] = [
  ['', '全部'],
  ['scheduled', '待发布'],
  ['upcoming', '预告'],
  ['ongoing', '进行中'],
  ['over', '已结束'],
  ['withdrawn', '已撤回'],
];

/** What is public; nobody has to sign in. */
export const fetchShown = (): Promise<Outcome<components['schemas']['ShownAnnouncements']>> =>
  request('GET', '/web/portal/announcements');

/** So many days before it begins a notice stands above every page. */
const AHEAD_DAYS = 3;

/**
 * Which of them stand above a page on a day: what is under way, and what begins within three days, as far as it is about one of these
 * businesses; none named: all.
 */
export function banners(
  all: readonly Shown[],
  today: Day,
  businesses: readonly string[] = [],
): readonly Shown[] {
  const last = plusDays(today, AHEAD_DAYS);
  const near = (one: Shown) =>
    one.phase === 'ongoing' || (one.phase === 'upcoming' && one.from.slice(0, 10) <= last);
  const concerns = (one: Shown) =>
    businesses.length === 0 ||
    one.affects.some(({ code }) => code === 'everything' || businesses.includes(code));
  return all.filter((one) => near(one) && concerns(one));
}

/** `2026-11-25 22:00 至 11-26 02:00`: the year once, and no seconds. */
export function period(one: Pick<Shown, 'from' | 'until'>): string {
  const [from, until] = [one.from.slice(0, 16), one.until.slice(0, 16)];
  if (from.slice(0, 10) === until.slice(0, 10)) return `${from} 至 ${until.slice(11)}`;
  return `${from} 至 ${from.slice(0, 4) === until.slice(0, 4) ? until.slice(5) : until}`;
}

/** The businesses in a line. */
export const affected = (one: Pick<Shown, 'affects'>): string =>
  one.affects.map(({ name }) => name).join('、');

/** What is still wrong with what was typed; nothing is sent before it is empty. Times are read by the node. */
export function wrongWith(said: New): string {
  const title = [...said.title.trim()].length;
  if (title < 4 || title > 60) return '请填写标题，4至60字';
  const text = [...said.text.trim()].length;
  if (text < 5 || text > 2000) return '请填写公告正文，5至2000字';
  if (said.affects.length === 0) return '请勾选受影响的业务';
  if (said.from === '') return '请填写开始时间';
  if (said.until === '') return '请填写结束时间';
  return said.until <= said.from ? '结束时间应晚于开始时间' : '';
}
