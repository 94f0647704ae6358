import { expect, it } from 'vitest';
import { PAGES } from '@/console/menu';
import { countWords, emptyWords, leftWords, pageFor, urgencyTag, type WorkItem } from './work';

it.each([
  [undefined, ''],
  [null, ''],
  [3, '剩3个工作日'],
  [0, '今天到期'],
  [-2, '逾期2个工作日'],
])('%s working days', (left, words) => expect(leftWords(left)).toBe(words));

it('stops to count where the node does', () => {
  expect([countWords(999), countWords(1000)]).toEqual(['999', '1000+']);
});

it('says what presses', () => {
  expect(['overdue', 'soon', 'calm'].map(urgencyTag)).toEqual(['bad', 'warn', '']);
});

it('leads to pages that there are', () => {
  const kinds = [
    ...[
      'filings',
      'differences',
      'explained',
      'corrections',
      'statements',
      'clearing',
      'disputes',
      'transfers',
    ],
    ...['receipts', 'bank_entries', 'increases', 'complaints', 'overdue', 'supplements', 'differing'],
    ...[
      'prepayment_year',
      'areas_to_divide',
      'area_receipts',
      'area_dues',
      'areas_to_pass_on',
      'area_notice',
      'area_disputes',
    ],
    ...['payments_to_adopt', 'payments_to_order', 'payments_at_bank', 'discharged', 'without_lines'],
    ...['unknown_outcomes', 'day_books', 'apportioning', 'prepayment_red'],
    ...['accounts_locked', 'accounts_initial', 'accounts_without_code'],
  ];
  const paths = new Set(PAGES.map((page) => page.path));
  for (const kind of kinds) {
    const path = pageFor({ kind } as WorkItem)?.split('?')[0];
    expect(path !== undefined && paths.has(path), kind).toBe(true);
  }
  expect(pageFor({ kind: 'unheard' } as WorkItem)).toBeUndefined();
});

it('opens the window of a pharmacy where that is whose it is', () => {
  const item = { kind: 'unknown_outcomes' } as WorkItem;
  expect(pageFor(item, 'P11010800001', true)).toBe('/window/purchase?stays-which=unknown');
  expect(pageFor(item, 'H11010800001')).toBe('/window?stays-which=unknown');
});

it('opens the month of which the work is', () => {
  expect(pageFor({ kind: 'apportioning', month: '2026-10' } as WorkItem)).toBe(
    '/window/apportioning?month=2026-10',
  );
});

it('tells each role what an empty list means', () => {
  for (const role of [
    'account-administrator',
    'cashier',
    'institution-office',
    'finance',
    'auditor',
    'supervisor',
  ])
    expect(emptyWords(role)).not.toBe(emptyWords(undefined));
});
