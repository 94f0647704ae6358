// The consoles of the hub, of finance and of those who audit, over a country whose month of clearing waits for hands: people log
// in, do what their roles do through the pages, and are refused what others do.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { DESKTOP, pageOf, picture, quiet, visit } from './browser.mjs';
import { accessible, act, inBothSizes, open, patiently, program, settled, until, toDo } from './desk.mjs';
import { created, display, PASSWORD, person, signIn, signOut, signOutByPage } from './people.mjs';

const HUB = '100000';
const HUBEI = '420000';

/** What each person's pages are; all are looked at, at desk and phone. */
const PAGES = {
  'hub-operator': [
    ['overview', '运行总览'],
    ['participants', '参与方'],
    ['announcements', '停机公告'],
    ['statistics', '统计报表'],
    ['registered-filings', '全国备案登记'],
    ['reconciliation', '每日对账'],
    ['clearing', '月度清算'],
    ['prepayments', '预付金'],
    ['notices', '通知书与催缴'],
    ['documents', '资金文书'],
    ['me', '本人账户'],
  ],
  auditor: [
    ['ledger', '科目余额表'],
    ['ledger/account', '明细账'],
    ['ledger/vouchers', '记账凭证'],
    ['ledger/proof', '账务核验'],
    ['audit-trail', '操作日志'],
  ],
  finance: [
    ['payments', '应付划拨'],
    ['receipts', '应收到账'],
    ['bank-entries', '银行流水'],
    ['bank-accounts', '银行账户'],
    ['notices', '通知书'],
  ],
};

/** The one-time code of RFC 6238 at a time, as a phone shows it. */
export function oneTimeCode(secret, millis) {
  const bits = [...secret].map((letter) =>
    'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter).toString(2).padStart(5, '0'),
  );
  const bytes = (bits.join('').match(/.{8}/g) ?? []).map((byte) => parseInt(byte, 2));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(millis / 30_000)));
  const hash = createHmac('sha1', Buffer.from(bytes)).update(counter).digest();
  const at = hash[19] & 15;
  return String((hash.readUInt32BE(at) & 0x7fffffff) % 1_000_000).padStart(6, '0');
}

export async function console_(chrome, country, troubles) {
  const hub = await country.at(HUB);
  const hubei = await country.at(HUBEI);
  for (const [participant, account, name, role, area] of [
    [HUB, 'e2e-operator', '演示甲', 'hub-operator', HUB],
    [HUB, 'e2e-reviewer', '演示乙', 'hub-reviewer', HUB],
    [HUB, 'e2e-admin', '演示丙', 'account-administrator', HUB],
    [HUB, 'e2e-auditor', '演示丁', 'auditor', HUB],
    [HUBEI, 'e2e-finance', '演示戊', 'finance', HUBEI],
    [HUBEI, 'e2e-reviewer', '演示己', 'agency-reviewer', HUBEI],
  ]) {
    await person(country, participant, { account, name, role, area });
  }
  const page = await pageOf(chrome, DESKTOP, troubles);
  page.setDefaultTimeout(10_000);
  const at = { page, troubles };

  await loggingIn(at, country, hub);
  await clearing(at, country, hub, hubei);
  await finance(at, country, hubei);
  await lookAtAll(at, hubei, 'e2e-finance', 'finance');
  await prepayments(at, hub);
  await participants(at, hub);
  await lookAtAll(at, hub, 'e2e-operator', 'hub-operator');
  await preferences(at, country, hub);
  await accountsAndAudit(at, country, hub);
  await lookAtAll(at, hub, 'e2e-auditor', 'auditor');
  await page.context().close();
}

