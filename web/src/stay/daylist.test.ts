import { strToU8, unzipSync, strFromU8, zipSync } from 'fflate';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { fenOf } from '@/shared/money';
import { csvFile } from '@/ui/csv';
import { wrongPeriod } from './daybook';
import {
  adviceOn,
  compareInput,
  HEADS,
  LINES_MAX,
  readFileNamed,
  readList,
  readResult,
  resultRow,
  sums,
  uploadInput,
} from './daylist';
import { fetched } from './exchange';

const ID = '420000202611220958410000000001';
const ROW = `${ID}\t4200002026112209000000000000V1\t32900000000S\t1234.50\t1000\tnull\t0`;
const LINE = {
  settlement: ID,
  visit: '4200002026112209000000000000V1',
  person: '32900000000S',
  total: fenOf(123_450n),
  fund: fenOf(100_000n),
  account: fenOf(0n),
  givenBack: false,
};
const read = (text: string) => {
  const list = readList(text);
  return 'lines' in list ? list.lines : list.wrong;
};

describe("an institution's list", () => {
  it('is read from programs, from spreadsheets, and with its columns in any order', () => {
    expect(read(ROW)).toEqual([LINE]);
    expect(read(`\ufeff${HEADS.join('\t')}\r\n${ROW}\r\n\r\n${ROW}\r\n`)).toEqual([LINE, LINE]);
    expect(read(`"${ID}\t",="4200002026112209000000000000V1",'32900000000S,"1,234.50",1000,,否`)).toEqual([
      LINE,
    ]);
    const other = '医疗费总额,基金支付总额,psn_no,就诊ID,setl_id,备注';
    expect(read(`${other}\n1234.5,1000,${LINE.person},${LINE.visit},${ID},无`)).toEqual([LINE]);
    const back = read(ROW.replace('1234.50\t1000', '-1234.50\t-1000').replace(/0$/, '1'));
    expect(back).toMatchObject([{ total: -123_450n, givenBack: true }]);
  });

  it.each([
    ['', '清单中没有结算，请选择文件或粘贴清单'],
    [HEADS.join(','), '清单中没有结算，请选择文件或粘贴清单'],
    ['结算ID,就诊ID,人员编号\n1,2,3', '清单缺少列：医疗费总额、基金支付总额'],
    [`${ROW}\n${ROW.replace('1234.50', '一千')}`, '清单第2行“医疗费总额”应为以元为单位、最多两位小数的金额'],
    [ROW.replace('\t1000\t', '\t1000.001\t'), '清单第1行“基金支付总额”应为以元为单位、最多两位小数的金额'],
    [
      ROW.replace(ID, '4.2E+29'),
      '清单第1行“结算ID”应为完整的编号：表格软件已把它改成科学计数，请把该列设为文本后重新导出',
    ],
    [ROW.replace('32900000000S', ''), '清单第1行“人员编号”应为不超过30个字符的编号'],
    [`${ROW.slice(0, -1)}2`, '清单第1行“退费结算标志”应为0（否）或1（是）'],
    [`${ROW}\n`.repeat(LINES_MAX + 1), `清单不超过${LINES_MAX}行，请缩短对账期间分次对账`],
  ])('%#', (text, wrong) => expect(read(text)).toBe(wrong));

  it('goes out as an archive of one text, with what it comes to', () => {
    const back = { ...LINE, total: fenOf(-450n), fund: fenOf(0n), givenBack: true };
    const { fsUploadIn } = uploadInput([LINE, back], '3202_1');
    const bytes = Uint8Array.from(atob(String(fsUploadIn.in)), (letter) => letter.charCodeAt(0));
    const files = unzipSync(bytes);
    expect(Object.keys(files)).toEqual(['3202_1.txt']);
    const text = strFromU8(files['3202_1.txt'] as Uint8Array);
    expect(text.split('\n')[1]).toBe(`${ID}\t${LINE.visit}\t${LINE.person}\t-4.50\t0.00\t0.00\t1`);
    expect(read(text), 'what goes out reads as it was').toEqual([LINE, back]);
    expect(sums([LINE, back])).toEqual({ total: 123_000n, fund: 100_000n, account: 0n });
    const books = { from: '2026-11-22', until: '2026-11-22', care: '21' };
    expect(compareInput(books, '420106', 'F1', [LINE, back]).data).toMatchObject({
      file_qury_no: 'F1',
      medfee_sumamt: 1230,
      fund_pay_sumamt: 1000,
      fixmedins_setl_cnt: 2,
      stmt_begndate: '2026-11-22',
      clr_type: '21',
    });
  });

  it('has a template that it reads', async () => {
    expect(read(`${(await csvFile(HEADS, []).text()).trim()}\n${ROW.replaceAll('\t', ',')}`)).toEqual([LINE]);
  });
});

