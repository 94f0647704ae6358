/**
 * A hospital's window at the hospital interface (定点医药机构接口). The page says which transaction and what goes into it;
 * envelope, signature and the institution's secret are the server's: a browser holds none of them.
 */

import { momentAt } from '@/shared/day';
import { done, refused, type Outcome } from '@/shared/refusal';
import { file, request } from './client';
import type { Institution } from './session';
import type { paths } from '@/generated/province';

type Transaction<I extends string> =
  paths extends Record<`/fsi/api/rsfComIfsService/callService/${I}`, { post: infer O }> ? O : never;

/** What goes into a transaction, as the platform describes it. */
export type InputOf<I extends string> =
  Transaction<I> extends { requestBody: { content: { 'application/json': infer T } } } ? T : never;

/** What comes out of it. */
export type OutputOf<I extends string> =
  Transaction<I> extends { responses: { 200: { content: { 'application/json': infer T } } } } ? T : never;

/** A message as it is sent; sent again it is the same message. */
export interface Message {
  readonly infno: string;
  readonly msgid: string;
  /** 参保地, where the transaction goes there. */
  readonly insured?: string;
  readonly input: unknown;
}

/** The longest message id that nodes take. */
const MSGID_LENGTH = 40;

/**
 * A message id: institution, time, and letters by chance. A repeated one would be answered with the first one's answer, and
 * several windows of a hospital send within one second, so chance must be large: fourteen letters and digits.
 */
export function newMsgid(institution: string, at: Date, random: Uint8Array): string {
  const time = momentAt(at).replaceAll(/\D/g, '');
  const letters = [...random].map((byte) => (byte % 36).toString(36)).join('');
  return (institution + time + letters).slice(0, MSGID_LENGTH).toUpperCase();
}

/** Sends a message for an institution: from its window, where people are charged, or from its office (医保办), which keeps its books. */
export async function send<T>(
  institution: Institution,
  message: Message,
  signal?: AbortSignal,
  from: 'window' | 'office' = 'window',
): Promise<Outcome<T>> {
  const { infno, ...rest } = message;
  const outcome: Outcome<unknown> = await request(
    'POST',
    `/web/${from}/${encodeURIComponent(institution.code)}/${infno}`,
    rest,
    signal,
  );
  return outcome.ok ? answered<T>(outcome.value, message) : outcome;
}

/** Downloads what the platform keeps for an institution (9102): the file itself, or the platform's refusal. */
export async function download(
  institution: Institution,
  message: Message,
  from: 'window' | 'office',
): Promise<Outcome<Uint8Array>> {
  const { infno, ...body } = message;
  const url = `/web/${from}/${encodeURIComponent(institution.code)}/${infno}`;
  const outcome = await file(url, infno, { method: 'POST', body });
  if (!outcome.ok) return outcome;
  const { content } = outcome.value;
  if (!content.type.startsWith('application/json')) return done(new Uint8Array(await content.arrayBuffer()));
  const said = answered<never>(JSON.parse(await content.text()), message);
  return said.ok ? answered<never>(undefined, message) : said;
}

/**
 * What the platform says where it does not know the outcome yet, or did not get to the message: send the same one again. The
 * interface has no code for it.
 */
const SAME_MESSAGE = '原报文ID';

/** Reads the envelope of an answer: the output, the platform's sentence, or the gateway's. */
export function answered<T>(value: unknown, message: Message): Outcome<T> {
  const answer = (value ?? {}) as Record<string, unknown>;
  const context = `infno ${message.infno}, msgid ${message.msgid}`;
  if (answer['infcode'] === 0 || answer['infcode'] === '0') return done(answer['output'] as T);
  if (answer['infcode'] !== undefined) {
    const said = typeof answer['err_msg'] === 'string' ? answer['err_msg'] : '';
    return refused({
      code: `infcode ${String(answer['infcode'])}`,
      message: said === '' ? '平台未说明原因，请联系医保经办机构' : said,
      unknown: said.includes(SAME_MESSAGE),
      context: `${context}, inf_refmsgid ${String(answer['inf_refmsgid'] ?? '-')}`,
    });
  }
  if (answer['code'] !== undefined) {
    return refused({
      code: `gateway ${String(answer['code'])}`,
      message: `接口网关未放行：${String(answer['message'] ?? '')}`,
      context,
    });
  }
  return refused({
    code: 'not-understood',
    message: '平台的应答不符合接口规范，请联系医保经办机构',
    context,
  });
}
