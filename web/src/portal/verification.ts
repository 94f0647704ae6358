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

/** Asks without any credentials: the interface is public. */
export const verify = ({ number, code }: Asked): Promise<Outcome<Verified>> =>
  request('GET', `/api/v1/verify/${encodeURIComponent(number)}?code=${encodeURIComponent(code)}`);