/** Wrong password, the initial password, a session that is gone, the one-time code. */
async function loggingIn(at, country, hub) {
  const { page } = at;
  const initial = await created(country, HUB, {
    account: 'e2e-new',
    name: '演示新',
    role: 'hub-operator',
    area: HUB,
  });
  await visit(page, `${hub}/console.html#/clearing`);
  await page.getByLabel('账号').waitFor();
  await accessible(at, 'login');
  await picture(page, 'login');
  await page.getByLabel('账号').fill('e2e-new');
  await page.getByLabel('密码', { exact: true }).fill('wrong password');
  await page.getByRole('button', { name: '登录', exact: true }).click();
  const refused = await page.getByRole('alert').innerText();
  assert.match(refused, /密码不正确/, refused);
  // Who tries too often waits, and is told so; the right password does not help.
  const locked = await created(country, HUB, {
    account: 'e2e-locked',
    name: '演示锁',
    role: 'auditor',
    area: HUB,
  });
  const other = await page.context().newPage();
  await visit(other, `${hub}/console.html`);
  const attempt = async (password) => {
    await other.getByLabel('账号').fill('e2e-locked');
    await other.getByLabel('密码', { exact: true }).fill(password);
    const answer = other.waitForResponse('**/web/login');
    await other.getByRole('button', { name: '登录', exact: true }).click();
    return (await answer).json();
  };
  let said = '';
  for (let tries = 0; said !== 'login-locked' && tries < 20; tries += 1) said = (await attempt('wrong')).code;
  assert.equal(said, 'login-locked');
  assert.equal((await attempt(locked)).code, 'login-locked');
  await other.getByRole('alert').getByText(/锁定/).first().waitFor();
  await other.close();

  await page.getByLabel('密码', { exact: true }).fill(initial);
  await page.getByRole('button', { name: '登录', exact: true }).click();

  // The first thing is a password of one's own.
  await page.getByRole('heading', { name: '请先修改初始密码' }).waitFor();
  await accessible(at, 'first password');
  await page.getByLabel('原密码').fill(initial);
  await page.getByLabel('新密码', { exact: true }).fill(PASSWORD);
  await page.getByLabel('再次填写新密码').fill(`${PASSWORD}!`);
  await page.getByRole('button', { name: '修改密码' }).click();
  await page.getByText('两次填写的新密码不一致').waitFor();
  await page.getByLabel('再次填写新密码').fill(PASSWORD);
  await page.getByRole('button', { name: '修改密码' }).click();
  // And one is where one wanted to go.
  await settled(at, '月度清算');

  // A session that the server does not know any more: one logs in and is back, with the list as it was.
  await visit(page, `${hub}/console.html#/reconciliation?stage=explained`);
  await settled(at, '每日对账');
  await page.context().clearCookies();
  await page.getByRole('button', { name: '刷新' }).click();
  await page.getByText('请重新登录').waitFor();
  await page.getByLabel('账号').fill('e2e-new');
  await page.getByLabel('密码', { exact: true }).fill(PASSWORD);
  await page.getByRole('button', { name: '登录', exact: true }).click();
  await settled(at, '每日对账');
  assert.match(page.url(), /stage=explained/);
  assert.equal(await page.getByLabel('差异阶段').inputValue(), 'explained');

  // The one-time code: the secret is shown once, a first code proves it, and the next login asks for one.
  await open(at, hub, 'me', '本人账户');
  await page.getByRole('button', { name: '启用动态验证码' }).click();
  const secret = (await page.locator('.secret').innerText()).replaceAll(/\s/g, '');
  await page.getByRole('img', { name: /二维码/ }).waitFor();
  await accessible(at, 'one-time code');
  await picture(page, 'one-time-code');
  const before = Date.now() - 30_000;
  await page.getByLabel('填写应用中显示的6位数字').fill(oneTimeCode(secret, before));
  await page.getByRole('button', { name: '确认启用' }).click();
  await page.getByText('已启用。登录时').waitFor();
  await signOutByPage(page);
  await page.getByLabel('账号').fill('e2e-new');
  await page.getByLabel('密码', { exact: true }).fill(PASSWORD);
  await page.getByRole('button', { name: '登录', exact: true }).click();
  await page.getByLabel('动态验证码').waitFor();
  await accessible(at, 'login with a code');
  // The code that was shown is used up.
  await page.getByLabel('动态验证码').fill(oneTimeCode(secret, before));
  await page.getByRole('button', { name: '验证' }).click();
  await page.getByRole('alert').waitFor();
  await page.getByLabel('动态验证码').fill(oneTimeCode(secret, Date.now()));
  await page.getByRole('button', { name: '验证' }).click();
  await settled(at, '本人账户');
  await signOutByPage(page);
}

