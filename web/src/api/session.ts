/** Who sits before the page, and what they may do. The cookie says who it is; nothing of it is kept in the browser. */

import { computed, shallowRef } from 'vue';
import { now } from '@/shared/clock';
import { done, type Outcome, type Refusal } from '@/shared/refusal';
import { beside, request } from './client';

/** What somebody may do (操作权限), as the node names it. The menu follows it; the server refuses everything else. */
export type Action =
  | 'read-filings'
  | 'enter-filings'
  | 'decide-filings'
  | 'read-people'
  | 'maintain-people'
  | 'read-institutions'
  | 'maintain-institutions'
  | 'read-settlements'
  | 'confirm-purchases'
  | 'read-reconciliation'
  | 'work-differences'
  | 'decide-differences'
  | 'read-clearing'
  | 'plan-clearing'
  | 'adopt-clearing'
  | 'confirm-clearing'
  | 'enter-deductions'
  | 'read-payments'
  | 'enter-payments'
  | 'adopt-payments'
  | 'pay-institutions'
  | 'read-prepayment'
  | 'plan-prepayment'
  | 'adopt-prepayment'
  | 'read-transfers'
  | 'pay-transfers'
  | 'urge-transfers'
  | 'read-bank'
  | 'maintain-bank'
  | 'read-ledger'
  | 'enter-vouchers'
  | 'close-ledger'
  | 'prove-books'
  | 'read-documents'
  | 'issue-documents'
  | 'read-participants'
  | 'maintain-participants'
  | 'suspend-participants'
  | 'read-statistics'
  | 'read-policies'
  | 'calculate'
  | 'read-work'
  | 'read-announcements'
  | 'maintain-announcements'
  | 'read-complaints'
  | 'work-complaints'
  | 'read-media'
  | 'maintain-media'
  | 'read-mapping'
  | 'read-transcripts'
  | 'record-transcripts'
  | 'read-accounts'
  | 'maintain-accounts'
  | 'read-audit-trail'
  | 'use-window'
  | 'keep-institution-books'
  | 'read-conformance'
  | 'use-portal';

/** Where an account has a say. */
export interface Area {
  readonly kind: 'nation' | 'province' | 'city' | 'county' | 'institution';
  readonly code: string;
  readonly name: string;
}

/** A hospital or pharmacy at whose window the person sits. */
export interface Institution {
  readonly code: string;
  readonly name: string;
  /** 就医地, six digits. */
  readonly place: string;
  /** 定点医疗服务机构类型: `1` a hospital, `2` a pharmacy. */
  readonly kind: string;
}

/** Whether people buy there, and are not treated. */
export const isPharmacy = (one: Pick<Institution, 'kind'>): boolean => one.kind === '2';

/** Who one is at an organisation's identity provider (统一身份认证), where that logs one in here. */
export interface Identity {
  readonly provider: string;
  readonly provider_name: string;
  /** What one is called there, masked. */
  readonly shown: string;
  readonly tied_at: string;
  /** The account has no password beside it. */
  readonly only: boolean;
}

export interface Session {
  readonly account: string;
  readonly name: string;
  /** The node that serves these pages: `100000` or a province. */
  readonly participant: string;
  readonly role: string;
  readonly role_name: string;
  readonly area: Area;
  readonly actions: readonly string[];
  readonly windows: readonly Institution[];
  readonly csrf: string;
  /** The password is one that somebody else has given. */
  readonly must_change_password: boolean;
  /** A one-time code is set up. */
  readonly one_time_code: boolean;
  readonly identity?: Identity | null;
  /** After so long without asking anything, the session ends. */
  readonly idle_minutes: number;
  /** The development server stands between page and node: plainly shown. */
  readonly development: boolean;
}

export const session = shallowRef<Session>();
/** Why the session could not be asked for; nothing if there simply is none. */
export const sessionRefusal = shallowRef<Refusal>();
/** When the server last heard of this session, in milliseconds since 1970. */
export const lastSeen = shallowRef(0);
/** Why the last session is over, where the person did not end it. */
export const ended = shallowRef('');

/** The hub's pages, or a province's. */
export const atHub = computed(() => session.value?.participant === '100000');

