import { expect, it } from 'vitest';
import { certnoOf, isStay, KINDS, kindOf } from './open-stays';

it('an unknown kind is the first', () => {
  expect(kindOf('unknown').words).toBe('结果待查');
  expect(kindOf('nothing')).toBe(KINDS[0]);
});

it.each([
  ['2101', true],
  ['28', true],
  ['11', false],
  ['14', false],
  ['9901', false],
  ['41', false],
])('%s is a stay: %s', (care, stay) => expect(isStay(care)).toBe(stay));

it('whose visit it is says 5201', () => {
  const output = {
    mdtrtinfo: [
      { mdtrt_id: '1', certno: '11010519600307901X' },
      { mdtrt_id: '2', certno: 3 },
    ],
  };
  expect(certnoOf(output, '1')).toBe('11010519600307901X');
  expect(certnoOf(output, '2')).toBe('');
  expect(certnoOf(output, '3')).toBe('');
  expect(certnoOf(undefined, '1')).toBe('');
});
