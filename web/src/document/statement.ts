/** The statement of one settlement (结算单): issued, or found as it was issued before, and fetched as a file. */

import { file, request, type FileAnswer } from '@/api/client';
import type { components } from '@/generated/province';
import { done, type Outcome } from '@/shared/refusal';

type Issued = components['schemas']['DocumentView'];

export interface FetchedStatement {
  readonly number: string;
  readonly code: string;
  readonly title: string;
  readonly file: FileAnswer;
}

/** Where the statement of a settlement is issued: at the agency's desk, at an institution's window, at the portal. */
export const statementAt = {
  desk: (id: string) => `/api/v1/settlements/${encodeURIComponent(id)}/statement`,
  window: (institution: string, id: string) =>
    `/web/window/${encodeURIComponent(institution)}/settlements/${encodeURIComponent(id)}/statement`,
  portal: (id: string) => `/web/portal/settlements/${encodeURIComponent(id)}/statement`,
};

/** Has it issued at one of these addresses, and fetches it for printing. Asked again, it is the same document. */
export async function fetchStatement(at: string): Promise<Outcome<FetchedStatement>> {
  const issued: Outcome<Issued> = await request('POST', at);
  if (!issued.ok) return issued;
  const { number, code, title } = issued.value;
  const fetched = await file(`${at}/pdf`, `${number}.pdf`);
  if (!fetched.ok) return fetched;
  return done({ number, code, title, file: { ...fetched.value, name: `${title}${number}.pdf` } });
}
