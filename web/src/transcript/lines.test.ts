import { describe, expect, it } from 'vitest';
import { linesOf, marked, outcomeTag, outcomeWords, rowsWords, wordsOf, type Deviation } from './lines';

const deviation = (field: string, row?: number): Deviation => ({
  field,
  name: '',
  rule: 'missing',
  rule_name: '缺少必填字段',
  weight: 'fault',
  weight_name: '偏差',
  detail: '必填',
  handled: '拒绝',
  advice: '请补填这个字段。',
  row: row ?? null,
  times: 1,
});
const message = {
  infno: '2301',
  Input: { feedetail: [{ cnt: 1, pric: 2 }, { cnt: 1 }], empty: [], data: { psn_no: '1' } },
};

describe('a message as lines', () => {
  it('is JSON again', () => {
    const text = linesOf(message).map((line) => line.text);
    expect(JSON.parse(text.join(''))).toEqual(message);
    expect(
      JSON.parse(
        linesOf(null)
          .map((line) => line.text)
          .join(''),
      ),
    ).toBe(null);
    expect(linesOf({ a: 'x"y' })[1]?.text).toBe('"a": "x\\"y"');
  });

  it('has a deviation at its field, in its row, or at the closest thing around', () => {
    for (const [field, row, text] of [
      ['infno', undefined, '"infno": "2301",'],
      ['input.feedetail.pric', 1, '"pric": 2'],
      ['input.feedetail.pric', 2, '{'],
      ['input.feedetail.pric', 60, '"feedetail": ['],
      ['input.feedetail', undefined, '"feedetail": ['],
      ['input.data.psnNo', undefined, '"psn_no": "1"'],
      ['input.nothing.here', undefined, '"Input": {'],
      // In the input without its node.
      ['input.mdtrtinfo.data', undefined, '"data": {'],
      ['output.setlinfo', undefined, undefined],
      ['', undefined, undefined],
    ] as const) {
      const { lines, places } = marked(message, [deviation(field, row)]);
      const place = places[0];
      expect(place === undefined ? undefined : lines[place]?.text, `${field} ${row}`).toBe(text);
      expect(lines.flatMap((line) => line.marks).length).toBe(text === undefined ? 0 : 1);
    }
    const second = marked(message, [deviation('input.feedetail.pric', 2)]);
    expect(second.lines[second.places[0] ?? 0]?.row).toBe(2);
  });

  it('is said in words', () => {
    expect(rowsWords(deviation('x'))).toBe('');
    expect(rowsWords({ row: 3, times: 1 })).toBe('第3行');
    expect(rowsWords({ row: 3, times: 5 })).toBe('第3行起5处');
    expect(wordsOf(deviation('x'))).toBe('缺少必填字段：必填，本平台拒绝');
    expect(wordsOf({ ...deviation('x'), handled: '' })).toBe('缺少必填字段：必填');
    expect([outcomeWords('gateway'), outcomeWords('new'), outcomeTag('done'), outcomeTag('gateway')]).toEqual(
      ['网关拒绝', 'new', 'good', 'bad'],
    );
  });
});
