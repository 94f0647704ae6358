import { expect, it } from 'vitest';
import type { components } from '@/generated/hub';
import { byUrgency, concerns, usedUpBy } from './forecast';

const row = (light: string, lacks: string, used_up_on: string | null = null) =>
  ({ light, lacks, used_up_on }) as components['schemas']['PositionView'];

it('puts first what has to be looked at first', () => {
  const [green, red, late, soon, more] = [
    row('green', '0.00'),
    row('red', '10.00'),
    row('yellow', '0.00', '2026-12-20'),
    row('yellow', '0.00', '2026-12-01'),
    row('red', '2000.00'),
  ];
  expect(byUrgency([green, red, late, soon, more])).toEqual([more, red, soon, late, green]);
});

it('knows what the forecast says is used up by a day', () => {
  const rows = [row('red', '0', '2026-12-01'), row('red', '0', '2026-12-02'), row('red', '0')];
  expect(usedUpBy(rows, '2026-12-01')).toEqual([rows[0]]);
});

it('knows whose prepayment it is', () => {
  const pair = { insured: { code: '110000' }, treatment: { code: '420000' } } as Parameters<
    typeof concerns
  >[0];
  expect(['', '110000', '420000', '120000'].map((one) => concerns(pair, one))).toEqual([
    true,
    true,
    true,
    false,
  ]);
});
