/** Why something was not done. The sentence is for the clerk; code and context are for whoever they call. */

export interface Refusal {
  /** Does not change: `unknown-institution`, `HTTP 502`, `infcode -1`. */
  readonly code: string;
  /** One Chinese sentence that says what to do next. */
  readonly message: string;
  /** What else is known, in English: status, transaction, message id. Shown unfolded only. */
  readonly context?: string;
  /** Nobody knows whether it was done: the same message may be sent again. */
  readonly unknown?: boolean;
}

/** What came of asking. */
export type Outcome<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly refusal: Refusal };

export const done = <T>(value: T): Outcome<T> => ({ ok: true, value });
export const refused = (refusal: Refusal): Outcome<never> => ({ ok: false, refusal });
