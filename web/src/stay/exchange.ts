/** One message of a window or an office that stands by itself: a question, or an act that may be said again. */

import { newMsgid, send, type InputOf, type OutputOf } from '@/api/window';
import { may, type Institution } from '@/api/session';
import { now } from '@/shared/clock';
import type { Outcome } from '@/shared/refusal';

export function exchange<I extends string>(
  institution: Institution,
  infno: I,
  input: InputOf<I>,
): Promise<Outcome<OutputOf<I>>> {
  const msgid = newMsgid(institution.code, now(), crypto.getRandomValues(new Uint8Array(14)));
  const from = may('use-window') ? 'window' : 'office';
  return send<OutputOf<I>>(institution, { infno, msgid, input }, undefined, from);
}
