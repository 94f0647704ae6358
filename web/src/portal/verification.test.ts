import { expect, it } from 'vitest';
import { cleaned, readAddress, readScanned } from './verification';

it('reads what was scanned or typed', () => {
  expect(readAddress('https://x/api/v1/verify/TZ-1?code=AB12')).toEqual({ number: 'TZ-1', code: 'AB12' });
  expect(readAddress('https://x/verify/%E5%8F%B7?a=1&code=C')).toEqual({ number: '号', code: 'C' });
  expect(readAddress('https://x/portal.html#number=N&code=C')).toEqual({ number: 'N', code: 'C' });
  expect(readAddress('https://x/portal.html')).toBeUndefined();
  expect(cleaned({ number: ' QS202608 -1', code: 'ab 12' })).toEqual({ number: 'QS202608-1', code: 'ab12' });
});

it.each([
  ['https://x/portal.html#number=N&code=C', { number: 'N', code: 'C' }],
  ['https://y/portal.html#number=N&code=C', /另一平台（y）/],
  ['https://x/portal.html', /不是结算单/],
  ['#number=N&code=C', /不是结算单/],
  [undefined, /没有识别出/],
])('takes what was scanned from a paper of here: %s', (text, expected) => {
  const read = readScanned(text, 'https://x');
  if (expected instanceof RegExp) expect('told' in read && read.told).toMatch(expected);
  else expect(read).toEqual(expected);
});
