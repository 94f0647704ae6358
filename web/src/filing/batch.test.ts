import { expect, it } from 'vitest';
import { fromTabs, reportCsv } from './batch';

it('takes what was copied out of a spreadsheet', () => {
  expect(fromTabs('参保地\t险种\r\n110101\t职工,"甲"')).toBe('参保地,险种\n110101,"职工,""甲"""');
  expect(fromTabs('参保地,险种\r\n1,2')).toBe('参保地,险种\r\n1,2');
});

it('reports each line', () => {
  const refusal = { code: 'x', message: '日期有误，请更正' };
  const lines = [{ line: 2, refusal }, { line: 3 }];
  expect(reportCsv(lines)).toBe(
    '\uFEFF行,结果,备案编号,说明\r\n2,未受理,,日期有误，请更正\r\n3,已受理,,\r\n',
  );
});
