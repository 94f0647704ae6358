/** What can be said of a new password before the server says more. */

/** The least number of characters that the server takes. */
export const PASSWORD_LEAST = 10;

/** Why a new password will not be taken, in Chinese; empty if nothing is against it. */
export function wrongPassword(fresh: string, again: string, account: string): string {
  if ([...fresh].length < PASSWORD_LEAST) return `新密码至少${PASSWORD_LEAST}个字符，请加长`;
  if (account !== '' && fresh.toLowerCase().includes(account.toLowerCase()))
    return '新密码不能包含账号，请另选';
  return fresh === again ? '' : '两次填写的新密码不一致，请重新填写';
}