/** A month: planned again by who may, adopted by another, confirmed in Hubei, noticed. */
async function clearing(at, country, hub, hubei) {
  const { page } = at;
  await signIn(page, hub, 'e2e-operator');
  await open(at, hub, 'clearing', '月度清算');
  assert.equal(await page.getByRole('button', { name: '生成清算表' }).count(), 0, 'who plans does not adopt');
  await act(at, '重新试算', undefined, '试算');
  await page.getByText('第 2 次').waitFor();
  await page.getByRole('button', { name: '与上次比较' }).click();
  await page.getByText('与上次试算一致').waitFor();
  for (const [tab, title] of [
    ['应付应收', '应付、应收医疗费用'],
    ['审核扣款', '审核扣款明细'],
    ['未列入', '未列入本月的结算'],
    ['轧差测算', '轧差测算'],
  ]) {
    await page.getByRole('button', { name: tab, exact: true }).click();
    await page.getByRole('heading', { name: title }).waitFor();
  }
  await accessible(at, 'netting');
  await page.getByRole('button', { name: '全国清算表', exact: true }).click();
  const download = page.waitForEvent('download');
  await page.getByRole('button', { name: '导出CSV', exact: true }).click();
  const csv = readFileSync(await (await download).path(), 'utf8');
  assert.match(csv, /参保/, csv.slice(0, 200));
  await signOut(page);

  await signIn(page, hub, 'e2e-reviewer');
  await open(at, hub, 'clearing', '月度清算');
  assert.equal(await page.getByRole('button', { name: '重新试算' }).count(), 0, 'who adopts does not plan');
  await act(at, '生成清算表');
  await page.getByText('待确认：').waitFor();
  await picture(page, 'clearing-adopted');
  await signOut(page);

  const month = await program(country, HUB, 'GET', '/api/v1/funds/clearings');
  const name = month.months.at(-1).month;
  await signIn(page, hubei, 'e2e-reviewer');
  await open(at, hubei, 'statements', '清算确认');
  await act(at, '取回清算表', async (dialog) => {
    await dialog.getByLabel('清算年月').fill(name);
    await page.keyboard.press('Enter');
  });
  await page.getByText('与本省账目一致').waitFor();
  await accessible(at, 'statement');
  await act(at, '确认', undefined, '确认清算表');
  await page.getByText('已确认').first().waitFor();
  await picture(page, 'statement-confirmed');
  await signOut(page);
  for (const province of Object.keys(country.nodes).filter((code) => ![HUB, HUBEI].includes(code))) {
    await patiently(() => program(country, province, 'POST', `/api/v1/funds/statements/${name}/fetch`));
    await program(country, province, 'POST', `/api/v1/funds/statements/${name}/confirm`, {});
  }

  await signIn(page, hub, 'e2e-reviewer');
  await open(at, hub, 'clearing', '月度清算');
  // The answers of the provinces go by themselves.
  for (let tries = 0; (await page.getByText('待确认：').count()) > 0; tries += 1) {
    assert.ok(tries < 120, 'the answers of the provinces do not come');
    await page.waitForTimeout(500);
    await page.getByRole('button', { name: '刷新' }).click();
    await quiet(page);
  }
  await act(at, '签发通知书', undefined, '签发');
  await page.getByText('已签发通知书').first().waitFor();
  await open(at, hub, 'notices', '通知书与催缴');
  await page.getByRole('table', { name: '付款、收款通知书' }).locator('tbody button').first().click();
  await page.getByRole('heading', { name: '双方报告' }).waitFor();
  await accessible(at, 'notice');
  await picture(page, 'notice-opened');
  await signOut(page);
}

