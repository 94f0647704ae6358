/** When a session that nobody uses is about to end, as far as this page knows. The server decides by its own clock. */

const MINUTE = 60_000;
/** How long before the end somebody is warned. */
export const WARNED = 2 * MINUTE;

export interface Idle {
  readonly warns: boolean;
  readonly over: boolean;
  /** Whole minutes that are left, begun ones counted. */
  readonly minutesLeft: number;
}

/** `at` and `seen` in milliseconds since 1970; no limit is zero minutes. */
export function idle(at: number, seen: number, minutes: number): Idle {
  if (minutes <= 0 || seen === 0) return { warns: false, over: false, minutesLeft: Infinity };
  const left = seen + minutes * MINUTE - at;
  return {
    warns: left > 0 && left <= Math.min(WARNED, (minutes * MINUTE) / 2),
    over: left <= 0,
    minutesLeft: Math.max(0, Math.ceil(left / MINUTE)),
  };
}
