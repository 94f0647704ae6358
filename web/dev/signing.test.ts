import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { signed, type Institution } from './signing';

const one = (way: Institution['way'], secret: string): Institution => ({
  code: '900000001',
  name: '示例',
  place: '420106',
  way,
  secret,
});

/** The server's own known answers, made by another implementation. */
const VECTORS = JSON.parse(
  readFileSync(new URL('../../crates/wire/src/sign/vectors.json', import.meta.url), 'utf8'),
) as { hmac_sm3: { secret: string; timestamp: string; body: string; signature: string }[] };

it('signs with HMAC-SM3 as the server checks it', () => {
  expect(VECTORS.hmac_sm3.length).toBeGreaterThan(0);
  for (const { secret, timestamp, body, signature } of VECTORS.hmac_sm3) {
    const headers = signed(one('ca-hmac-sm3', secret), '2304', body, Number(timestamp), 'n');
    expect(headers['x-ca-signature']).toBe(signature);
  }
});

it('signs the other ways over the parts that the interface names', () => {
  const tif = signed(one('tif-sha256', 's'), '2304', '', 1_795_302_600_999, 'n');
  expect(tif['x-tif-timestamp']).toBe('1795302600');
  expect(tif['x-tif-signature']).toMatch(/^[0-9a-f]{64}$/);
  const csb = signed(one('csb-hmac-sha1', 's'), '2304', '', 1_795_302_600_999, 'n');
  expect(csb).toMatchObject({ _api_name: '2304', _api_access_key: 'AK900000001' });
  expect(signed(one('none', ''), '2304', '', 0, '')).toEqual({});
});
