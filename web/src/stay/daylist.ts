/**
 * 对明细账 (3202): an institution's own list of settlements against the platform's, line by line. The list is read here from what a spreadsheet or a
 * program writes, and goes out as the standard says: an archive of one text (9101); the result comes back as such a one (9102). Pure.
 */

import { strFromU8, strToU8, unzipSync, zipSync } from 'fflate';
import type { InputOf } from '@/api/window';
import { jsonNumber, parseYuan, sum, yuan, ZERO, type Fen } from '@/shared/money';
import type { Books } from './daybook';

/** A settlement as the institution has it. */
export interface ListLine {
  /** 结算ID. */
  readonly settlement: string;
  /** 就诊ID. */
  readonly visit: string;
  readonly person: string;
  readonly total: Fen;
  readonly fund: Fen;
  readonly account: Fen;
  /** 退费结算标志. */
  readonly givenBack: boolean;
}

/** The most lines of a list, and the most characters and bytes of what is read. */
export const LINES_MAX = 100_000;
export const FILE_BYTES_MAX = 16 * 1024 * 1024;
/** What a result may have unpacked, as the platform's own files. */
const RESULT_BYTES_MAX = 64 * 1024 * 1024;

/** The columns, as the standard and as people call them, in the order of the standard. */
const COLUMNS = [
  ['setl_id', '结算ID'],
  ['mdtrt_id', '就诊ID'],
  ['psn_no', '人员编号'],
  ['medfee_sumamt', '医疗费总额'],
  ['fund_pay_sumamt', '基金支付总额'],
  ['acct_pay', '个人账户支出'],
  ['refd_setl_flag', '退费结算标志'],
] as const;
/** Without these there is no line. */
const NEEDED = 5;

export const HEADS: readonly string[] = COLUMNS.map(([, words]) => words);

/** The cells of a row, apart by tabs or else by commas, without the quotes that may stand around them. */
function cellsOf(row: string): string[] {
  const parts = row.split('"');
  // What stands between two quotes is at the odd places.
  const separator = parts.some((part, at) => at % 2 === 0 && part.includes('\t')) ? '\t' : ',';
  const cells = [''];
  parts.forEach((part, at) => {
    const [first = '', ...others] = at % 2 === 0 ? part.split(separator) : [part];
    cells[cells.length - 1] += first;
    cells.push(...others);
  });
  return cells.map(bare);
}

