// Money that does not come by itself: a province disputes and the hub decides; a pooling area pays in parts; finance hands over, and the
// bank's statement shows what was paid; one order is not paid, is urged three times, its province suspended by a document, and let settle
// again once it has paid. Each step by the role whose it is, seen on the page and asked of the node.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { DESKTOP, pageOf, picture } from './browser.mjs';
import {
  act,
  fen,
  funds,
  inDialog,
  looked,
  open,
  patiently,
  program,
  refusedInDialog,
  shown,
  toDo,
  until,
  yuan,
} from './desk.mjs';
import { inTurns } from './people.mjs';

const HUB = '100000';
const HUBEI = '420000';
const BEIJING = '110000';
const TIANJIN = '120000';

export async function transfers(chrome, country, troubles) {
  const at = { page: await pageOf(chrome, DESKTOP, troubles), troubles };
  at.page.setDefaultTimeout(15_000);
  const [hub, hubei, beijing] = [await country.at(HUB), await country.at(HUBEI), await country.at(BEIJING)];
  const as = await inTurns(at.page, country, [
    [HUB, 'operator', '转账甲', 'hub-operator', HUB],
    [HUB, 'reviewer', '转账乙', 'hub-reviewer', HUB],
    [HUBEI, 'operator', '转账丙', 'agency-operator', HUBEI],
    [HUBEI, 'city-operator', '转账丁', 'agency-operator', '420100'],
    [HUBEI, 'city-reviewer', '转账辛', 'agency-reviewer', '420100'],
    [HUBEI, 'reviewer', '转账戊', 'agency-reviewer', HUBEI],
    [HUBEI, 'finance', '转账己', 'finance', HUBEI],
    [BEIJING, 'finance', '转账庚', 'finance', BEIJING],
  ]);
  const month = await disputed(at, country, { hub, hubei, as });
  await ofAreas(at, country, { hubei, as, month });
  const { late, prompt } = await handedOver(at, country, { hubei, as });
  await paid(at, country, { hub, hubei, beijing, as }, prompt);
  await urged(at, country, { hub, hubei, as }, late);
  await suspended(at, country, { hub, hubei, as }, late);
  await at.page.context().close();
}

/** Hubei disputes what it owes Tianjin, the hub finds that the table stands. The month. */
async function disputed(at, country, { hub, hubei, as }) {
  const { page } = at;
  const { months } = await funds(country, HUB, 'clearings');
  const { month, revision } = months.at(-1);
  const number = month.replace('-', '');
  const pair = `${HUBEI}-${TIANJIN}`;
  const why = '住院日期有疑问，请就医地核实';
  await funds(country, HUB, `clearings/${number}/adopt`, { revision });
  await patiently(() => funds(country, HUBEI, `statements/${month}/fetch`, {}));
  await as(hubei, 'reviewer', async () => {
    await open(at, hubei, `statements?month=${month}`, '清算确认');
    await page.getByText('与本省账目一致').waitFor();
    await page.getByRole('button', { name: '提出争议' }).click();
    await inDialog(
      at,
      async (dialog) => {
        // Nothing goes without a reason.
        await dialog.getByRole('button', { name: '提出争议' }).click();
        await dialog.getByText('请填写争议理由').waitFor();
        await dialog.getByLabel('哪一对省份').selectOption(pair);
        await dialog.getByLabel('争议理由').fill(why);
      },
      '提出争议',
    );
    const { answer } = await funds(country, HUBEI, `statements/${month}`);
    assert.equal(answer.verdict, 'disputed');
    await looked(at, 'transfers-1-disputed');
  });
  for (const province of Object.keys(country.nodes).filter((code) => ![HUB, HUBEI].includes(code))) {
    await patiently(() => funds(country, province, `statements/${month}/fetch`, {}));
    await funds(country, province, `statements/${month}/confirm`, {});
  }
  const asked = async () => (await funds(country, HUB, 'clearings')).months.at(-1);
  await until('the dispute', asked, (one) => one.disputed.includes(pair) && one.unanswered.length === 0);
  await as(hub, 'reviewer', async () => {
    await open(at, hub, `clearing?month=${month}`, '月度清算');
    const row = page.getByRole('row', { name: /湖北.*天津/ });
    await row.getByText(why).waitFor();
    await row.getByRole('button', { name: '处理争议' }).click();
    await inDialog(
      at,
      async (dialog) => {
        await dialog.getByText('争议不成立').click();
        await dialog.getByLabel('处理意见').fill('经就医地核实，住院日期无误');
      },
      '作出处理',
    );
    const after = await asked();
    assert.deepEqual(after.disputed, [], 'no dispute is left');
    await page.getByText('待确认：').waitFor({ state: 'detached' });
    await act(at, '签发通知书', undefined, '签发');
    await page.getByText('已签发通知书').first().waitFor();
  });
  return month;
}