/** Hubei's finance: handed over, paid by the bank's own statement, what nobody knows is assigned, written back, closed. */
async function finance(at, country, hubei) {
  const { page } = at;
  // The pooling areas send up what is theirs; that is another desk's matter.
  const month = (await program(country, HUB, 'GET', '/api/v1/funds/clearings')).months.at(-1).month;
  const today = new Date(Date.now() + 8 * 3_600_000).toISOString().slice(0, 10);
  // With what both sides have said meanwhile.
  await patiently(() => program(country, HUBEI, 'POST', `/api/v1/funds/statements/${month}/fetch`));
  const divided = await program(country, HUBEI, 'POST', `/api/v1/funds/areas/${month}/divide`, {});
  for (const [which, area] of divided.areas.entries()) {
    if (area.open.length === 0) continue;
    await program(country, HUBEI, 'POST', `/api/v1/funds/areas/${month}/receipts`, {
      area: area.area,
      day: today,
      bank_reference: `E2E${which}`,
      amounts: area.open,
    });
  }
  await signIn(page, hubei, 'e2e-finance');
  await open(at, hubei, 'payments', '应付划拨');
  const orders = page.getByRole('table', { name: '应付划拨' });
  for (let tries = 0; (await orders.locator('tbody button').count()) === 0; tries += 1) {
    assert.ok(tries < 120, 'the notices do not come');
    await page.waitForTimeout(500);
    await page.reload();
    await settled(at, '应付划拨');
  }
  await orders
    .getByText(/还有\d+个工作日/)
    .first()
    .waitFor();
  const order = await orders.locator('tbody button').first().innerText();
  const amount = (
    await orders.locator('tbody tr').first().locator('td.amount').first().innerText()
  ).replaceAll(',', '');
  await orders.locator('tbody button').first().click();
  await page.getByRole('heading', { name: '划拨单' }).waitFor();
  await accessible(at, 'payment order');
  await act(at, '提交财政');
  await page.getByText('已提交财政').first().waitFor();
  await act(at, '撤回提交');
  await act(at, '提交财政');
  const file = page.waitForEvent('download');
  await act(at, '银行付款文件', (dialog) => dialog.getByLabel('事由').fill('本日划拨'), '下载');
  const paper = readFileSync(await (await file).path(), 'utf8');
  assert.match(paper, new RegExp(order), 'the file for the bank names the order');

  // The bank's statement: the payment, and money that nobody knows.
  const accounts = await program(
    country,
    HUBEI,
    'GET',
    '/api/v1/funds/bank-accounts?reveal=true',
    undefined,
    { 'x-duty': encodeURIComponent('核对') },
  );
  const account = accounts.accounts.find((one) => one.scheme === 'employee' && one.owner === HUBEI).number;
  await open(at, hubei, 'bank-entries', '银行流水');
  await page.locator('input[type=file]').setInputFiles({
    name: 'statement.xml',
    mimeType: 'text/xml',
    buffer: Buffer.from(statement({ account, order, amount, day: today }), 'utf8'),
  });
  await page
    .locator('.told')
    .getByText(/划拨款项1笔，待查款项1笔/)
    .waitFor();
  await page.getByText('某单位').first().waitFor();
  await accessible(at, 'bank entries');
  await picture(page, 'bank-entries');
  await act(
    at,
    '认定',
    async (dialog) => {
      await dialog.getByLabel('这笔款项是').selectOption('other');
      await dialog.getByLabel('是什么款项').fill('误汇，已通知对方');
    },
    '认定',
  );

  await open(at, hubei, `payments?stage=all&number=${order}`, '应付划拨');
  await act(at, '登记财政反馈', async (dialog) => {
    await dialog.getByLabel('开户银行').fill('某银行某支行');
    await dialog.getByLabel('交易流水号').fill('E2EPAID');
  });
  await act(at, '办结');
  await page.getByText('已办结').first().waitFor();
  await picture(page, 'payment-closed');

  // A voucher by hand, found in the list and in the account's ledger, and taken back by another.
  await open(at, hubei, 'ledger/vouchers', '记账凭证');
  await act(
    at,
    '录入凭证',
    async (dialog) => {
      await dialog.getByLabel('自编号').fill('E2E-1');
      await dialog.getByLabel('摘要').fill('演示利息');
      for (const [label, name] of [
        ['借方科目', 'insured-deposit-fiscal/'],
        ['贷方科目', 'payable-treatment/'],
      ]) {
        const field = dialog.getByLabel(label);
        const option = field.locator(`option[value^="${name}"]`).first();
        await field.selectOption(await option.getAttribute('value'));
      }
      await dialog.getByLabel('金额（元）').fill('12.34');
      await accessible(at, 'new voucher');
    },
    '记账',
  );
  await page
    .getByRole('row', { name: /演示利息/ })
    .getByRole('button')
    .click();
  await page.getByRole('heading', { name: /^凭证 / }).waitFor();
  await picture(page, 'voucher');
  // By the keyboard alone: folded, whoever had opened it is back at its row; opened, at what was opened.
  await page.getByRole('button', { name: '收起' }).press('Enter');
  const inRow = page.getByRole('row', { name: /演示利息/ }).getByRole('button');
  const isFocused = (of) => of.evaluate((one) => one === document.activeElement);
  await until(
    'the row has the focus again',
    () => isFocused(inRow),
    (so) => so,
    10,
  );
  await inRow.press('Enter');
  const opened = page.getByRole('heading', { name: /^凭证 / });
  await opened.waitFor();
  await until(
    'what was opened has the focus',
    () => isFocused(opened),
    (so) => so,
    10,
  );
  await act(at, '冲销', (dialog) => dialog.getByLabel('理由').fill('演示'));
  await page.getByRole('row', { name: /更正/ }).waitFor();
  await visit(page, `${hubei}/console.html#/ledger`);
  await settled(at, '科目余额表');
  await page
    .getByRole('row', { name: /财政专户存款.*参保地账/ })
    .getByRole('link')
    .click();
  await settled(at, '明细账');
  await page.getByText('演示利息').first().waitFor();
  await accessible(at, 'account ledger');
  await signOut(page);
}

