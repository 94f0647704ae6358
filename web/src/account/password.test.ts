import { expect, it } from 'vitest';
import { wrongPassword } from './password';

it.each([
  ['short', 'short', /至少10个字符/],
  ['Zhangsan-2026!', 'Zhangsan-2026!', /不能包含账号/],
  ['correct horse battery', 'correct horse batter', /不一致/],
  ['correct horse battery', 'correct horse battery', /^$/],
  ['雨后西湖边的三只白鹭飞过', '雨后西湖边的三只白鹭飞过', /^$/],
])('%s', (fresh, again, words) => {
  expect(wrongPassword(fresh, again, 'zhangsan')).toMatch(words);
});