/** The month's debt of the province's areas: divided by an operator, entered by finance as it came, in parts, and no fen too much. */
async function ofAreas(at, country, { hubei, as, month }) {
  const { page } = at;
  const areas = async () => (await funds(country, HUBEI, `areas/${month}`)).areas;
  const rowOf = (one) => page.getByRole('row', { name: new RegExp(one.name) });
  await patiently(() => funds(country, HUBEI, `statements/${month}/fetch`, {}));
  await as(hubei, 'operator', async () => {
    await open(at, hubei, `agency/areas?month=${month}`, '统筹区清算');
    await page.getByText('还没有向统筹区分割').waitFor();
    await act(at, '向统筹区分割', undefined, '确认分割');
    for (const one of await areas()) await rowOf(one).getByText(shown(one.still_owed)).first().waitFor();
    assert.equal(
      await page.getByRole('button', { name: '登记到账' }).count(),
      0,
      'who divides enters no money',
    );
    assert.equal(await page.getByRole('button', { name: '省内划转' }).count(), 0, 'and passes nothing on');
    await looked(at, 'transfers-2-divided');
  });
  const [area] = await areas();
  const [purse] = area.open;
  const owed = fen(purse.amount);
  await as(hubei, 'city-operator', async () => {
    await open(at, hubei, `agency/areas?month=${month}&area=${area.area}`, '统筹区清算');
    await rowOf(area).getByText(area.notice).waitFor();
    const lines = page.getByRole('table', { name: '应付明细' });
    assert.equal(
      await lines.locator('tbody tr').count(),
      area.lines.length,
      'an area sees what it owes whom',
    );
    assert.equal(await page.getByRole('button', { name: '向统筹区分割' }).count(), 0, 'and decides nothing');
  });
  await answered(at, country, { hubei, as, month }, area);
  await as(hubei, 'finance', async () => {
    await open(at, hubei, `agency/areas?month=${month}&area=${area.area}`, '统筹区清算');
    const enter = async (reference, amount) => {
      const dialog = page.getByRole('dialog');
      await dialog.getByLabel('银行交易流水号').fill(reference);
      await dialog
        .getByLabel(/（元）/)
        .first()
        .fill(amount);
    };
    const press = () => rowOf(area).getByRole('button', { name: '登记到账' }).click();
    await press();
    await refusedInDialog(at, () => enter('SJ-1', yuan(owed + 1n)), '登记', /尚欠/);
    const half = owed / 2n;
    await press();
    await inDialog(at, () => enter('SJ-1', yuan(half)), '登记', '到账已登记');
    await rowOf(area)
      .getByText(shown(yuan(owed - half)))
      .first()
      .waitFor();
    // The same number of the bank is the same money.
    await press();
    await refusedInDialog(at, () => enter('SJ-1', yuan(owed - half - 1n)), '登记', /已登记为另一笔/);
    await press();
    await inDialog(at, () => enter('SJ-2', yuan(owed - half)), '登记', '到账已登记');
    await rowOf(area).getByText('已清').waitFor();
    await page.getByText('SJ-2').waitFor();
    const after = (await areas()).find((one) => one.area === area.area);
    assert.equal(after.still_owed, '0.00');
    assert.deepEqual(after.received, after.owed, 'what came is what was owed, purse by purse');
    await looked(at, 'transfers-3-collected');
  });
  const trial = await funds(country, HUBEI, `ledger/trial?first=${month}-01&last=${await today(country)}`);
  assert.ok(trial.balanced, 'debits and credits agree');
  await as(hubei, 'reviewer', async () => {
    await open(at, hubei, `agency/areas?month=${month}`, '统筹区清算');
    // All of it is owed to other provinces: their orders pay it, and nothing is passed on here.
    assert.ok(await page.getByRole('button', { name: '省内划转' }).isDisabled());
  });
}

