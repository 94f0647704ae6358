/**
 * An act of a page that may take long (任务): it goes on at the node whoever leaves the page, and whoever comes back before it has ended waits on.
 */

import { onMounted, onUnmounted, shallowRef, type ShallowRef } from 'vue';
import { answered, carried, isGoing, listJobs, type Job } from '@/api/jobs';
import type { Outcome } from '@/shared/refusal';

export interface JobOf<T> {
  /** The one that goes on, as it was last seen; none if none does. */
  readonly job: ShallowRef<Job | undefined>;
  /** Begins it, and waits; `undefined` if the page was left meanwhile. */
  begin(body?: unknown): Promise<Outcome<T> | undefined>;
}

export interface JobOptions<T> {
  readonly method?: 'GET' | 'POST';
  /** What is asked, as it is now. */
  readonly url: () => string;
  /** Whether one of this path is the page's as well: of another month than the one that is shown. */
  readonly like?: RegExp;
  /** Hears what came of one that was begun before this page was opened. */
  readonly done?: (outcome: Outcome<T>) => void;
  /** What one that was begun before came to is shown as well. */
  readonly ended?: boolean;
}

/** The path alone: nothing else of what was asked is told of a job. */
const pathOf = (url: string) => url.split('?')[0] ?? url;

export function useJob<T>(options: JobOptions<T>): JobOf<T> {
  const job = shallowRef<Job>();
  const gone = new AbortController();
  onUnmounted(() => gone.abort());
  const waiting = {
    tell: (now: Job) => {
      job.value = isGoing(now) ? now : undefined;
    },
    signal: gone.signal,
  };
  const over = (outcome: Outcome<T> | undefined) => {
    job.value = undefined;
    return outcome;
  };
  const begin = async (body?: unknown) =>
    over(await carried<T>(options.method ?? 'POST', options.url(), body, waiting));

  onMounted(async () => {
    const all = await listJobs();
    if (!all.ok || gone.signal.aborted || job.value !== undefined) return;
    const path = pathOf(options.url());
    const isIt = (one: Job) =>
      (options.like?.test(one.path) ?? one.path === path) &&
      (isGoing(one) || (options.ended === true && one.state === 'done'));
    const left = all.value.jobs.find(isIt);
    if (left === undefined) return;
    const outcome = over(await answered<T>(left, waiting));
    if (outcome !== undefined) options.done?.(outcome);
  });
  return { job, begin };
}
