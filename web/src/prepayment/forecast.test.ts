import { expect, it } from 'vitest';
import type { components } from '@/generated/hub';
import { asLit, byUrgency, concerns, endInWords, overBy, usedUpBy } from './forecast';

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

const used = (prepayment: string, owed: string, monthly = '0.00', used_up_on: string | null = null) =>
  ({ prepayment, owed, monthly, used_up_on }) as components['schemas']['PositionView'];

it('tells by how much more is used than was paid ahead', () => {
  expect(overBy(used('100.00', '134.07'), 'unpaid')).toBe(3407n);
  expect(overBy(used('100.00', '100.00'), 'unpaid')).toBe(0n);
  expect(overBy(used('0.00', '5.00'), 'unpaid')).toBe(500n);
  expect(overBy(used('100.00', '50.00', '120.00'), 'monthly')).toBe(2000n);
});

it('says that what is used up is so, and else when it will be', () => {
  expect(endInWords(used('100.00', '100.00', '0.00', '2026-11-22'))).toBe('已用完');
  expect(endInWords(used('100.00', '134.00'))).toBe('已用完');
  expect(endInWords(used('100.00', '99.00', '0.00', '2026-12-01'))).toBe('2026-12-01');
  expect(endInWords(used('0.00', '5.00'))).toBe('—');
});

it('shows what is red and not applied for to whoever could apply', () => {
  const of = (light: string, treatment: string, increase?: string) =>
    ({ light, treatment: { code: treatment }, increase }) as components['schemas']['PositionView'];
  const rows = [of('red', '420000'), of('red', '420000', 'TZ1'), of('red', '110000'), of('green', '420000')];
  const seen = (light: string, treatment: string) =>
    rows.filter((row) => asLit(row, light, treatment)).length;
  expect([seen('', ''), seen('red', '420000'), seen('unapplied', '420000'), seen('unapplied', '')]).toEqual([
    4, 3, 1, 2,
  ]);
});