/** The area says what it thinks of its part: it disputes, agrees after all, disputes again; the province decides, and the amount stands. */
async function answered(at, country, { hubei, as, month }, area) {
  const { page } = at;
  const said = async () =>
    (await funds(country, HUBEI, `areas/${month}`)).areas.find((one) => one.area === area.area).answer;
  const { settlements } = await program(country, HUBEI, 'POST', '/api/v1/settlements/search', {
    side: 'insured',
    insured: area.area,
    stage: 'standing',
    until: `${month}-28`,
  });
  const [{ id }] = settlements;
  const panel = page.getByRole('region', { name: area.name });
  const dispute = (why) => async (dialog) => {
    await dialog.getByLabel('结算ID（每行一个）').fill(id);
    await dialog.getByLabel('异议理由').fill(why);
  };
  await as(hubei, 'city-reviewer', async () => {
    await toDo(at, hubei, '待确认的上解通知书', '统筹区清算');
    await panel.getByRole('button', { name: '提出异议' }).click();
    await refusedInDialog(
      at,
      async (dialog) => {
        // Nothing goes without a settlement, and none that is not of this part of the month.
        await dialog.getByRole('button', { name: '提交异议' }).click();
        await dialog.getByText('请列出有异议的结算ID').waitFor();
        await dialog.getByLabel('结算ID（每行一个）').fill(`420000${'0'.repeat(24)}`);
        await dialog.getByLabel('异议理由').fill('重复住院');
      },
      '提交异议',
      /不在本统筹区/,
    );
    await panel.getByRole('button', { name: '提出异议' }).click();
    await inDialog(at, dispute('重复住院，请核实'), '提交异议', '异议已提交');
    await panel.getByText('有争议').waitFor();
    await panel.getByText('异议理由：重复住院，请核实').waitFor();
    assert.deepEqual((await said()).settlements, [id]);
    assert.equal(
      await panel.getByRole('button', { name: '裁定异议' }).count(),
      0,
      'nobody decides on himself',
    );
    // It looks again, and agrees.
    await panel.getByRole('button', { name: '撤回异议并确认' }).click();
    await inDialog(at, undefined, '确认', '上解通知书已确认');
    await panel.getByText('已确认').waitFor();
    assert.equal((await said()).verdict, 'confirmed');
    await panel.getByRole('button', { name: '提出异议' }).click();
    await inDialog(at, dispute('未见备案，请核实'), '提交异议', '异议已提交');
    await looked(at, 'transfers-area-disputed');
  });
  await as(hubei, 'reviewer', async () => {
    await toDo(at, hubei, '待裁定的统筹区异议', '统筹区清算');
    const rows = page.getByRole('table', { name: `${month} 各统筹区` }).locator('tbody tr');
    assert.equal(await rows.count(), 1, 'only what is disputed');
    await rows.getByRole('button', { name: area.name }).click();
    await panel.getByText('异议理由：未见备案，请核实').waitFor();
    await panel.getByRole('button', { name: '裁定异议' }).click();
    await inDialog(
      at,
      async (dialog) => {
        await dialog.getByLabel('不成立：本月不变').check();
        await dialog.getByLabel('裁定意见').fill('已备案，异议不成立');
      },
      '裁定',
      '异议不成立，上解金额不变',
    );
    assert.equal((await said()).verdict, 'rejected');
    await open(at, hubei, 'work', '待办');
    assert.equal(await page.getByText('待裁定的统筹区异议').count(), 0, 'nothing is left to decide');
  });
  await as(hubei, 'city-reviewer', async () => {
    await open(at, hubei, `agency/areas?month=${month}&area=${area.area}`, '统筹区清算');
    await panel.getByText('裁定意见：已备案，异议不成立').waitFor();
    for (const name of ['提出异议', '修改异议', '确认', '撤回异议并确认']) {
      assert.equal(
        await panel.getByRole('button', { name, exact: true }).count(),
        0,
        `${name}: it is decided`,
      );
    }
    const { areas } = await funds(country, HUBEI, `areas/${month}`);
    assert.equal(areas.find((one) => one.area === area.area).still_owed, area.still_owed);
  });
}