/** Next year's amounts: computed, one set by hand, adopted by another. */
async function prepayments(at, hub) {
  const { page } = at;
  await signIn(page, hub, 'e2e-operator');
  await open(at, hub, 'prepayments', '预付金');
  await act(at, '测算额度', undefined, '测算额度');
  await page.getByText('第 1 次').waitFor();
  const lines = page.getByRole('table', { name: '各项额度' });
  await lines.getByRole('button', { name: '核定', exact: true }).first().click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('金额（元）').fill('123456.78');
  await dialog.getByRole('button', { name: '人工核定一项' }).click();
  await dialog.getByText('请填写理由').waitFor();
  await dialog.getByLabel('理由').fill('演示');
  await accessible(at, 'amount set by hand');
  await dialog.getByRole('button', { name: '人工核定一项' }).click();
  await lines.getByText('123,456.78').first().waitFor();
  await signOut(page);
  await signIn(page, hub, 'e2e-reviewer');
  await open(at, hub, 'prepayments', '预付金');
  await page.getByRole('button', { name: '核定', exact: true }).click();
  await dialog.getByRole('button', { name: '核定额度' }).click();
  // A year that has not begun is not adopted yet, and the reviewer is told from when on.
  await page
    .getByText(/已核定额度|尚未开始，上年支付数据不全/)
    .first()
    .waitFor();
  if ((await dialog.count()) > 0) await dialog.getByRole('button', { name: '返回' }).click();
  await picture(page, 'prepayments-adopted');
  await signOut(page);
}

