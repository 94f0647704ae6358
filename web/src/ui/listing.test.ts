import { describe, expect, it } from 'vitest';
import { done } from '@/shared/refusal';
import { pageOf, readState, writeState } from './listing';
import { ariaSort, nextSort } from './table';

const usual = { stage: '', from: '2026-11-01' };

describe('the state of a list', () => {
  it('is read out of the address, and is as usual where the address says nothing', () => {
    expect(readState({}, '', usual, '-day')).toEqual({ filters: usual, sort: '-day', pages: [] });
    expect(readState({ stage: 'open', pages: 'a~b', other: 'x' }, '', usual, '')).toEqual({
      filters: { stage: 'open', from: '2026-11-01' },
      sort: '',
      pages: ['a', 'b'],
    });
  });

  it('is written so that it is read again, and leaves the rest of the address alone', () => {
    const state = { filters: { stage: 'open', from: '2026-11-01' }, sort: 'amount', pages: ['a', 'b'] };
    const written = writeState({ dsort: 'x', stage: 'old' }, '', usual, '', state);
    expect(written).toEqual({ dsort: 'x', stage: 'open', sort: 'amount', pages: 'a~b' });
    expect(readState(written as Record<string, string>, '', usual, '')).toEqual(state);
    expect(
      writeState(written as Record<string, string>, '', usual, '', { filters: usual, sort: '', pages: [] }),
    ).toEqual({
      dsort: 'x',
    });
  });

  it('of two lists on a page keeps apart', () => {
    const one = writeState({}, 'd.', usual, '', {
      filters: { ...usual, stage: 'open' },
      sort: '',
      pages: [],
    });
    expect(one).toEqual({ 'd.stage': 'open' });
    expect(readState(one as Record<string, string>, '', usual, '').filters.stage).toBe('');
  });
});

it('reads a page with its next', () => {
  expect(pageOf(done({ list: [1, 2], next: 7 }), (answer) => answer.list)).toEqual(
    done({ rows: [1, 2], next: '7' }),
  );
  expect(pageOf(done({ list: [1], next: null }), (answer) => answer.list)).toEqual(done({ rows: [1] }));
});

it('sorts down, up, and not', () => {
  const first = nextSort('', 'day');
  const second = nextSort(first, 'day');
  expect([first, second, nextSort(second, 'day'), nextSort('-amount', 'day')]).toEqual([
    '-day',
    'day',
    '',
    '-day',
  ]);
  expect(ariaSort('-day', 'day')).toBe('descending');
  expect(ariaSort('-day', 'amount')).toBe('none');
  expect(ariaSort('-day', undefined)).toBeUndefined();
});