/** The node's day, as its own clock says. */
async function today(country) {
  const answer = await fetch(`${country.nodes[HUBEI]}/health`);
  return new Date(Date.parse(answer.headers.get('date')) + 8 * 3_600_000).toISOString().slice(0, 10);
}

/** One order goes to finance in time, with its file for the bank; the other is left. */
async function handedOver(at, country, { hubei, as }) {
  const { page } = at;
  const { orders } = await until(
    'the orders',
    () => funds(country, HUBEI, 'orders?stage=received'),
    (answer) => answer.orders.length === 2,
  );
  const prompt = orders.find((one) => one.other === BEIJING);
  const late = orders.find((one) => one.other === TIANJIN);
  await as(hubei, 'finance', async () => {
    await open(at, hubei, 'payments', '应付划拨');
    for (const one of orders) {
      const row = page.getByRole('row', { name: new RegExp(one.number) });
      await row.getByText(`还有${one.due.left}个工作日`).waitFor();
      await row.getByText(shown(one.amount)).first().waitFor();
    }
    await page.getByRole('button', { name: prompt.number }).click();
    await act(at, '提交财政');
    const file = page.waitForEvent('download');
    await act(at, '银行付款文件', (dialog) => dialog.getByLabel('事由').fill('本日划拨'), '下载');
    const paper = readFileSync(await (await file).path(), 'utf8');
    assert.ok(
      paper.includes(prompt.number) && paper.includes(prompt.amount),
      'the file names order and amount',
    );
    const after = await funds(country, HUBEI, `orders/${prompt.number}`);
    assert.equal(after.stage, 'handed_over');
    await page.getByText(after.due.words).first().waitFor();
  });
  return { prompt, late };
}

/** The bank's statements of both sides: wrong ones are refused and say where, right ones are matched, once. */
async function paid(at, country, { hub, hubei, beijing, as }, order) {
  const { page } = at;
  const day = await today(country);
  const owners = await accounts(country, order.scheme);
  const of = (owner) => owners.find((one) => one.owner === owner).number;
  const payment = { reference: 'B-PAID', fen: -fen(order.amount), order: order.number };
  const take = async (content, words) => {
    await page.locator('input[type=file]').setInputFiles({
      name: 'statement.xml',
      mimeType: 'text/xml',
      buffer: Buffer.from(content, 'utf8'),
    });
    await page.locator('main').getByText(words).first().waitFor();
  };
  await as(hubei, 'finance', async () => {
    await open(at, hubei, 'bank-entries', '银行流水');
    const good = { id: 'S-1', account: of(HUBEI), day, entries: [payment] };
    const interest = { reference: 'B-INTEREST', fen: 1_234n };
    // The second entry has a number that no bank gives, the balances do not add up, nobody knows the account, it is no statement at all.
    await take(
      statement({ ...good, entries: [payment, { ...interest, reference: '流水' }] }),
      /第2笔：流水号应为/,
    );
    await take(statement({ ...good, off: 1n }), /不等于期末余额/);
    await take(statement({ ...good, account: '6200000000000000000' }), /未登记为本省财政专户/);
    await take('<?xml version="1.0"?><Document><Other/></Document>', /不是camt\.053/);
    await looked(at, 'transfers-4-refused-statement');
    assert.deepEqual(
      (await funds(country, HUBEI, 'bank-statements')).statements,
      [],
      'nothing of it was taken',
    );
    await take(statement(good), '新流水1笔：划拨款项1笔，待查款项0笔');
    await take(statement(good), '此前已导入，没有新的流水');
    await take(statement({ ...good, entries: [payment, interest] }), /已导入且内容不同/);
    await finished(at, hubei, 'payments', '应付划拨', order.number);
    assert.equal((await funds(country, HUBEI, `orders/${order.number}`)).stage, 'closed');
    await picture(page, 'transfers-5-paid');
  });
  await as(beijing, 'finance', async () => {
    await open(at, beijing, 'bank-entries', '银行流水');
    const came = { reference: 'B-CAME', fen: fen(order.amount), order: order.number };
    await take(statement({ id: 'S-9', account: of(BEIJING), day, entries: [came] }), '划拨款项1笔');
    await finished(at, beijing, 'receipts', '应收到账', order.number);
    const after = await funds(country, BEIJING, `receipts/${order.number}`);
    assert.deepEqual([after.stage, after.moved], ['closed', order.amount]);
  });
  const notice = order.notice;
  await until(
    'what both sides report',
    () => funds(country, HUB, `notices/${notice}`),
    ({ transfers }) => transfers.length > 0 && transfers.every((one) => one.standing.startsWith('双方一致')),
  );
  await as(hub, 'operator', async () => {
    await open(at, hub, `notices?number=${notice}`, '通知书与催缴');
    const row = page
      .getByRole('table', { name: '双方报告' })
      .getByRole('row', { name: new RegExp(order.number) });
    await row.getByText(/双方一致/).waitFor();
    assert.equal(await row.getByText(shown(order.amount)).count(), 3, 'due, paid and received are the same');
    await looked(at, 'transfers-6-agreed');
  });
}