/** camt.053 with the payment of an order, and with what nobody knows. */
function statement({ account, order, amount, day }) {
  const balance = (
    code,
    value,
  ) => `<Bal><Tp><CdOrPrtry><Cd>${code}</Cd></CdOrPrtry></Tp><Amt Ccy="CNY">${value}</Amt>
    <CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>${day}</Dt></Dt></Bal>`;
  const entry = (
    reference,
    value,
    side,
    details,
  ) => `<Ntry><Amt Ccy="CNY">${value}</Amt><CdtDbtInd>${side}</CdtDbtInd>
    <Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>${day}</Dt></BookgDt><AcctSvcrRef>${reference}</AcctSvcrRef>
    <NtryDtls><TxDtls>${details}</TxDtls></NtryDtls></Ntry>`;
  const fen = BigInt(amount.replace('.', ''));
  const yuan = (value) => `${value / 100n}.${String(value % 100n).padStart(2, '0')}`;
  const opening = 500_000_000n;
  return `<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt>
  <GrpHdr><MsgId>E2E</MsgId><CreDtTm>${day}T18:00:00+08:00</CreDtTm></GrpHdr>
  <Stmt><Id>E2E-1</Id><CreDtTm>${day}T18:00:00+08:00</CreDtTm>
    <Acct><Id><Othr><Id>${account}</Id></Othr></Id><Ccy>CNY</Ccy></Acct>
    ${balance('OPBD', yuan(opening))}${balance('CLBD', yuan(opening - fen + 8_800n))}
    ${entry('E2EPAID', amount, 'DBIT', `<Refs><EndToEndId>${order}</EndToEndId></Refs>`)}
    ${entry('E2EUNKNOWN', '88.00', 'CRDT', '<RltdPties><Dbtr><Nm>某单位</Nm></Dbtr></RltdPties><RmtInf><Ustrd>退款</Ustrd></RmtInf>')}
  </Stmt></BkToCstmrStmt></Document>`;
}

