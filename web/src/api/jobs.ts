/**
 * What takes long and may be left (任务): the node goes on with it by itself, and keeps what it came to for a day. What ends while one waits looks as
 * if one had simply asked.
 */

import type { components } from '@/generated/province';
import { done, refused, type Outcome } from '@/shared/refusal';
import { file, glance, leave, request, type FileAnswer } from './client';

export type Job = components['schemas']['JobView'];

/** Where one can look at one's own. */
export const JOBS_PAGE = '/jobs';

/** Milliseconds between two looks: what is short is over soon, what is long is not looked at all the time. */
const PAUSES = [150, 250, 400, 700, 1_000, 1_500, 2_000] as const;
/** How often in a row a look may fail before whoever waits is told. */
const FAILURES_MAX = 5;

const nothing = () => {};
/** What whoever shows one's jobs on every page hears of (`api/bell`). */
export const told: { begun: (job: Job) => void; taken: (id: string) => void } = {
  /** One has begun. */
  begun: nothing,
  /** What one came to was shown. */
  taken: nothing,
};

export const listJobs = (): Promise<Outcome<{ jobs: readonly Job[] }>> => glance('/web/jobs');
const at = (id: string) => `/web/jobs/${encodeURIComponent(id)}`;
export const forgetJob = (id: string): Promise<Outcome<undefined>> => request('POST', `${at(id)}/forget`, {});
/** What it came to, as a file. */
export const jobFile = (job: Job, name: string): Promise<Outcome<FileAnswer>> =>
  file(`${at(job.id)}/answer`, name);
/** What it came to: the answer, or why it was refused. */
export const jobAnswer = <T>(job: Job): Promise<Outcome<T>> => request('GET', `${at(job.id)}/answer`);

export interface Waiting {
  /** How far it is, again and again. */
  readonly tell?: (job: Job) => void;
  /** Whoever waited has gone: the job goes on, and nobody looks. */
  readonly signal?: AbortSignal;
  /** What was waited for is not kept: it is shown, and can be had again by asking again. */
  readonly forget?: boolean;
  /** For tests. */
  readonly pause?: (millis: number) => Promise<void>;
}

const slept = (millis: number) => new Promise<void>((resolve) => setTimeout(resolve, millis));

/** Whether it goes on: where whoever worked on it is gone, the node takes it up again by itself. */
export const isGoing = (job: Pick<Job, 'state'>): boolean =>
  job.state === 'running' || job.state === 'waiting';

/** Waits until it has ended; `undefined` if whoever waited has gone. */
export async function ended(begun: Job, waiting: Waiting = {}): Promise<Outcome<Job> | undefined> {
  const { tell, signal, pause = slept } = waiting;
  let job = begun;
  let failures = 0;
  for (let look = 0; isGoing(job); look += 1) {
    await pause(PAUSES[Math.min(look, PAUSES.length - 1)] ?? 2_000);
    if (signal?.aborted) return undefined;
    const outcome: Outcome<Job> = await glance(at(job.id));
    if (signal?.aborted) return undefined;
    if (outcome.ok) {
      failures = 0;
      job = outcome.value;
      tell?.(job);
    } else if (++failures >= FAILURES_MAX || outcome.refusal.code === 'unknown-job') {
      return outcome;
    }
  }
  return done(job);
}

/** Why there is no answer of one that was interrupted, and what to do: the node says it. */
const interrupted = (job: Job) =>
  refused({
    code: 'job-interrupted',
    message: job.note ?? '办理中断（平台曾重启），请重新办理；已受理的部分不会重复受理',
  });

/** Asks for what may take long, and waits for its answer; `undefined` if whoever waited has gone. */
export async function carried<T>(
  method: 'GET' | 'POST',
  url: string,
  body: unknown,
  waiting: Waiting = {},
): Promise<Outcome<T> | undefined> {
  const begun = await leave<T>(method, url, body);
  if (!begun.ok) return begun;
  if (!('job' in begun.value)) return done(begun.value.answer);
  told.begun(begun.value.job);
  return answered<T>(begun.value.job, waiting);
}

/** Waits for the answer of one that was begun before. */
export async function answered<T>(job: Job, waiting: Waiting = {}): Promise<Outcome<T> | undefined> {
  waiting.tell?.(job);
  const outcome = await ended(job, waiting);
  if (outcome === undefined || !outcome.ok) return outcome;
  if (outcome.value.state === 'interrupted') return interrupted(outcome.value);
  const answer = await jobAnswer<T>(outcome.value);
  // Nobody has seen it.
  if (waiting.signal?.aborted) return undefined;
  told.taken(job.id);
  if (waiting.forget === true) void forgetJob(job.id);
  return answer;
}

/** A file that may take long to be made; what has been taken is forgotten there. */
export async function carriedFile(
  name: string,
  ask: { method: 'GET' | 'POST'; url: string; body?: unknown },
  waiting: Waiting = {},
): Promise<Outcome<FileAnswer> | undefined> {
  const begun = await file(ask.url, name, { ...ask, leave: true });
  if (!begun.ok || !('job' in begun.value)) return begun as Outcome<FileAnswer>;
  told.begun(begun.value.job);
  waiting.tell?.(begun.value.job);
  const outcome = await ended(begun.value.job, waiting);
  if (outcome === undefined || !outcome.ok) return outcome;
  if (outcome.value.state === 'interrupted') return interrupted(outcome.value);
  const found = await jobFile(outcome.value, name);
  told.taken(outcome.value.id);
  if (found.ok) void forgetJob(outcome.value.id);
  return found;
}

/** How far it is, in words; nothing where nobody knows. */
export const howFar = (job: Pick<Job, 'done' | 'total' | 'step' | 'step_at' | 'step_of'>): string => {
  const step = job.step ? `第${job.step_at ?? 1}步，共${job.step_of ?? 1}步：${job.step}` : '';
  const counted = job.done > 0 ? `已办${job.done}项` : '';
  const count = job.total > 0 ? `第${job.done}项，共${job.total}项` : counted;
  return [step, count].filter((part) => part !== '').join('，');
};

/** Where it stands. */
export const jobWords = (job: Pick<Job, 'state'>): string =>
  ({
    running: '正在办理',
    waiting: '等待继续办理',
    done: '已办完',
    refused: '未能办理',
    interrupted: '已中断，请重新办理',
  })[job.state] ?? job.state;
