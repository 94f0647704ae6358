/**
 * The one place that asks the machine for the time. Everything else is given it.
 *
 * Days and deadlines are the node's: where its clock and the machine's are far apart, the node's counts. It says its time with every answer.
 */

/** How far a machine may be off before that is set right, in milliseconds: an answer takes its time on the way. */
export const TOLERATED = 2 * 60_000;
let ahead = 0;

export const now = (): Date => new Date(Date.now() + ahead);

/** Hears when a node has answered, by its own clock (`Date` of the answer); what is no time changes nothing. */
export function heardAt(date: string | null): void {
  const at = date === null ? NaN : Date.parse(date);
  if (Number.isNaN(at)) return;
  const off = at - Date.now();
  ahead = Math.abs(off) <= TOLERATED ? 0 : off;
}
