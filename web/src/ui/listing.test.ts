import { describe, expect, it } from 'vitest';
import { done } from '@/shared/refusal';
import { everyPage, pageOf, readState, writeState } from './listing';
import { ariaSort, inOrder, nextSort, sortable, type Column } from './table';

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

describe('a file of a list', () => {
  const pages = { '': [1, 2], b: [3, 4], c: [5] } as Readonly<Record<string, number[]>>;
  const next = { '': 'b', b: 'c', c: '' } as Readonly<Record<string, string>>;
  const ask = (after = '') => Promise.resolve(done({ rows: pages[after] ?? [], next: next[after] ?? '' }));
  it('has the rows of all pages', async () => {
    expect(await everyPage(ask)).toEqual(done({ rows: [1, 2, 3, 4, 5], more: false }));
  });
  it('ends with as many as fit, and says that there are more', async () => {
    expect(await everyPage(ask, 3)).toEqual(done({ rows: [1, 2, 3], more: true }));
    expect(await everyPage(ask, 4)).toEqual(done({ rows: [1, 2, 3, 4], more: true }));
  });
  it('does not follow a page that leads to itself', async () => {
    let asked = 0;
    const round = () => Promise.resolve(done({ rows: [(asked += 1)], next: 'same' }));
    expect(await everyPage(round)).toEqual(done({ rows: [1, 2], more: false }));
  });
});

describe('a list that came whole', () => {
  const rows = [
    { name: '北京', amount: '1,200.00' },
    { name: '安徽', amount: '' },
    { name: '重庆', amount: '-3.00' },
    { name: '上海', amount: '90.50' },
  ];
  const columns: readonly Column<(typeof rows)[number]>[] = [
    { key: 'name', title: '省份', text: (row) => row.name },
    { key: 'amount', title: '金额', figures: true, text: (row) => row.amount },
    { key: 'acts', title: '办理' },
  ];
  const names = (sort: string) => inOrder(rows, columns, sort).map((row) => row.name);
  it('is sorted by what its columns say, figures as figures, and what is missing last', () => {
    expect(names('amount')).toEqual(['重庆', '上海', '北京', '安徽']);
    expect(names('-amount')).toEqual(['北京', '上海', '重庆', '安徽']);
  });
  it('puts places in the order of their numbers, as official tables do', () => {
    expect(names('name')).toEqual(['北京', '上海', '安徽', '重庆']);
    const cities = [
      { name: '湖北省宜昌市', number: '420500' },
      { name: '湖北省武汉市', number: '420100' },
    ];
    const place: readonly Column<(typeof cities)[number]>[] = [
      { key: 'city', title: '统筹区', text: (row) => row.name, order: (row) => row.number },
    ];
    expect(inOrder(cities, place, 'city').map((row) => row.number)).toEqual(['420100', '420500']);
    expect(inOrder(cities, place, '-city').map((row) => row.number)).toEqual(['420500', '420100']);
  });
  it('stays as it came where the address names no column of it', () => {
    expect(names('')).toEqual(rows.map((row) => row.name));
    expect(names('-nothing')).toEqual(rows.map((row) => row.name));
  });
  it('offers only columns that say something', () => {
    expect(sortable(columns).map((column) => column.sort)).toEqual(['name', 'amount', undefined]);
  });
});