describe('the result', () => {
  const packed = (text: string, name = 'r.txt') => zipSync({ [name]: strToU8(text) });
  const cells = (memo: string, result = '1') =>
    ['P1', 'V1', ID, 'M1', result, '0', memo, '100.00', '70.00', '0.00'].join('\t');

  it('is read line by line, each with what is done about it', () => {
    const lines = readResult(
      packed(
        [
          cells('null', '0'),
          cells('中心有、机构无此结算，结算时间2026-11-22 09:00:00').replace(`V1\t${ID}`, 'null\tnull'),
          cells('医疗费总额机构100.00中心90.00'),
          cells('机构已退费、中心未退费'),
          '',
        ].join('\n'),
      ),
    );
    expect(lines.map((line) => [line.agreed, line.settlement, line.msgid])).toEqual([
      [true, ID, 'M1'],
      [false, '', 'M1'],
      [false, ID, 'M1'],
      [false, ID, 'M1'],
    ]);
    expect(lines.map(adviceOn).map((words) => words.slice(0, 5))).toEqual([
      '',
      '本院漏记：',
      '金额不一致',
      '平台尚未退',
    ]);
    expect(lines[0] && resultRow(lines[0])).toEqual([
      '一致',
      ID,
      'V1',
      'P1',
      '100.00',
      '70.00',
      '0.00',
      '',
      '',
    ]);
  });

  it('is no result where it is none', () => {
    expect(() => readResult(strToU8('{}'))).toThrow();
    expect(() => readResult(packed('x', 'r.pdf'))).toThrow();
    expect(() => readResult(packed('一列\n'))).toThrow();
    expect(() => readResult(packed(cells('null').replace('100.00', '一百')))).toThrow();
  });
});

it('a file is known by its number', () => {
  expect(readFileNamed({ file_qury_no: '1', filename: 'a.zip' })).toEqual({ number: '1', name: 'a.zip' });
  expect(readFileNamed({ fileinfo: { file_qury_no: '2', filename: 'b.zip' } })?.number).toBe('2');
  expect(readFileNamed({ fileinfo: null })).toBeUndefined();
  expect(readFileNamed(null)).toBeUndefined();
});

it.each([
  ['2026-11-22', '2026-11-22', ''],
  ['2026-11-22', '2026-11-21', '截止日期不早于起始日期'],
  ['2026-10-01', '2026-11-21', '一次至多31天'],
])('%s to %s', (from, until, wrong) => expect(wrongPeriod({ from, until })).toBe(wrong));

describe('a file of the platform', () => {
  afterEach(() => vi.unstubAllGlobals());
  const institution = { code: 'H1', name: '某院', place: '420106', kind: '1' };
  const file = { number: '1', name: 'a.zip' };
  const answers = (body: BodyInit, type: string) =>
    vi.stubGlobal('fetch', () =>
      Promise.resolve(new Response(body, { status: 200, headers: { 'content-type': type } })),
    );

  it('comes as it is, or as the refusal that it is', async () => {
    answers(new Uint8Array([80, 75]), 'application/octet-stream');
    const found = await fetched(institution, file);
    expect(found.ok && [...found.value]).toEqual([80, 75]);
    answers('{"infcode":-1,"err_msg":"未查到文件[1]"}', 'application/json;charset=UTF-8');
    const gone = await fetched(institution, file);
    expect(!gone.ok && gone.refusal.message).toBe('未查到文件[1]');
    answers('{"infcode":0,"output":null}', 'application/json');
    expect((await fetched(institution, file)).ok, 'a yes is no file').toBe(false);
  });
});
