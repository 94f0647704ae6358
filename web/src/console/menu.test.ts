import { expect, it } from 'vitest';
import { menuFor, opens, pageOf, PAGES, type Page } from './menu';

type Who = Parameters<typeof menuFor>[0];
const at = (participant: string, ...actions: string[]): Who => ({
  participant,
  actions,
  windows: [{ kind: '1' }],
  area: { kind: participant === '100000' ? 'nation' : 'province' },
});
const paths = (who: Who) => menuFor(who).flatMap((group) => group.pages.map((page) => page.path));

it('shows a person what they may open and nothing else', () => {
  const atWindow = paths(at('420000', 'use-window'));
  expect(atWindow).toContain('/window');
  expect(atWindow.filter((path) => !path.startsWith('/window'))).toEqual([]);
  expect(paths(at('420000'))).toEqual([]);
  expect(paths(at('100000', 'read-clearing'))).toContain('/clearing');
  expect(paths(at('420000', 'read-clearing'))).toContain('/statements');
});

it('shows who works for a part of a province only what is of that part', () => {
  const all = PAGES.flatMap((page) => page.any);
  for (const kind of ['city', 'county', 'institution'] as const) {
    const there = paths({ ...at('420000', ...all), area: { kind } });
    expect(there).toContain('/agency/filings');
    expect(there).toContain('/agency/areas');
    expect(there).not.toContain('/payments');
    expect(there.includes('/reconciliation')).toBe(kind === 'city');
  }
});

it('gives the office of an institution its books, and not its window', () => {
  const office = paths(at('420000', 'keep-institution-books'));
  expect(office).toEqual(['/window/reconciliation', '/window/apportioning']);
  expect(paths(at('420000', 'use-window'))).toEqual([
    '/window',
    '/window/outpatient',
    '/window/reconciliation',
  ]);
});

it('gives a pharmacy its own windows', () => {
  const pharmacy = { ...at('420000', 'use-window'), windows: [{ kind: '2' }] };
  expect(paths(pharmacy)).toEqual(['/window/purchase', '/window/prescription', '/window/reconciliation']);
});

it('keeps the pages of the hub at the hub, and those of provinces at provinces', () => {
  const all = PAGES.flatMap((page) => page.any);
  expect(paths(at('420000', ...all))).not.toContain('/clearing');
  expect(paths(at('100000', ...all))).not.toContain('/window');
  const own = PAGES.find((page) => page.path === '/me') as Page;
  expect(opens(own, at('420000'))).toBe(true);
});

it('knows to which page a path belongs', () => {
  expect(pageOf('/ledger/vouchers')?.title).toBe('记账凭证');
  expect(pageOf('/ledger')?.title).toBe('科目余额表');
  expect(pageOf('/payments/HB-1')?.path).toBe('/payments');
  expect(pageOf('/elsewhere')).toBeUndefined();
});

it('has no path twice', () => {
  const all = PAGES.map((page) => page.path);
  expect(new Set(all).size).toBe(all.length);
});
