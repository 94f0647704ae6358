/** A node for unit tests of counters: what it answers is said before, one answer after the other; what it was sent is kept. */

import { vi } from 'vitest';

export interface Sent {
  readonly infno: string;
  readonly body: {
    readonly msgid: string;
    readonly insured?: string;
    readonly input: Record<string, unknown>;
  };
}

export interface PlayedNode {
  /** Nothing is a broken line. */
  answers: (object | undefined)[];
  sent: Sent[];
}

/** Stands in for `fetch` until the test is over. */
export function playedNode(): PlayedNode {
  const node: PlayedNode = { answers: [], sent: [] };
  vi.stubGlobal('fetch', (url: string, init: RequestInit) => {
    const body = JSON.parse(String(init.body)) as Sent['body'];
    node.sent.push({ infno: url.split('/').at(-1) ?? '', body });
    const answer = node.answers.shift();
    return answer === undefined
      ? Promise.reject(new TypeError('connection reset'))
      : Promise.resolve(new Response(JSON.stringify(answer), { status: 200 }));
  });
  return node;
}

/** An answer that says yes. */
export const good = (output: unknown) => ({ infcode: 0, output });
