import { expect, it } from 'vitest';
import type { components } from '@/generated/hub';
import { parseDay, type Day } from '@/shared/day';
import { daySums, lastDays } from './days';

it('counts a settlement once, and has every day', () => {
  const row = (day: string, part: string, standing: number, total: string, differing = 0) =>
    ({
      day,
      part,
      standing,
      total,
      differing,
      under_way: 1,
      agreed: differing === 0,
    }) as components['schemas']['ReconciliationView'];
  const rows = [
    row('2026-11-20', 'treatment', 2, '100.10'),
    row('2026-11-20', 'treatment', 1, '0.20'),
    row('2026-11-20', 'insured', 3, '100.30', 1),
    row('2026-11-22', 'insured', 9, '9.00'),
  ];
  const days = daySums(rows, parseDay('2026-11-20') as Day, parseDay('2026-11-22') as Day);
  expect(days).toEqual([
    { day: '2026-11-20', standing: 3, total: 10_030n, differing: 1, underWay: 3, books: 3, agreed: 2 },
    { day: '2026-11-21', standing: 0, total: 0n, differing: 0, underWay: 0, books: 0, agreed: 0 },
    { day: '2026-11-22', standing: 0, total: 0n, differing: 0, underWay: 1, books: 1, agreed: 1 },
  ]);
});

it('lists a month whole, and of more the last week', () => {
  expect(lastDays({ from: '2026-10-01', to: '2026-10-31' })).toEqual({
    from: '2026-10-01',
    to: '2026-10-31',
  });
  expect(lastDays({ from: '2026-10-01', to: '2026-11-01' })).toEqual({
    from: '2026-10-26',
    to: '2026-11-01',
  });
  expect(lastDays({ from: '', to: '2026-11-01' })).toEqual({ from: '', to: '2026-11-01' });
});
