import { describe, expect, it } from 'vitest';
import { categoryOf } from '@/filing/categories';
import { wrongAt, type Draft } from './application';
import { shares } from './areas';
import { accountOf, wrongIn } from './registration';

describe('registration', () => {
  const said = {
    insured: '110000',
    certno: '110101 19450101 9005',
    name: '周某甲',
    card: 'A1234',
    password: '春天在公园里散步去',
    again: '春天在公园里散步去',
  };
  it('takes an identity number as people write it', () => {
    expect(accountOf(' 11010119450101900x ')).toBe('11010119450101900X');
  });
  it.each([
    [{ password: '春天在公园里散步去啊', again: '春天在公园里散步去啊' }, []],
    [{}, ['password']],
    [{ insured: '' }, ['insured', 'password']],
    [{ certno: '110101194501019006' }, ['certno', 'password']],
    [{ password: '110101194501019005！', again: '110101194501019005！' }, ['password']],
    [{ password: '春天在公园里散步去啊', again: '另一句' }, ['again']],
    [
      { name: ' ', card: ' ', password: '春天在公园里散步去啊', again: '春天在公园里散步去啊' },
      ['name', 'card'],
    ],
  ])('%j', (change, wrong) => {
    expect(Object.keys(wrongIn({ ...said, ...change }))).toEqual(wrong);
  });
});

describe('an application', () => {
  const draft: Draft = {
    scheme: 'employee',
    category: 'referral',
    destination: '420100',
    begins: '2026-11-23',
    ends: '',
    paper: false,
    read: true,
    signature: ' 周某甲 ',
  };
  it.each<[number, Partial<Draft>, string[]]>([
    [0, {}, []],
    [0, { category: '' }, ['category']],
    [1, { destination: '' }, ['destination']],
    [2, {}, []],
    [2, { begins: '' }, ['begins']],
    [2, { ends: '2026-11-22' }, ['ends']],
    [2, { ends: '2026-02-30' }, ['ends']],
    [3, {}, []],
    [3, { read: false }, ['read']],
    [3, { signature: '别人' }, ['signature']],
    [3, { signature: '' }, ['signature']],
  ])('step %d with %j', (step, change, wrong) => {
    expect(Object.keys(wrongAt(step, { ...draft, ...change }, '周某甲', '2026-11-23'))).toEqual(wrong);
  });
  it('is of a category that has words', () => {
    expect(categoryOf(draft.category)?.name).toBe('异地转诊人员');
  });
});

it('the city with the most institutions is first, and the others are drawn beside it', () => {
  const counts = [
    { area: '420100', name: '武汉市', count: 3 },
    { area: '429004', name: '仙桃市', count: 1 },
    { area: '421000', name: '荆州市', count: 1 },
  ];
  expect(shares(counts).map(({ name, share }) => [name, share])).toEqual([
    ['武汉市', 100],
    ['荆州市', 33],
    ['仙桃市', 33],
  ]);
  expect(shares([])).toEqual([]);
});
