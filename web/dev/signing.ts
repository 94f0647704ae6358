/**
 * DEVELOPMENT ONLY. How an institution's software shows who it is (docs/INTERFACE.md, Authentication). In earnest the node does
 * this behind the window's session, or needs none; the sandbox's keys, for which this is, are public.
 */

import { createHash, createHmac } from 'node:crypto';

/** An institution of the sandbox. */
export interface Institution {
  readonly code: string;
  readonly name: string;
  readonly place: string;
  readonly way: 'none' | 'csb-hmac-sha1' | 'tif-sha256' | 'ca-hmac-sm3';
  readonly secret?: string;
}

/** The headers that a message goes with. `millis` is the time since 1970, `nonce` anything that comes once. */
export function signed(
  institution: Institution,
  infno: string,
  body: string,
  millis: number,
  nonce: string,
): Record<string, string> {
  const key = `AK${institution.code}`;
  const secret = institution.secret ?? '';
  switch (institution.way) {
    case 'none':
      return {};
    case 'csb-hmac-sha1': {
      const at = String(millis);
      const text = `_api_access_key=${key}&_api_name=${infno}&_api_timestamp=${at}&_api_version=1.0.0`;
      return {
        _api_name: infno,
        _api_version: '1.0.0',
        _api_timestamp: at,
        _api_access_key: key,
        _api_signature: createHmac('sha1', secret).update(text).digest('base64'),
      };
    }
    case 'tif-sha256': {
      const at = String(Math.floor(millis / 1000));
      const text = at + secret + nonce + at;
      return {
        'x-tif-paasid': key,
        'x-tif-timestamp': at,
        'x-tif-nonce': nonce,
        'x-tif-signature': createHash('sha256').update(text).digest('hex'),
      };
    }
    case 'ca-hmac-sm3': {
      const digest = createHmac('sm3', secret).update(`${millis}\n${body}`).digest('hex').toUpperCase();
      return { 'x-ca-key': key, 'x-ca-signature': `${millis}:${digest}` };
    }
  }
}
