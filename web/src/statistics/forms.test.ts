import { expect, it } from 'vitest';
import type { Day } from '@/shared/day';
import { shownCell, tableColumns, years } from './forms';

it('shows a cell as what its column holds', () => {
  expect(shownCell('money', '1234567.5')).toBe('1,234,567.50');
  expect(shownCell('count', '1234567')).toBe('1,234,567');
  expect(shownCell('share', '12.5')).toBe('12.5%');
  expect(shownCell('share', '12.5%')).toBe('12.5%');
  expect(shownCell('text', '北京市')).toBe('北京市');
  expect(shownCell('money', '')).toBe('');
});

it('makes a column of each head', () => {
  const columns = tableColumns({
    name: 'by_province',
    title: 't',
    columns: [
      { name: '省份', kind: 'text' },
      { name: '人次', kind: 'count' },
    ],
    rows: [['北京市', '1000']],
  });
  expect(columns.map((column) => [column.title, column.figures, column.text?.(['北京市', '1000'])])).toEqual([
    ['省份', false, '北京市'],
    ['人次', true, '1,000'],
  ]);
});

it('offers ten years, and the one that an address asks for', () => {
  const offered = years('2026-11-23' as Day, '2026').map(([year]) => year);
  expect([offered.length, offered[0], offered.at(-1)]).toEqual([10, '2026', '2017']);
  expect(years('2026-11-23' as Day, '2012').at(-1)).toEqual(['2012', '2012年']);
});
