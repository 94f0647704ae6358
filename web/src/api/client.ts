/**
 * The management interface of the node that serves these pages, by the types generated from its own description.
 *
 * Who acts is known to the server by the session's cookie alone: no page holds a token. What goes beside the cookie, the word
 * against forged requests (CSRF), is put in here and nowhere else.
 */

import { heardAt } from '@/shared/clock';
import type { components } from '@/generated/province';
import { done, refused, type Outcome } from '@/shared/refusal';

type Json<R> = R extends { content: { 'application/json': infer T } } ? T : never;
type Operation<P, M extends string> = P extends Record<M, infer O> ? O : never;
type AnswerOf<O> = O extends { responses: { 200: infer R } } ? Json<R> : never;
type PathOf<O> = O extends { parameters: { path: infer V } } ? V : undefined;
type QueryOf<O> = O extends { parameters: { query?: infer Q } } ? NonNullable<Q> : undefined;
type BodyOf<O> = O extends { requestBody?: { content: { 'application/json': infer B } } } ? B : undefined;
type With<P, M extends string> = {
  [K in keyof P]: Operation<P[K], M> extends never ? never : undefined extends Operation<P[K], M> ? never : K;
}[keyof P];

export interface Ask<O> {
  readonly path?: PathOf<O>;
  readonly query?: QueryOf<O>;
  readonly body?: BodyOf<O>;
  readonly signal?: AbortSignal;
  /** Why personal data is wanted whole (查看事由); it goes into the record of the look. */
  readonly duty?: string;
}

type Call<P, M extends string> = <K extends With<P, M> & string>(
  path: K,
  ask?: Ask<Operation<P[K], M>>,
) => Promise<Outcome<AnswerOf<Operation<P[K], M>>>>;

/** What a node's pages ask it. */
export interface Client<P> {
  readonly get: Call<P, 'get'>;
  readonly post: Call<P, 'post'>;
  readonly put: Call<P, 'put'>;
}

/** A client of the node that serves the page. */
export function client<P>(): Client<P> {
  const call =
    (method: string) =>
    async (path: string, ask: Ask<never> = {}) =>
      request(method, filled(path, ask.path, ask.query), ask.body, ask.signal, ask.duty);
  return { get: call('GET'), post: call('POST'), put: call('PUT') } as Client<P>;
}

/** What the session puts beside its cookie, and what it wants to hear of answers. */
export const beside = {
  /** Goes with everything that is not only read. */
  csrf: '',
  /** Somebody was active: the server has seen the cookie. */
  seen: (): void => {},
  /** The server does not know the cookie (any more). */
  lost: (): void => {},
  /** The cookie is another session's than this page's: somebody has logged in anew in another window. */
  changed: (): void => {},
};

/** A path with its values and its question; what is not said is left out. */
export function filled(path: string, values: unknown = {}, query: unknown = {}): string {
  const known = (values ?? {}) as Record<string, string | number>;
  const there = path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(known[name] ?? ''));
  const asked: string[] = [];
  for (const [name, value] of Object.entries((query ?? {}) as Record<string, unknown>)) {
    if (typeof value === 'number' || value === true || (typeof value === 'string' && value !== '')) {
      asked.push(`${encodeURIComponent(name)}=${inQuery(String(value))}`);
    }
  }
  return asked.length === 0 ? there : `${there}?${asked.join('&')}`;
}

/** A value of a question; what RFC 3986 lets stand there stays readable, as in the keys of accounts. */
const inQuery = (value: string): string =>
  encodeURIComponent(value).replaceAll(/%2F|%3A|%2C|%40/g, (code) => decodeURIComponent(code));

/** A line of text as a header may carry it: UTF-8, percent-encoded. */
export const headerText = (text: string): string => encodeURIComponent(text);

/** One request with the session's credentials; what comes is the raw response, or why there is none. */
async function sent(
  method: string,
  url: string,
  body: unknown,
  signal: AbortSignal | undefined,
  duty: string | undefined,
  left = false,
): Promise<Outcome<Response>> {
  const headers: Record<string, string> = { accept: 'application/json' };
  const init: RequestInit = { method, credentials: 'same-origin', headers };
  if (body !== undefined) {
    init.body = JSON.stringify(body);
    headers['content-type'] = 'application/json';
  }
  if (method !== 'GET' && beside.csrf !== '') headers['x-csrf-token'] = beside.csrf;
  if (duty !== undefined && duty !== '') headers['x-duty'] = headerText(duty);
  if (left) headers['x-job'] = 'true';
  if (signal !== undefined) init.signal = signal;
  try {
    const answer = await fetch(url, init);
    heardAt(answer.headers.get('date'));
    return done(answer);
  } catch (error) {
    return refused({
      code: 'no-answer',
      message: '没有收到平台的应答，请检查网络后重试',
      context: `${method} ${url}: ${String(error)}`,
      unknown: method !== 'GET',
    });
  }
}

