/**
 * The management interface of a node, by the types generated from its own description.
 *
 * Who acts is known to the server by the session's cookie alone: no page holds a token, and this file is the only one that
 * would change if that did.
 */

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
}

/** What a node's pages ask it. */
export interface Client<P> {
  get<K extends With<P, 'get'> & string>(
    path: K,
    ask?: Ask<Operation<P[K], 'get'>>,
  ): Promise<Outcome<AnswerOf<Operation<P[K], 'get'>>>>;
  post<K extends With<P, 'post'> & string>(
    path: K,
    ask?: Ask<Operation<P[K], 'post'>>,
  ): Promise<Outcome<AnswerOf<Operation<P[K], 'post'>>>>;
}

/** A client of the node whose interface lies at `base`: empty where the node itself serves the page. */
export function client<P>(base: string): Client<P> {
  const call =
    (method: string) =>
    async (path: string, ask: Ask<never> = {}) =>
      request(method, base + filled(path, ask.path, ask.query), ask.body, ask.signal);
  return { get: call('GET'), post: call('POST') } as Client<P>;
}

/** A path with its values and its question; what is not said is left out. */
export function filled(path: string, values: unknown = {}, query: unknown = {}): string {
  const known = (values ?? {}) as Record<string, string>;
  const there = path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(known[name] ?? ''));
  const asked = new URLSearchParams();
  for (const [name, value] of Object.entries((query ?? {}) as Record<string, unknown>)) {
    if (typeof value === 'string' && value !== '') asked.set(name, value);
  }
  const text = asked.toString();
  return text === '' ? there : `${there}?${text}`;
}

/** One request with the session's credentials. */
export async function request(
  method: string,
  url: string,
  body?: unknown,
  signal?: AbortSignal,
): Promise<Outcome<never>> {
  const init: RequestInit = { method, credentials: 'same-origin', headers: { accept: 'application/json' } };
  if (body !== undefined) {
    init.body = JSON.stringify(body);
    init.headers = { ...init.headers, 'content-type': 'application/json' };
  }
  if (signal !== undefined) init.signal = signal;
  const context = `${method} ${url}`;
  let response: Response;
  try {
    response = await fetch(url, init);
  } catch (error) {
    return refused({
      code: 'no-answer',
      message: '没有收到平台的应答，请检查网络后重试',
      context: `${context}: ${String(error)}`,
      unknown: method !== 'GET',
    });
  }
  const text = await response.text();
  return understood(response.status, text, context) as Outcome<never>;
}

/** Reads what came: the answer, the node's own refusal, or that it was neither. */
export function understood(status: number, text: string, context: string): Outcome<unknown> {
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
