import { expect, it } from 'vitest';
import { actsOn, dueGrade, STAGES } from './stages';

it('offers what is next first, and nothing once an order is closed', () => {
  expect(STAGES.slice(1, -2).map(([stage]) => actsOn('payment', stage)[0])).toEqual([
    'hand-over',
    'money',
    'money',
    'write-back',
    'close',
  ]);
  expect(actsOn('payment', 'closed')).toEqual([]);
});

it('hands no receipt over to finance', () => {
  for (const [stage] of STAGES) {
    expect(actsOn('receipt', stage)).not.toContain('hand-over');
    expect(actsOn('receipt', stage)).not.toContain('take-back');
  }
});

it('marks deadlines', () => {
  expect(['overdue', 'soon', 'calm', '?'].map(dueGrade)).toEqual(['bad', 'warn', 'good', '']);
});
