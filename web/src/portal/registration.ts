/** Registration of the insured at the portal: what is checked before it is sent. Pure. */

import { readCitizen } from '@/shared/citizen';

/** The shortest password that nodes take. */
export const PASSWORD_LEAST = 10;

export interface Registration {
  /** 参保地. */
  readonly insured: string;
  readonly certno: string;
  readonly name: string;
  readonly card: string;
  readonly password: string;
  readonly again: string;
}

export type Wrong = Partial<Record<keyof Registration, string>>;

/** The account's name as the node keeps it: the identity number without blanks, in capitals. */
export const accountOf = (text: string): string => text.replaceAll(/\s/g, '').toUpperCase();

/** What is wrong with it, by field; nothing if it may be sent. */
export function wrongIn(said: Registration): Wrong {
  const wrong: { -readonly [K in keyof Wrong]: string } = {};
  if (said.insured === '') wrong.insured = '请选择参保地';
  const citizen = readCitizen(said.certno);
  if (typeof citizen === 'string') wrong.certno = citizen;
  if (said.name.trim() === '') wrong.name = '请填写姓名';
  if (said.card.replaceAll(/\s/g, '') === '') wrong.card = '请填写社会保障卡卡号';
  if ([...said.password].length < PASSWORD_LEAST)
    wrong.password = `密码至少${PASSWORD_LEAST}个字符，可以用一句好记的话`;
  else if (citizenIn(said)) wrong.password = '密码不能包含身份号码';
  if (said.again !== said.password) wrong.again = '两次填写的密码不一致';
  return wrong;
}

const citizenIn = ({ certno, password }: Registration) =>
  accountOf(certno) !== '' && password.toUpperCase().includes(accountOf(certno));
