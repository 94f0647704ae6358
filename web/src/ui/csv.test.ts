import { describe, expect, it } from 'vitest';
import { csvCell, csvFile } from './csv';

describe('a list as CSV', () => {
  it.each([
    ['1,234,567.80', true, '1234567.80'],
    ['-12.00', true, '-12.00'],
    ['—', true, ''],
    ['湖北省 ', false, '湖北省'],
    ['甲，乙', false, '甲，乙'],
    ['a,"b"', false, '"a,""b"""'],
    ['=1+1', false, "'=1+1"],
    ['-1', false, "'-1"],
    ['420000179542134564877858232319', false, '"420000179542134564877858232319\t"'],
    ['已签发\n 通知书', false, '已签发 通知书'],
  ] as const)('%s is written so that a spreadsheet reads what was shown', (shown, figures, written) => {
    expect(csvCell(shown, figures)).toBe(written);
  });

  it('has its heads first and a mark by which spreadsheets know the encoding', async () => {
    const bytes = new Uint8Array(await csvFile(['省份', '金额'], [['湖北', '1.00']]).arrayBuffer());
    expect([...bytes.slice(0, 3)]).toEqual([0xef, 0xbb, 0xbf]);
    expect(new TextDecoder().decode(bytes)).toBe('省份,金额\r\n湖北,1.00\r\n');
  });
});
