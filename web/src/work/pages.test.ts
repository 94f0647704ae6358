import { expect, it } from 'vitest';
import { PAGES } from '@/console/menu';
import { pageOfJob } from './pages';

it.each([
  ['/api/v1/funds/prove', '/ledger/proof'],
  ['/api/v1/funds/clearings/202610/plan', '/clearing?month=202610'],
  ['/api/v1/funds/statements/2026-10/fetch', '/statements?month=2026-10'],
  ['/api/v1/funds/areas/2026-10/divide', '/agency/areas?month=2026-10'],
  ['/api/v1/funds/reconciliations', '/reconciliation'],
  ['/api/v1/statistics', '/statistics'],
  ['/api/v1/filings/batch', '/agency/filings'],
])('what %s came to is looked at on its page', (path, page) => {
  expect(pageOfJob(path)).toBe(page);
  expect(PAGES.map((one) => one.path)).toContain(page.split('?')[0]);
});

it('a file has no page', () => {
  expect(pageOfJob('/api/v1/settlements/search')).toBeUndefined();
  expect(pageOfJob('')).toBeUndefined();
});
