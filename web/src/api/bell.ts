/**
 * One's own jobs (任务) as every page shows them in its head: which go on, and which have ended since one looked. It looks while one goes on, and when a
 * page is opened; not otherwise.
 */

import { computed, shallowRef } from 'vue';
import { isGoing, listJobs, told, type Job } from './jobs';

/** Between two looks while one goes on, in milliseconds. */
const EVERY = 3_000;
/** The ids of those that were seen; nothing else of them is kept in the browser. */
const KEY = 'yidi.jobs.seen';
/** More than a node keeps of an account. */
const SEEN_MAX = 100;

function kept(): readonly string[] {
  try {
    const found: unknown = JSON.parse(window.localStorage.getItem(KEY) ?? '[]');
    return Array.isArray(found) ? found.filter((id) => typeof id === 'string') : [];
  } catch {
    // A browser that keeps nothing shows them as new once more.
    return [];
  }
}

/** The newest first. */
export const mine = shallowRef<readonly Job[]>([]);
const seen = shallowRef(kept());
export const going = computed(() => mine.value.filter(isGoing));
/** Those that have ended, and that nobody has looked at yet. */
export const fresh = computed(() =>
  mine.value.filter((job) => !isGoing(job) && !seen.value.includes(job.id)),
);

/** They were looked at. */
export function see(ids: readonly string[]): void {
  const added = ids.filter((id) => !seen.value.includes(id));
  if (added.length === 0) return;
  seen.value = [...seen.value, ...added].slice(-SEEN_MAX);
  try {
    window.localStorage.setItem(KEY, JSON.stringify(seen.value));
  } catch {
    // As above.
  }
}

let timer: ReturnType<typeof setTimeout> | undefined;
/** The last look counts: what an earlier one is answered may be older than what is known. */
let looks = 0;

/** Looks, and goes on looking while one goes on. */
export async function lookAtMine(): Promise<Awaited<ReturnType<typeof listJobs>>> {
  clearTimeout(timer);
  const own = ++looks;
  const outcome = await listJobs();
  if (own !== looks) return outcome;
  if (outcome.ok) mine.value = outcome.value.jobs;
  lookAgain();
  return outcome;
}

function lookAgain() {
  clearTimeout(timer);
  if (going.value.length > 0) timer = setTimeout(() => void lookAtMine(), EVERY);
}

/** Whoever sat here has left. */
export function forgetMine(): void {
  clearTimeout(timer);
  looks += 1;
  mine.value = [];
}

told.begun = (job) => {
  looks += 1;
  mine.value = [job, ...mine.value.filter((one) => one.id !== job.id)];
  lookAgain();
};
told.taken = (id) => {
  mine.value = mine.value.map((job) => (job.id === id && isGoing(job) ? { ...job, state: 'done' } : job));
  see([id]);
};
