/** What came of what somebody tried, in words; a code without words stands beside them. */

const WORDS: Readonly<Record<string, string>> = {
  done: '办成',
  'not-permitted': '无权限',
  'not-authenticated': '未登录',
  'login-failed': '登录失败',
  'login-locked': '已锁定',
  'login-code-needed': '待验证码',
  'four-eyes': '须他人复核',
  csrf: '来源不明',
  'end-unknown': '结果不明',
};

export const outcomeWords = (outcome: string): string => WORDS[outcome] ?? `被拒绝（${outcome}）`;
