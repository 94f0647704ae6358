/** 文书核验: what is read off a document, typed or scanned, and what the node that issued it answers. */

import { request } from '@/api/client';
import type { components } from '@/generated/hub';
import type { Outcome } from '@/shared/refusal';

export type Verified = components['schemas']['VerifiedDocument'];

export interface Asked {
  readonly number: string;
  readonly code: string;
}

/** Number and code as people copy them, without blanks. */
export const cleaned = (asked: Asked): Asked => ({
  number: asked.number.replaceAll(/\s/g, ''),
  code: asked.code.replaceAll(/\s/g, ''),
});

/** What a scanned address asks: `…/verify/NUMBER?code=CODE`, or `#number=…&code=…` of this page. */
export function readAddress(address: string): Asked | undefined {
  const found = /\/verify\/([^/?#]+)\?(?:.*&)?code=([^&#]+)/.exec(address);
  if (found) return { number: decodeURIComponent(found[1] ?? ''), code: decodeURIComponent(found[2] ?? '') };
  const hash = new URLSearchParams(address.split('#')[1] ?? '');
  const [number, code] = [hash.get('number'), hash.get('code')];
  return number !== null && code !== null ? { number, code } : undefined;
}

function addressOf(text: string): URL | undefined {
  try {
    return new URL(text);
  } catch {
    return undefined;
  }
}

/** What a code that was scanned asks here, or what is told of it. A page does not lead on to wherever a piece of paper says. */
export function readScanned(text: string | undefined, origin: string): Asked | { readonly told: string } {
  if (text === undefined)
    return { told: '没有识别出二维码。请把二维码拍清楚、占满画面再试，或者直接填写编号和校验码' };
  const asked = readAddress(text);
  const issued = addressOf(text);
  if (asked === undefined || issued === undefined)
    return { told: '这不是结算单、文书上的核验二维码。请拍文书上的二维码，或者直接填写编号和校验码' };
  if (issued.origin !== origin)
    return {
      told: `这份文书的二维码指向另一平台（${issued.host}），在这里核验不了。请向文书上写明的签发单位核实`,
    };
  return asked;
}

/** Asks without any credentials: the interface is public. */
export const verify = ({ number, code }: Asked): Promise<Outcome<Verified>> =>
  request('GET', `/api/v1/verify/${encodeURIComponent(number)}?code=${encodeURIComponent(code)}`);
