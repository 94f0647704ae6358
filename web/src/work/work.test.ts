import { expect, it } from 'vitest';
import { PAGES } from '@/console/menu';
import { countWords, leftWords, pageFor, urgencyTag, type WorkItem } from './work';

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
    ...['receipts', 'bank_entries', 'increases', 'complaints', 'overdue'],
  ];
  const paths = new Set(PAGES.map((page) => page.path));
  for (const kind of kinds) {
    const path = pageFor({ kind } as WorkItem)?.split('?')[0];
    expect(path !== undefined && paths.has(path), kind).toBe(true);
  }
  expect(pageFor({ kind: 'unheard' } as WorkItem)).toBeUndefined();
});