/** The accounts of a scheme, with their whole numbers. */
async function accounts(country, scheme) {
  const duty = { 'x-duty': encodeURIComponent('核对') };
  const path = '/api/v1/funds/bank-accounts?reveal=true';
  const found = await program(country, HUBEI, 'GET', path, undefined, duty);
  return found.accounts.filter((one) => one.scheme === scheme);
}

/** Finance writes back and closes what has moved whole. */
async function finished(at, url, path, title, number) {
  const { page } = at;
  await open(at, url, `${path}?stage=all&number=${number}`, title);
  await act(at, '登记财政反馈', async (dialog) => {
    await dialog.getByLabel('开户银行').fill('某银行某支行');
    await dialog.getByLabel('交易流水号').fill('B-PAID');
  });
  await act(at, '办结');
  await page.getByText('已办结').first().waitFor();
}

/** camt.053 of a day; `off` is by how much the closing balance is wrong. */
function statement({ id, account, day, entries, off = 0n }) {
  const opening = 9_000_000_000n;
  const closing = entries.reduce((sum, one) => sum + one.fen, opening) + off;
  const balance = (code, value) => `<Bal><Tp><CdOrPrtry><Cd>${code}</Cd></CdOrPrtry></Tp>
    <Amt Ccy="CNY">${yuan(value)}</Amt><CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>${day}</Dt></Dt></Bal>`;
  const entry = (one) => `<Ntry><Amt Ccy="CNY">${yuan(one.fen < 0n ? -one.fen : one.fen)}</Amt>
    <CdtDbtInd>${one.fen < 0n ? 'DBIT' : 'CRDT'}</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>${day}</Dt></BookgDt>
    <AcctSvcrRef>${one.reference}</AcctSvcrRef>
    <NtryDtls><TxDtls><Refs><EndToEndId>${one.order ?? 'NOTPROVIDED'}</EndToEndId></Refs></TxDtls></NtryDtls></Ntry>`;
  return `<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt><Stmt><Id>${id}</Id>
  <Acct><Id><Othr><Id>${account}</Id></Othr></Id><Ccy>CNY</Ccy></Acct>
  ${balance('OPBD', opening)}${balance('CLBD', closing)}${entries.map(entry).join('')}
</Stmt></BkToCstmrStmt></Document>`;
}

