import { expect, it } from 'vitest';
import { taken } from './taken';

const none = {
  entries: 0,
  entries_before: 0,
  fees: 0,
  matched: 0,
  statements: 1,
  statements_before: 1,
  unidentified: 0,
};

it('says what came of a file', () => {
  expect(taken({ ...none, entries_before: 3 })).toBe('对账单1份此前已导入，没有新的流水');
  expect(taken({ ...none, entries: 3, matched: 1, unidentified: 1, fees: 1, entries_before: 2 })).toBe(
    '已导入对账单1份，新流水3笔：划拨款项1笔，待查款项1笔，银行收费1笔；2笔此前已导入',
  );
});