/** A cell without what spreadsheets put around long numbers. */
const bare = (cell: string) => cell.trim().replace(/^[=']/, '').trim();

const isNothing = (cell: string) => cell === '' || cell.toLowerCase() === 'null';

/**
 * Reads a list: columns apart by tabs or commas, with a heading or in the order of the standard. What does not fit is said by line and column.
 */
export function readList(text: string): { readonly lines: readonly ListLine[] } | { readonly wrong: string } {
  const rows = text.replace(/^\ufeff/, '').split(/\r\n|\r|\n/);
  const lines: ListLine[] = [];
  let order: readonly number[] = COLUMNS.map((_, at) => at);
  let first = true;
  for (const [at, row] of rows.entries()) {
    if (row.trim() === '') continue;
    const cells = cellsOf(row);
    if (first) {
      first = false;
      const found = COLUMNS.map((names) =>
        cells.findIndex((cell) => (names as readonly string[]).includes(cell)),
      );
      if (found.some((where) => where >= 0)) {
        const missing = COLUMNS.slice(0, NEEDED).filter((_, which) => (found[which] ?? -1) < 0);
        if (missing.length > 0)
          return { wrong: `清单缺少列：${missing.map(([, words]) => words).join('、')}` };
        order = found;
        continue;
      }
    }
    if (lines.length === LINES_MAX) return { wrong: `清单不超过${LINES_MAX}行，请缩短对账期间分次对账` };
    const line = readLine(cells, order, at + 1);
    if ('wrong' in line) return line;
    lines.push(line);
  }
  return lines.length === 0 ? { wrong: '清单中没有结算，请选择文件或粘贴清单' } : { lines };
}

function readLine(
  cells: readonly string[],
  order: readonly number[],
  number: number,
): ListLine | { readonly wrong: string } {
  const cell = (which: number) => cells[order[which] ?? -1] ?? '';
  const wrong = (which: number, expected: string) => ({
    wrong: `清单第${number}行“${HEADS[which] ?? ''}”应为${expected}`,
  });
  for (const which of [0, 1, 2]) {
    const text = cell(which);
    if (/^\d+(\.\d+)?e\+?\d+$/i.test(text))
      return wrong(which, '完整的编号：表格软件已把它改成科学计数，请把该列设为文本后重新导出');
    if (isNothing(text) || text.length > 30) return wrong(which, '不超过30个字符的编号');
  }
  const amounts: Fen[] = [];
  for (const which of [3, 4, 5]) {
    const amount = which === 5 && isNothing(cell(which)) ? ZERO : parseYuan(cell(which));
    if (amount === undefined) return wrong(which, '以元为单位、最多两位小数的金额');
    amounts.push(amount);
  }
  const flag = cell(6);
  if (!isNothing(flag) && !['0', '1', '00', '01', '否', '是'].includes(flag))
    return wrong(6, '0（否）或1（是）');
  const [total = ZERO, fund = ZERO, account = ZERO] = amounts;
  return {
    settlement: cell(0),
    visit: cell(1),
    person: cell(2),
    total,
    fund,
    account,
    givenBack: ['1', '01', '是'].includes(flag),
  };
}

/** What the lines come to. */
export const sums = (lines: readonly ListLine[]) => ({
  total: sum(lines.map((line) => line.total)),
  fund: sum(lines.map((line) => line.fund)),
  account: sum(lines.map((line) => line.account)),
});

/** The list as it is uploaded: Base64 of an archive of one text. */
export function uploadInput(lines: readonly ListLine[], name: string): InputOf<'9101'> {
  const rows = lines.map((line) =>
    [
      line.settlement,
      line.visit,
      line.person,
      yuan(line.total),
      yuan(line.fund),
      yuan(line.account),
      line.givenBack ? '1' : '0',
    ].join('\t'),
  );
  const archive = zipSync({ [`${name}.txt`]: strToU8(`${rows.join('\n')}\n`) });
  let binary = '';
  for (const byte of archive) binary += String.fromCharCode(byte);
  return { fsUploadIn: { filename: `${name}.zip`, in: btoa(binary) } };
}

/** A file as the platform names it. */
export interface FileNamed {
  readonly number: string;
  readonly name: string;
}

/** Of 9101, and of 3202 under its node. */
export function readFileNamed(output: unknown): FileNamed | undefined {
  const answer = (output ?? {}) as Record<string, unknown>;
  const row = (answer['fileinfo'] ?? answer) as Record<string, unknown>;
  const [number, name] = [row['file_qury_no'], row['filename']];
  return typeof number === 'string' && typeof name === 'string' && number !== ''
    ? { number, name }
    : undefined;
}

export function compareInput(
  books: Pick<Books, 'from' | 'until' | 'care'>,
  place: string,
  file: string,
  lines: readonly ListLine[],
): InputOf<'3202'> {
  const { total, fund } = sums(lines);
  return {
    data: {
      setl_optins: place,
      file_qury_no: file,
      stmt_begndate: books.from,
      stmt_enddate: books.until,
      medfee_sumamt: jsonNumber(yuan(total)),
      fund_pay_sumamt: jsonNumber(yuan(fund)),
      cash_payamt: null,
      fixmedins_setl_cnt: lines.length,
      refd_setl_flag: '',
      clr_type: books.care,
    },
  };
}

/** A line of the result. */
export interface ComparedLine {
  readonly person: string;
  /** 就诊ID and 结算ID; empty where the platform alone has it. */
  readonly visit: string;
  readonly settlement: string;
  /** 发送方报文ID, for a reversal (2601). */
  readonly msgid: string;
  readonly agreed: boolean;
  readonly givenBack: boolean;
  /** What differs, in the platform's words. */
  readonly memo: string;
  readonly total: Fen;
  readonly fund: Fen;
  readonly account: Fen;
}

/**
 * The lines of the archive that the platform answers with.
 *
 * @throws if it is none: the answer is not what the interface says.
 */
export function readResult(archive: Uint8Array): ComparedLine[] {
  const files = unzipSync(archive, {
    filter: ({ name, originalSize }) => {
      if (originalSize > RESULT_BYTES_MAX) throw new Error('result too large');
      return name.toLowerCase().endsWith('.txt');
    },
  });
  const [content] = Object.values(files);
  if (content === undefined) throw new Error('no text in the archive');
  return strFromU8(content)
    .split('\n')
    .filter((row) => row !== '')
    .map((row) => {
      const cells = row.split('\t').map((cell) => (cell === 'null' ? '' : cell));
      if (cells.length < 10) throw new Error('a line without all columns');
      const cell = (at: number) => cells[at] ?? '';
      const amount = (at: number) => {
        const read = cell(at) === '' ? ZERO : parseYuan(cell(at));
        if (read === undefined) throw new Error(`not an amount: ${cell(at)}`);
        return read;
      };
      return {
        person: cell(0),
        visit: cell(1),
        settlement: cell(2),
        msgid: cell(3),
        agreed: cell(4) === '0',
        givenBack: cell(5) === '1',
        memo: cell(6),
        total: amount(7),
        fund: amount(8),
        account: amount(9),
      };
    });
}

/** What is done about a line on which the books differ, by how its memo begins. */
const ADVICE: readonly (readonly [string, string])[] = [
  ['机构有、中心无此结算', '平台没有这笔结算：核对结算ID；确未结算的，在窗口补办结算，或把多收的退还参保人'],
  ['中心有此结算，但不在本次对账范围内', '这笔不在所选日期或清算类别内：按它的结算时间换日期、类别再对'],
  ['中心有、机构无此结算', '本院漏记：核实收费后补记；没有收费的，在窗口找到该次就诊撤销结算'],
  ['机构已退费、中心未退费', '平台尚未退费：在窗口找到该次就诊，撤销结算'],
  ['中心已退费、机构未退费', '平台已退费：核对是否已把现金退还参保人，本院补记退费'],
  ['机构清单中重复', '清单里同一笔出现两次：删去重复的再对'],
];
const AMOUNTS_DIFFER = '金额不一致：以结算单为准核对，本院记错的更正；平台有误的联系经办机构';

const GIVEN_BACK_THERE = '平台有这笔退费而本院没有：核对是否已把现金退还参保人，本院补记退费';

export function adviceOn(line: ComparedLine): string {
  if (line.agreed) return '';
  if (line.givenBack && line.memo.startsWith('中心有、机构无此结算')) return GIVEN_BACK_THERE;
  return ADVICE.find(([begins]) => line.memo.startsWith(begins))?.[1] ?? AMOUNTS_DIFFER;
}

/** The result as a table for people. */
export const RESULT_HEADS = [
  '结果',
  '结算ID',
  '就诊ID',
  '人员编号',
  '医疗费总额',
  '基金支付',
  '个人账户',
  '差异',
  '怎么办',
];
export const resultRow = (line: ComparedLine): string[] => [
  line.agreed ? '一致' : '不一致',
  line.settlement,
  line.visit,
  line.person,
  yuan(line.total),
  yuan(line.fund),
  yuan(line.account),
  line.memo,
  adviceOn(line),
];