/** Weeks pass and the other order is not paid: three letters, each when it is due, and no suspension before the third. */
async function urged(at, country, { hub, hubei, as }, order) {
  const { page } = at;
  const overdue = async () =>
    (await funds(country, HUB, 'urgings')).overdue.find((one) => one.order === order.number);
  for (const [letter, days] of [
    [1, 23],
    [2, 6],
    [3, 7],
  ]) {
    await country.passDays(days);
    for (let tries = 0; (await overdue())?.letter_due !== letter; tries += 1) {
      assert.ok(tries < 10, `letter ${letter} is not due: ${JSON.stringify(await overdue())}`);
      await country.passDays(1);
    }
    const due = await overdue();
    await as(hub, 'operator', async () => {
      await toDo(at, hub, '逾期未划拨的通知书', '通知书与催缴');
      const row = page
        .getByRole('table', { name: '逾期未划拨' })
        .getByRole('row', { name: new RegExp(order.number) });
      await row.getByText(shown(due.rest)).waitFor();
      await row.getByRole('button', { name: `发第${letter}次` }).click();
      await inDialog(at, undefined, '发函', '已发催缴函');
      await row.getByText(`已发${letter}次`).waitFor();
      const file = page.waitForEvent('download');
      await row.getByRole('button', { name: `第${letter}次PDF` }).click();
      const paper = readFileSync(await (await file).path());
      assert.equal(paper.subarray(0, 5).toString('latin1'), '%PDF-', 'the letter is a paper');
      if (letter === 1) await looked(at, 'transfers-7-urged');
    });
    if (letter === 1) {
      await as(hub, 'reviewer', async () => {
        await open(at, hub, 'notices', '通知书与催缴');
        await page.getByRole('button', { name: '决定暂停' }).click();
        await refusedInDialog(at, decision, '暂停直接结算', /请先催缴/);
      });
    }
  }
  assert.equal((await overdue()).letters.length, 3);
  // Who is urged sees it where it works: the order as overdue, and the letters.
  await until(
    'the letters',
    () => funds(country, HUBEI, 'urgings'),
    ({ letters }) => letters.length === 3,
  );
  await as(hubei, 'finance', async () => {
    const { due } = await funds(country, HUBEI, `orders/${order.number}`);
    await open(at, hubei, 'payments?urgency=overdue', '应付划拨');
    const row = page.getByRole('row', { name: new RegExp(order.number) });
    await row.getByText(`逾期${-due.left}个工作日`).waitFor();
    await open(at, hubei, 'notices', '通知书');
    const letters = page.getByRole('table', { name: '收到的催缴函' }).locator('tbody tr');
    assert.equal(await letters.count(), 3);
    await looked(at, 'transfers-8-letters');
  });
}

async function decision(dialog) {
  const province = dialog.getByLabel('省份');
  if ((await province.count()) > 0) await province.selectOption(HUBEI);
  await dialog.getByLabel('决定文号').fill('示范函〔2026〕1号');
  await dialog.getByLabel('理由').fill('逾期未划拨清算资金，经三次催缴');
}

/** Suspended by a document, of which everybody is told the reason; paid; and let settle again by another document. */
async function suspended(at, country, { hub, hubei, as }, order) {
  const { page } = at;
  const standing = async () =>
    (await program(country, HUB, 'GET', '/api/v1/participants')).participants.find(
      (one) => one.participant === HUBEI,
    );
  const table = page.getByRole('table', { name: '因未划拨的暂停' });
  await as(hub, 'reviewer', async () => {
    await open(at, hub, 'notices', '通知书与催缴');
    await page.getByRole('button', { name: '决定暂停' }).click();
    await inDialog(at, decision, '暂停直接结算');
    await table.getByText('示范函〔2026〕1号').waitFor();
    const told = await standing();
    assert.match(JSON.stringify(told), /逾期未划拨清算资金/, 'the register says why');
    await looked(at, 'transfers-9-suspended');
    await open(at, hub, 'participants', '参与方');
    await page
      .getByRole('row', { name: /湖北省/ })
      .getByText(/逾期未划拨清算资金/)
      .waitFor();
  });
  // It pays after all: handed over and paid on this day, as the bank says.
  await as(hubei, 'finance', async () => {
    await open(at, hubei, `payments?stage=all&number=${order.number}`, '应付划拨');
    await act(at, '提交财政');
    await act(at, '登记划拨', (dialog) => dialog.getByLabel('交易流水号').fill('B-LATE'));
    assert.equal((await funds(country, HUBEI, `orders/${order.number}`)).stage, 'paid');
  });
  await until(
    'the report of what was paid',
    () => funds(country, HUB, 'urgings'),
    ({ overdue }) => overdue.every((one) => one.order !== order.number),
  );
  await as(hub, 'reviewer', async () => {
    await open(at, hub, 'notices', '通知书与催缴');
    await table.getByRole('button', { name: '决定恢复' }).click();
    await inDialog(
      at,
      async (dialog) => {
        await dialog.getByLabel('决定文号').fill('示范函〔2026〕2号');
        await dialog.getByLabel('理由').fill('欠款已全部划拨');
      },
      '恢复直接结算',
    );
    await table.getByText('欠款已全部划拨').waitFor();
    assert.doesNotMatch(JSON.stringify(await standing()), /逾期未划拨清算资金/);
    const { suspensions } = await funds(country, HUB, `suspensions?province=${HUBEI}`);
    assert.equal(suspensions.filter((one) => one.lifted).length, 1);
  });
}