/** Whether this person may do one of these. */
export const may = (...actions: readonly Action[]): boolean =>
  actions.some((action) => session.value?.actions.includes(action) ?? false);

/** Whether this person works for all of the node's, and not for a pooling area, a county or an institution of it. */
export const forWhole = computed(() => ['nation', 'province'].includes(session.value?.area.kind ?? ''));

beside.seen = () => {
  lastSeen.value = now().getTime();
};
beside.lost = () => {
  if (session.value === undefined) return;
  leave('登录已失效，请重新登录');
};

beside.changed = () => {
  void loadSession();
};

function enter(found: Session): void {
  beside.csrf = found.csrf;
  ended.value = '';
  session.value = found;
}

/** Forgets the session on this side. */
export function leave(why = ''): void {
  beside.csrf = '';
  ended.value = why;
  session.value = undefined;
}

/** Asks the server who the cookie belongs to. */
export async function loadSession(): Promise<void> {
  const outcome: Outcome<Session> = await request('GET', '/web/session');
  sessionRefusal.value = undefined;
  if (outcome.ok) enter(outcome.value);
  else if (outcome.refusal.code === 'not-authenticated' || outcome.refusal.code === 'HTTP 401') {
    session.value = undefined;
  } else sessionRefusal.value = outcome.refusal;
}

export interface Credentials {
  readonly account: string;
  readonly password: string;
  readonly code?: string;
}

export async function logIn(credentials: Credentials): Promise<Outcome<Session>> {
  const outcome: Outcome<Session> = await request('POST', '/web/login', credentials);
  if (outcome.ok) {
    sessionRefusal.value = undefined;
    enter(outcome.value);
  }
  return outcome;
}

/** By what one may log in beside a password. */
export interface Providers {
  readonly providers: readonly { readonly provider: string; readonly name: string }[];
  /** One has come back from this one, and is still to show the one-time code of the account. */
  readonly code_needed?: string | null;
}

export const providers = (): Promise<Outcome<Providers>> => request('GET', '/web/oidc');

/** Where a link leads that logs one in at a provider. */
export const wayTo = (provider: string): string => `/web/oidc/${encodeURIComponent(provider)}`;

/** The one-time code, shown after one has come back from a provider. */
export async function showCode(provider: string, code: string): Promise<Outcome<Session>> {
  const outcome: Outcome<Session> = await request('POST', `${wayTo(provider)}/code`, { code });
  if (outcome.ok) {
    sessionRefusal.value = undefined;
    enter(outcome.value);
  }
  return outcome;
}

/** Asks to tie one's identity there to one's account; the page goes on to the address. */
export const tieIdentity = (
  provider: string,
  password: string,
  only: boolean,
): Promise<Outcome<{ readonly address: string }>> =>
  request('POST', `${wayTo(provider)}/tie`, { password, only });

export async function untieIdentity(): Promise<Outcome<undefined>> {
  const outcome: Outcome<undefined> = await request('POST', '/web/identity/untie', {});
  if (outcome.ok) await loadSession();
  return outcome;
}

/** Ends the session here and there. */
export async function logOut(): Promise<Outcome<undefined>> {
  const outcome: Outcome<undefined> = await request('POST', '/web/logout');
  if (outcome.ok) leave();
  return outcome;
}

export async function changePassword(old: string, fresh: string): Promise<Outcome<undefined>> {
  const outcome: Outcome<undefined> = await request('POST', '/web/password', { old, new: fresh });
  if (!outcome.ok) return outcome;
  // The server may have begun a new session with it; what it says of it counts.
  await loadSession();
  return done(undefined);
}

/** The secret of a one-time code that is to be set up, and the same as an address for a camera. */
export interface NewCode {
  readonly secret: string;
  readonly uri: string;
}

export const newOneTimeCode = (): Promise<Outcome<NewCode>> => request('POST', '/web/one-time-code', {});

export async function confirmOneTimeCode(code: string): Promise<Outcome<undefined>> {
  const outcome: Outcome<undefined> = await request('POST', '/web/one-time-code/confirm', { code });
  if (outcome.ok) await loadSession();
  return outcome;
}
