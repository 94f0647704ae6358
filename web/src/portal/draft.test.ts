import { expect, it } from 'vitest';
import { forget, keep, taken } from './draft';

const DRAFT = {
  scheme: 'employee',
  category: 'referral',
  destination: '420100',
  begins: '2026-11-23',
  ends: '',
  paper: true,
  read: true,
  signature: '周某甲',
};

it('is there again for the same person, once, and is signed anew', () => {
  keep('A', { draft: DRAFT, step: 3, papers: [] });
  expect(taken('A')).toMatchObject({
    step: 3,
    draft: { destination: '420100', paper: true, read: false, signature: '' },
  });
  expect(taken('A')).toBeUndefined();
});

it('is nobody else’s', () => {
  keep('A', { draft: DRAFT, step: 1, papers: [] });
  expect(taken('B')).toBeUndefined();
  expect(taken('A'), 'and is forgotten').toBeUndefined();
  keep('A', { draft: DRAFT, step: 1, papers: [] });
  forget();
  expect(taken('A')).toBeUndefined();
});