/** The reviewer suspends with a reason and resumes; what a province is, everybody sees. */
async function participants(at, hub) {
  const { page } = at;
  await signIn(page, hub, 'e2e-reviewer');
  await open(at, hub, 'participants', '参与方');
  for (const name of ['北京市', '天津市', '浙江省', '湖北省']) await page.getByText(name).first().waitFor();
  const row = page.getByRole('row', { name: /浙江省/ });
  await row.getByRole('button', { name: '暂停' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('button', { name: '暂停', exact: true }).click();
  await dialog.getByText('请填写暂停的理由').waitFor();
  await dialog.getByLabel('理由').fill('演练');
  await accessible(at, 'suspension');
  await dialog.getByRole('button', { name: '暂停', exact: true }).click();
  await row.getByText('演练').waitFor();
  // What a cell shows is what its column is sorted by.
  await page.getByRole('button', { name: '状态，排序' }).click();
  assert.match(page.url(), /sort=-standing/, 'the order is in the address');
  await page.locator('tbody tr').first().getByText('演练').waitFor();
  await page.getByLabel('状态', { exact: true }).selectOption('suspended');
  await page.getByRole('row', { name: /北京市/ }).waitFor({ state: 'detached' });
  assert.match(page.url(), /standing=suspended/, 'the filter is in the address');
  await page.goBack();
  await page.getByRole('row', { name: /北京市/ }).waitFor();
  await row.getByRole('button', { name: '恢复', exact: true }).click();
  await dialog.getByRole('button', { name: '恢复', exact: true }).click();
  await row.getByText('运行').waitFor();
  await signOut(page);
}

/** Every page of a person, at desk and phone: nothing refused, nothing that axe finds, nothing wider than the screen. */
async function lookAtAll(at, url, account, role) {
  const { page } = at;
  await signIn(page, url, account);
  for (const [path, title] of PAGES[role]) {
    await open(at, url, path, title);
    await inBothSizes(at, title, `${role}-${path.replace('/', '-')}`);
  }
  await signOut(page);
}

/** The map by keyboard, and every display switch on the fullest page. */
async function preferences(at, country, hub) {
  const { page } = at;
  await signIn(page, hub, 'e2e-operator');
  const month = (await program(country, HUB, 'GET', '/api/v1/funds/clearings')).months.at(-1).month;
  await open(at, hub, `overview?flow-of=month&flow-month=${month}`, '运行总览');
  const tile = page.getByRole('button', { name: /^鄂/ });
  await tile.focus();
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: '看全国' }).waitFor();
  assert.match(page.url(), /flow=420000/);
  // Its arcs, and its rows of the table, are those of this province.
  const pairs = page.getByRole('table', { name: '省份对' }).locator('tbody tr');
  const arcs = await page.locator('.arcs path').count();
  assert.ok(arcs > 0, 'somebody of Hubei was treated elsewhere, or the other way round');
  assert.equal(await pairs.count(), arcs);
  for (const words of await pairs.allInnerTexts()) assert.match(words, /湖北/);
  await picture(page, 'overview-hubei');
  assert.equal(await tile.getAttribute('aria-pressed'), 'true');
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: '看全国' }).waitFor({ state: 'detached' });
  assert.ok((await pairs.count()) > arcs);
  // The arcs are one stop of the keyboard; the arrows go from one to the next, each is told in words, and one is chosen as with a click.
  const heard = () => page.evaluate(() => document.activeElement?.getAttribute('aria-label'));
  await page.locator('.arcs path[tabindex="0"]').focus();
  const busiest = await heard();
  await page.keyboard.press('ArrowRight');
  await page.waitForFunction(
    (words) => document.activeElement?.getAttribute('aria-label') !== words,
    busiest,
  );
  assert.match(await heard(), /参保、.+就医：\d+人次/);
  assert.equal(await page.locator('.arcs path[tabindex="0"]').count(), 1);
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: '看全国' }).waitFor();
  assert.match(page.url(), /flow=\d{6}-\d{6}/);
  await accessible(at, 'overview, a pair by keyboard');
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: '看全国' }).waitFor({ state: 'detached' });
  for (const name of ['深色', '紧凑', '高对比度', '大字']) {
    await display(page, name);
    await accessible(at, `overview, ${name}`);
    await picture(page, `overview-${name}`);
  }
  for (const name of ['深色', '紧凑', '高对比度', '大字']) await display(page, name);
  // How the network answers, and how many stays were settled directly: as the node tells it, and a name leads to where it stands.
  const told = await program(country, HUB, 'GET', '/api/v1/passing?span=day');
  await page.getByLabel('时段').selectOption('day');
  const answering = page.getByRole('table', { name: '各参与方应答国家平台转发业务的情况' });
  if (told.participants.length > 0) {
    await answering.getByRole('link').first().waitFor();
    assert.ok((await answering.locator('tbody tr').count()) >= told.participants.length);
    await answering.getByRole('link').first().click();
    await page.getByRole('heading', { level: 1, name: '参与方' }).waitFor();
    await page.locator('tr.chosen').waitFor();
    await open(at, hub, 'overview', '运行总览');
  } else await answering.getByText('没有向参与方转发过业务').waitFor();
  const rate = await program(country, HUB, 'GET', '/api/v1/direct-settlement');
  await page.getByText(rate.definition.slice(0, 20)).waitFor();
  const shown = page.locator('.figures > div', { hasText: '住院直接结算率' }).locator('dd').first();
  assert.equal(await shown.innerText(), rate.sum.rate || '—');
  // Forms and lists as workbooks: a file of its kind, with its name.
  for (const [path, title, name] of [
    ['statistics', '统计报表', /\.xlsx$/],
    ['registered-filings', '全国备案登记', /\.xlsx$/],
  ]) {
    await open(at, hub, path, title);
    const download = page.waitForEvent('download');
    await page.getByRole('button', { name: '导出Excel' }).click();
    const file = await download;
    assert.match(file.suggestedFilename(), name);
    assert.equal(
      readFileSync(await file.path())
        .subarray(0, 2)
        .toString('latin1'),
      'PK',
    );
  }
  // The menu by keyboard alone: the page's heading follows, and the way on is in the page.
  await page.getByRole('link', { name: '清算', exact: true }).focus();
  await page.keyboard.press('Enter');
  await settled(at, '每日对账');
  assert.equal(await page.evaluate(() => document.activeElement?.id), 'main');
  await signOut(page);
}

