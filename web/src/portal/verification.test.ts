import { expect, it } from 'vitest';
import { cleaned, readAddress } from './verification';

it('reads what was scanned or typed', () => {
  expect(readAddress('https://x/api/v1/verify/TZ-1?code=AB12')).toEqual({ number: 'TZ-1', code: 'AB12' });
  expect(readAddress('https://x/verify/%E5%8F%B7?a=1&code=C')).toEqual({ number: '号', code: 'C' });
  expect(readAddress('https://x/portal.html#number=N&code=C')).toEqual({ number: 'N', code: 'C' });
  expect(readAddress('https://x/portal.html')).toBeUndefined();
  expect(cleaned({ number: ' QS202608 -1', code: 'ab 12' })).toEqual({ number: 'QS202608-1', code: 'ab12' });
});
