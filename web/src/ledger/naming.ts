/** How an account is called on one line: number, name, whom it is about, and which money. */

import type { components } from '@/generated/hub';
import { provinceName } from '@/shared/place';

type Name = components['schemas']['AccountName'];

/** Whom an account is about, by name; by code what has none here. */
export const partyWords = ({ party, party_name: name }: Pick<Name, 'party' | 'party_name'>): string =>
  name ?? (/^\d{2}0000$/.test(party) ? provinceName(party) : party);

/** The money: the purse names its scheme where it belongs to one. */
export const moneyWords = ({ scheme, purse }: Pick<Name, 'scheme' | 'purse'>): string =>
  purse.startsWith(scheme) ? purse : `${scheme} ${purse}`;

/** In whose part of the books an account is, where its name alone does not say: both parts have deposits. */
export function roleWords(key: string): string {
  if (key.startsWith('treatment-')) return '就医地账';
  return key.startsWith('insured-') ? '参保地账' : '';
}

export const accountWords = (account: Name): string =>
  [account.number ?? '', account.name, roleWords(account.account), partyWords(account), moneyWords(account)]
    .filter((part) => part !== '')
    .join(' ');
