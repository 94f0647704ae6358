/** Where what a job came to is looked at, where it is no file: the page of what was asked. */

const PAGES: readonly (readonly [RegExp, (month: string) => string])[] = [
  [/^\/api\/v1\/funds\/prove$/, () => '/ledger/proof'],
  [/^\/api\/v1\/funds\/clearings\/([^/]+)\/plan$/, (month) => `/clearing?month=${month}`],
  [/^\/api\/v1\/funds\/statements\/([^/]+)\/fetch$/, (month) => `/statements?month=${month}`],
  [/^\/api\/v1\/funds\/areas\/([^/]+)\/divide$/, (month) => `/agency/areas?month=${month}`],
  [/^\/api\/v1\/funds\/reconciliations$/, () => '/reconciliation'],
  [/^\/api\/v1\/statistics$/, () => '/statistics'],
  [/^\/api\/v1\/filings\/batch$/, () => '/agency/filings'],
];

/** The page of what this path asked; none where a job is but a file. */
export function pageOfJob(path: string): string | undefined {
  for (const [pattern, page] of PAGES) {
    const found = pattern.exec(path);
    if (found !== null) return page(found[1] ?? '');
  }
  return undefined;
}
