/** One message of a window or an office that stands by itself: a question, or an act that may be said again. */

import { download, newMsgid, send, type InputOf, type OutputOf } from '@/api/window';
import { may, type Institution } from '@/api/session';
import { now } from '@/shared/clock';
import type { Outcome } from '@/shared/refusal';

/** Where somebody sits: who charges people at the window, the office (医保办) beside it. */
const seat = () => (may('use-window') ? 'window' : 'office');
const id = (institution: Institution) =>
  newMsgid(institution.code, now(), crypto.getRandomValues(new Uint8Array(14)));

export const exchange = <I extends string>(
  institution: Institution,
  infno: I,
  input: InputOf<I>,
): Promise<Outcome<OutputOf<I>>> =>
  send<OutputOf<I>>(institution, { infno, msgid: id(institution), input }, undefined, seat());

/** A file that the platform keeps for the institution (9102). */
export function fetched(
  institution: Institution,
  file: { readonly number: string; readonly name: string },
): Promise<Outcome<Uint8Array>> {
  const input = {
    fsDownloadIn: { file_qury_no: file.number, filename: file.name, fixmedins_code: institution.code },
  };
  return download(institution, { infno: '9102', msgid: id(institution), input }, seat());
}
