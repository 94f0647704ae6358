/** Who sits before the page, and for what. Asked once; the cookie says who it is. */

import { shallowRef } from 'vue';
import { request } from './client';
import type { Outcome, Refusal } from '@/shared/refusal';

/** 岗位: what a person may see. The menu shows nothing else; the server refuses everything else. */
export type Duty = 'hub' | 'clerk' | 'cashier' | 'finance' | 'supervision';

/** A hospital or pharmacy at whose window the person sits. */
export interface Institution {
  readonly code: string;
  readonly name: string;
  /** 就医地, six digits. */
  readonly place: string;
}

/** A node whose management interface this server passes on. */
export interface NodeAccess {
  /** `100000` or a province. */
  readonly participant: string;
  /** Put before `/api/v1`; empty where the node itself serves the page. */
  readonly base: string;
}

export interface Session {
  readonly operator: string;
  readonly duties: readonly Duty[];
  readonly nodes: readonly NodeAccess[];
  readonly windows: readonly Institution[];
  /** The development server stands between page and nodes, and signs for hospitals: plainly shown. */
  readonly development: boolean;
}

export const session = shallowRef<Session>();
export const sessionRefusal = shallowRef<Refusal>();

export async function loadSession(): Promise<void> {
  const outcome: Outcome<Session> = await request('GET', '/web/session');
  if (outcome.ok) session.value = outcome.value;
  else sessionRefusal.value = outcome.refusal;
}

/** The node's address for the pages of a duty; the hub's or the first province's. */
export function nodeBase(hub: boolean): string {
  const found = session.value?.nodes.find((node) => (node.participant === '100000') === hub);
  return found?.base ?? '';
}
