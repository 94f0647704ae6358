/**
 * What somebody has entered of an application and not sent: it is there again if the session has ended meanwhile and the same person has signed in
 * again. It is kept in this page's memory alone, and gone with the page.
 */

import type { Draft } from './application';

export interface Kept {
  readonly draft: Draft;
  readonly step: number;
  readonly papers: readonly { readonly kind: string; readonly file: File }[];
}

let kept: (Kept & { readonly whose: string }) | undefined;

export function keep(whose: string, entered: Kept): void {
  kept = { ...entered, whose };
}

export const forget = (): void => {
  kept = undefined;
};

/** What this person had entered, once; what is signed is read and signed anew. Another's is forgotten. */
export function taken(whose: string): Kept | undefined {
  const found = kept?.whose === whose ? kept : undefined;
  forget();
  return found && { ...found, draft: { ...found.draft, read: false, signature: '' } };
}