/** An account is opened, its password shown once, disabled; the auditor finds all of it, and that nothing was changed. */
async function accountsAndAudit(at, country, hub) {
  const { page } = at;
  await signIn(page, hub, 'e2e-admin');
  // What waits of accounts leads to just those; the server sorts them.
  await toDo(at, hub, '未启用动态验证码的账户', '账户管理');
  const accounts = page.getByRole('table', { name: '账户' }).locator('tbody tr');
  await accounts.filter({ hasText: 'e2e-auditor' }).waitFor();
  await page.getByRole('button', { name: /^账号/ }).click();
  await page.waitForURL(/sort=-account/);
  await settled(at, '账户管理');
  const names = await accounts.locator('td:first-child').allInnerTexts();
  assert.deepEqual(names, [...names].sort().reverse());
  await open(at, hub, 'accounts', '账户管理');
  await page.getByRole('button', { name: '开立账户' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('账号').fill('e2e-third');
  await dialog.getByLabel('姓名').fill('演示庚');
  await dialog.getByLabel('岗位').selectOption('hub-operator');
  await accessible(at, 'new account');
  await dialog.getByRole('button', { name: '开立账户' }).click();
  await page.getByRole('dialog').getByText('初始密码', { exact: true }).last().waitFor();
  await page.getByRole('button', { name: '已转交本人' }).click();
  const row = page.getByRole('row', { name: /e2e-third/ });
  await row.getByText('初始密码').waitFor();
  await row.getByRole('button', { name: '停用', exact: true }).click();
  await dialog.getByRole('button', { name: '停用账户' }).click();
  await row.getByText('停用').first().waitFor();
  await row.getByRole('button', { name: '恢复' }).waitFor();
  await accessible(at, 'accounts');
  await picture(page, 'accounts');
  // Who gives accounts does no business: the page says so, and the node too.
  await visit(page, `${hub}/console.html#/clearing`);
  await page.getByRole('heading', { name: '不能打开此页' }).waitFor();
  const refused = await page.evaluate(async () => (await fetch('/api/v1/funds/clearings')).status);
  assert.equal(refused, 403);
  await signOut(page);

  await signIn(page, hub, 'e2e-auditor');
  await open(at, hub, 'audit-trail', '操作日志');
  await page.getByRole('button', { name: '核验完整性' }).click();
  await page.getByText('完整', { exact: true }).waitFor();
  await page.getByLabel('账号').fill('e2e-admin');
  await page.getByLabel('结果').selectOption('not-permitted');
  await page.getByRole('button', { name: '查询' }).click();
  await page.getByRole('table', { name: '日志' }).getByText('无权限').first().waitFor();
  await accessible(at, 'audit trail');
  await picture(page, 'audit-trail-found');
  await open(at, hub, 'ledger/proof', '账务核验');
  assert.equal(await page.getByRole('button', { name: '录入凭证' }).count(), 0, 'who audits enters nothing');
  await page.getByRole('button', { name: '开始核验' }).click();
  await page.getByText('全部相符').waitFor({ timeout: 60_000 });
  await picture(page, 'proof');
  await signOut(page);
}