/** One request, and what its answer says. */
export async function request(
  method: string,
  url: string,
  body?: unknown,
  signal?: AbortSignal,
  duty?: string,
): Promise<Outcome<never>> {
  const outcome = await sent(method, url, body, signal, duty);
  if (!outcome.ok) return outcome;
  const response = outcome.value;
  const read = understood(response.status, await response.text(), `${method} ${url}`);
  heard(response.status, read);
  return read as Outcome<never>;
}

/**
 * Looks how far something is that goes on by itself. Nobody has done anything with it: neither the node nor the page takes it for a sign that somebody
 * still sits there.
 */
export async function glance(url: string): Promise<Outcome<never>> {
  const outcome = await sent('GET', url, undefined, undefined, undefined);
  if (!outcome.ok) return outcome;
  const read = understood(outcome.value.status, await outcome.value.text(), `GET ${url}`);
  if (outcome.value.status === 401) heard(401, read);
  return read as Outcome<never>;
}

/** What the node goes on with by itself, as it says. */
type Job = components['schemas']['JobView'];
const BEGUN = 202;

/** One request that whoever asks may leave: a job, or the answer itself where it does not take long. */
export async function leave<T>(
  method: string,
  url: string,
  body?: unknown,
): Promise<Outcome<{ readonly job: Job } | { readonly answer: T }>> {
  const outcome = await sent(method, url, body, undefined, undefined, true);
  if (!outcome.ok) return outcome;
  const { status } = outcome.value;
  const read = understood(status, await outcome.value.text(), `${method} ${url}`);
  heard(status, read);
  if (!read.ok) return read;
  return done(status === BEGUN ? { job: read.value as Job } : { answer: read.value as T });
}

/** A file as the server names it. */
export interface FileAnswer {
  readonly name: string;
  readonly content: Blob;
}

interface FileAsk {
  readonly method?: 'GET' | 'POST';
  readonly body?: unknown;
  readonly duty?: string;
  /** Whoever asks may leave it: a job comes where it takes long. */
  readonly leave?: boolean;
}

/** Asks for a file; a refusal comes as one and not as a file. */
export function file(
  url: string,
  fallbackName: string,
  ask: FileAsk & { readonly leave: true },
): Promise<Outcome<FileAnswer | { readonly job: Job }>>;
export function file(url: string, fallbackName: string, ask?: FileAsk): Promise<Outcome<FileAnswer>>;
export async function file(
  url: string,
  fallbackName: string,
  ask: FileAsk = {},
): Promise<Outcome<FileAnswer | { readonly job: Job }>> {
  const method = ask.method ?? 'GET';
  const outcome = await sent(method, url, ask.body, undefined, ask.duty, ask.leave);
  if (!outcome.ok) return outcome;
  const response = outcome.value;
  if (response.status === BEGUN) return done({ job: (await response.json()) as Job });
  if (response.status !== 200) {
    const read = understood(response.status, await response.text(), `${method} ${url}`);
    heard(response.status, read);
    return read as Outcome<never>;
  }
  beside.seen();
  const name = fileName(response.headers.get('content-disposition')) ?? fallbackName;
  return done({ name, content: await response.blob() });
}

/** The file's name out of `Content-Disposition`; the one in UTF-8 wins. */
export function fileName(header: string | null): string | undefined {
  if (header === null) return undefined;
  const encoded = /filename\*\s*=\s*utf-8''([^;]+)/i.exec(header)?.[1];
  if (encoded !== undefined) {
    try {
      return decodeURIComponent(encoded.trim());
    } catch {
      // As the plain one says.
    }
  }
  return /filename\s*=\s*"?([^";]+)"?/i.exec(header)?.[1]?.trim();
}

function heard(status: number, read: Outcome<unknown>): void {
  if (status === 401 && (read.ok || !read.refusal.code.startsWith('login-'))) beside.lost();
  else if (status < 500) beside.seen();
  if (!read.ok && read.refusal.code === 'csrf') beside.changed();
}

/** Reads what came: the answer, the node's own refusal, or that it was neither. */
export function understood(status: number, text: string, context: string): Outcome<unknown> {
  if (status === 204) return done(undefined);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = undefined;
  }
  if (status >= 200 && status < 300 && value !== undefined) return done(value);
  const said = value as { code?: unknown; message?: unknown } | undefined;
  if (typeof said?.code === 'string' && typeof said.message === 'string') {
    return refused({ code: said.code, message: said.message, context: `HTTP ${status}, ${context}` });
  }
  const message = status === 401 ? '登录已失效，请重新登录' : '平台暂时不能办理，请稍后重试';
  return refused({
    code: `HTTP ${status}`,
    message,
    context: `${context}: ${text.slice(0, 300)}`,
    unknown: status >= 500,
  });
}
