/** What the portal asks the node that serves it. The public part needs no session; the rest is about the person of the session. */

import { request } from '@/api/client';
import { province } from '@/api/nodes';
import type { components } from '@/generated/province';
import type { MaterialSource } from '@/filing/materials';
import type { Outcome } from '@/shared/refusal';

type Schemas = components['schemas'];
export type Filing = Schemas['FilingView'];
export type Scheme = Schemas['InsuranceScheme'];
export type Settlement = Schemas['SettlementRow'];
export type Institution = Schemas['InstitutionView'];
export type Change = Schemas['FilingChange'];

/** Who registers, as the node reads it. */
export interface Registered {
  /** 参保地, any division of the pooling area. */
  readonly insured: string;
  readonly certno: string;
  readonly name: string;
  /** 社会保障卡卡号. */
  readonly card: string;
  readonly password: string;
}

const node = province();

export const portal = {
  register: (said: Registered): Promise<Outcome<unknown>> => request('POST', '/web/portal/register', said),
  me: () => node.get('/web/portal/me'),
  rules: () => node.get('/web/portal/filings/rules'),
  filings: () => node.get('/web/portal/filings'),
  file: (said: Schemas['OwnFiling']) => node.post('/web/portal/filings', { body: said }),
  change: (id: string, said: Change) =>
    node.post('/web/portal/filings/{id}/change', { path: { id }, body: said }),
  cancel: (id: string) => node.post('/web/portal/filings/{id}/cancel', { path: { id } }),
  materials: (id: string): MaterialSource => ({
    load: () => node.get('/web/portal/filings/{id}/materials', { path: { id } }),
    add: (kind, content) =>
      node.post('/web/portal/filings/{id}/materials', { path: { id }, body: { kind, content } }),
    remove: (number) =>
      node.post('/web/portal/filings/{id}/materials/{number}/remove', {
        path: { id, number: String(number) },
      }),
    url: (number) => `/web/portal/filings/${encodeURIComponent(id)}/materials/${number}`,
  }),
  settlements: (after: string) => node.get('/web/portal/settlements', { query: { after } }),
  settlement: (id: string) => node.get('/web/portal/settlements/{id}', { path: { id } }),
  institutions: (query: { area: string; name: string; level: string; after: string }) =>
    node.get('/web/portal/institutions', { query }),
  calculate: (bill: Schemas['NewCalculation']) => node.post('/web/portal/calculation', { body: bill }),
  policies: () => node.get('/web/portal/policies'),
  policy: (area: string, scheme: Scheme) =>
    node.get('/web/portal/policies/{area}/{scheme}', { path: { area, scheme } }),
  announcements: () => node.get('/web/portal/announcements'),
  complain: (said: Schemas['NewComplaint']) => node.post('/web/portal/complaints', { body: said }),
  followed: (number: string, key: string) =>
    node.get('/web/portal/complaints/{number}', { path: { number }, query: { key } }),
};
