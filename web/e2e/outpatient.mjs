// Visits to an outpatient department by hand at a hospital's window: registered, described, charged, tried, settled bill by bill, one whose answer
// is lost on the way asked for again, another reversed; a chronic disease in an ordinary visit and in one of its own; the day's list compared line by
// line.
import assert from 'node:assert/strict';
import { DESKTOP, pageOf, PHONE, picture, visit } from './browser.mjs';
import { accessible, looked, program, yuan } from './desk.mjs';
import { atTheWindow, figure, find, line } from './stay.mjs';

/** Of the sandbox: a retired employee of Beijing, filed for Wuhan and registered for a chronic disease; nobody real. */
const PERSON = '110101194501019005';

/** The node does what it is asked, and the answer to the next message of this number is lost on the way. */
export async function losing({ page, troubles }, infno, doing) {
  const lose = async (route) => {
    await route.fetch();
    await route.abort();
  };
  await page.route(`**/web/window/*/${infno}`, lose, { times: 1 });
  await doing();
  await page.getByText('请用原报文再查').waitFor();
  // What the browser logs of it is awaited.
  const at = troubles.findIndex((one) => one.includes('net::ERR_FAILED'));
  if (at >= 0) troubles.splice(at, 1);
}

async function register(page, number) {
  await page.getByLabel('门诊号').fill(number);
  await page.getByRole('combobox', { name: '就诊科室' }).fill('hxnk');
  await page.getByRole('option', { name: '呼吸内科专业' }).click();
  await page.getByLabel('医师编码').fill('D900000000001');
  await page.getByLabel('医师姓名').fill('医师某');
  await page.getByRole('button', { name: '挂号', exact: true }).click();
  await page.getByRole('heading', { name: '门诊就诊', exact: true }).waitFor();
}

async function describe(page, care, diagnosis) {
  await page.getByLabel('医疗类别').selectOption(care);
  if (care === '14') {
    await page.getByLabel('病种').getByRole('option', { name: '高血压' }).waitFor({ state: 'attached' });
  }
  await page.getByLabel('诊断编码').fill(diagnosis[0]);
  await page.getByLabel('诊断名称').fill(diagnosis[1]);
  await page.getByRole('button', { name: '保存就诊信息' }).click();
  await page.getByText('就诊中', { exact: true }).waitFor();
}

async function upload(page) {
  await page.getByRole('button', { name: '上传', exact: true }).click();
  await page.getByText('未上传').first().waitFor({ state: 'detached' });
}

const tryIt = async (page) => {
  await page.getByRole('button', { name: '预结算' }).click();
  await page.getByText('应收现金').waitFor();
};
const confirmed = async (page) => {
  await page.getByRole('button', { name: '结算', exact: true }).click();
  await page.getByRole('button', { name: '确认结算' }).click();
};
const fact = async (page, name) =>
  (await page.locator('dl > div', { hasText: name }).first().locator('dd').innerText()).trim();

export async function outpatient(chrome, country, troubles) {
  const at = { page: await pageOf(chrome, DESKTOP, troubles), troubles };
  const { page } = at;
  page.setDefaultTimeout(15_000);
  await atTheWindow(page, country, 'outpatient-cashier');
  await page.getByRole('link', { name: '门诊收费窗口' }).click();
  await page.getByRole('heading', { level: 1, name: '门诊收费窗口' }).waitFor();
  await page.getByText('然后挂号').waitFor();
  await looked(at, 'outpatient-1-empty');

  // A registration is taken back, and made again.
  await find(page, PERSON);
  await page.getByRole('button', { name: '挂号', exact: true }).click();
  await page.getByText('请选择科室').waitFor();
  await register(page, 'MZ20261123');
  await page.getByRole('button', { name: '撤销挂号' }).click();
  await page.getByRole('button', { name: '确认撤销' }).click();
  await page.getByRole('heading', { name: '门诊挂号' }).waitFor();
  await register(page, 'MZ20261123');
  await page.getByText('现在只能结算挂号费').waitFor();
  await accessible(at, 'outpatient, registered');
  await picture(page, 'outpatient-2-registered');
  await describe(page, '11', ['J06.900', '急性上呼吸道感染']);
  await page.getByText('J06.900急性上呼吸道感染').waitFor();

  // Lines go out together; they come back to be changed, and go out again.
  await page.getByText(/就医地目录 \d+ 项/).waitFor();
  await line(page, 'C0502', '820', '1');
  await line(page, 'zzjh', '120', '1');
  await upload(page);
  await page.getByRole('button', { name: '撤回已上传的明细' }).click();
  await page.getByText('2 行未上传').waitFor();
  await page.getByRole('button', { name: '删除重症监护护理' }).click();
  await upload(page);
  // One that has gone out is taken back alone.
  await line(page, 'zzjh', '120', '1');
  await upload(page);
  const charged = page.getByRole('group', { name: '费用明细' }).locator('tbody tr');
  await charged.nth(1).waitFor();
  assert.equal(await figure(page, '医疗费总额'), 94_000);
  await page.getByRole('button', { name: '删除重症监护护理' }).click();
  await charged.filter({ hasText: '重症监护护理' }).waitFor({ state: 'detached' });
  await page.locator('button:enabled', { hasText: '预结算' }).waitFor();
  assert.equal(await charged.count(), 1, 'the other one is there again');
  assert.equal(await page.getByText('未上传').count(), 0);
  await tryIt(page);
  const tried = [await figure(page, '基金支付'), await figure(page, '应收现金')];
  assert.equal(await figure(page, '医疗费总额'), 82_000);
  assert.equal(tried[0] + (await figure(page, '个人负担')), 82_000);
  await looked(at, 'outpatient-3-tried');

  // It is settled, and nobody at the window hears of it: the same message again says how it ended.
  await losing(at, '2207', () => confirmed(page));
  assert.equal(await page.getByRole('button', { name: '预结算' }).isEnabled(), false, 'nothing before that');
  await accessible(at, 'outpatient, not answered');
  await picture(page, 'outpatient-4-lost');
  await page.getByRole('button', { name: '用原报文再查' }).click();
  await page.locator('.settled .code').waitFor();
  assert.deepEqual([await figure(page, '基金支付'), await figure(page, '个人现金')], tried, 'as tried');
  const settled = {
    id: (await page.locator('.settled .code').innerText()).trim(),
    visit: await fact(page, '就诊ID'),
    person: await fact(page, '人员编号'),
    fund: tried[0],
    account: await figure(page, '个人账户'),
  };
  await page.getByRole('button', { name: '结算单', exact: true }).click();
  await page.getByRole('heading', { name: '跨省异地就医门诊费用结算单' }).waitFor();
  await accessible(at, 'outpatient, statement');
  await picture(page, 'outpatient-5-statement', false);
  await page.keyboard.press('Escape');

  // The next bill of the same visit is settled, its answer lost, and given up: whatever became of it is undone.
  await page.getByRole('button', { name: '下一笔' }).click();
  await page.getByText('请先录入并上传费用明细').waitFor();
  await line(page, 'C0502', '35.5', '2');
  await upload(page);
  await tryIt(page);
  await losing(at, '2207', () => confirmed(page));
  await page.getByRole('button', { name: '放弃并冲正' }).click();
  await page.getByRole('button', { name: '确认冲正' }).click();
  await page.getByRole('alert').waitFor({ state: 'detached' });
  await page.locator('.tag', { hasText: '未结算' }).first().waitFor();
  const rows = page.getByRole('group', { name: '收费', exact: true }).locator('tbody tr');
  await rows.filter({ hasText: '已结算' }).waitFor();
  assert.equal(await rows.count(), 2, 'both bills are there');
  assert.equal(await rows.filter({ hasText: '未结算' }).count(), 1, 'and one is free');
  // What was reversed is settled anew, and taken back as usual.
  await tryIt(page);
  await confirmed(page);
  await page.locator('.settled .code').waitFor();
  await page.getByRole('button', { name: '撤销结算' }).click();
  await page.getByRole('button', { name: '确认撤销' }).click();
  await page.locator('.settled .code').waitFor({ state: 'detached' });
  await looked(at, 'outpatient-6-bills');

  // A bill of this ordinary visit for a chronic disease for which the person is registered.
  await page.getByRole('button', { name: '新的一笔' }).click();
  await page.getByLabel('这笔收费的类别').selectOption('14');
  await page.getByLabel('这笔收费的病种').selectOption({ label: '高血压' });
  await line(page, 'C0502', '900', '2');
  await upload(page);
  await page.getByText('M03900', { exact: true }).waitFor();
  await tryIt(page);
  assert.ok((await figure(page, '基金支付')) > 0, 'the fund pays for it');
  await accessible(at, 'outpatient, a chronic bill');
  await confirmed(page);
  await page.locator('.settled .code').waitFor();
  await picture(page, 'outpatient-7-chronic-bill');

  // Found again at another screen, by voucher; then a visit for the disease for which the person is registered.
  await page.reload();
  const holder = { insured: '110101', certno: PERSON };
  const voucher = await program(country, '110000', 'POST', '/api/v1/vouchers', holder);
  await page.getByLabel('凭证').selectOption('01');
  await page.getByLabel('二维码').fill(voucher.code);
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: /打开.*的门诊就诊/ }).click();
  await rows.filter({ hasText: '-M03900' }).getByRole('button', { name: '打开' }).click();
  await page.getByRole('button', { name: '结算单', exact: true }).click();
  await page.getByRole('cell', { name: '门诊慢特病' }).waitFor();
  await page.getByRole('cell', { name: '高血压 M03900' }).waitFor();
  await page.keyboard.press('Escape');
  await rows
    .filter({ hasText: '已结算' })
    .filter({ hasNotText: '-M03900' })
    .getByRole('button', { name: '打开' })
    .click();
  await page.locator('.settled .code', { hasText: settled.id }).waitFor();
  await page.getByRole('button', { name: '换一次就诊' }).click();
  await register(page, 'MZ20261124');
  await describe(page, '14', ['I10.x00', '高血压病']);
  await page.getByText('M03900').waitFor();
  await line(page, 'C0502', '2600', '2');
  await upload(page);
  await tryIt(page);
  assert.ok((await figure(page, '基金支付')) > 0, 'the fund pays for it');
  await page.keyboard.press('F9');
  await page.getByRole('button', { name: '确认结算' }).click();
  await page.locator('.settled .code').waitFor();
  await looked(at, 'outpatient-8-chronic');
  await page.setViewportSize(PHONE);
  await accessible(at, 'outpatient, phone');
  const wider = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  assert.ok(wider <= 0, `the page is ${wider} px wider than a phone`);
  await page.setViewportSize(DESKTOP);

  await compared(at, country, settled);
  await page.context().close();
}

/** The list of the day has one settlement as it is, once more with another amount, and one that nobody knows; what the platform has besides is told. */
async function compared(at, country, settled) {
  const { page } = at;
  await visit(page, `${await country.at('420000')}/console.html#/window/reconciliation`);
  const today = new Date(Date.now()).toLocaleDateString('sv-SE', { timeZone: 'Asia/Shanghai' });
  for (const label of ['起始日期', '截止日期']) {
    await page.getByLabel(label).fill(today);
    await page.keyboard.press('Enter');
  }
  await page.getByLabel('清算类别').selectOption('11');
  await page.getByRole('button', { name: '逐笔对账', exact: true }).click();
  await page.getByText('清单中没有结算').waitFor();
  const row = (id, total) =>
    [
      id,
      settled.visit,
      settled.person,
      total,
      yuan(BigInt(settled.fund)),
      yuan(BigInt(settled.account)),
      '0',
    ].join(',');
  const heads = '结算ID,就诊ID,人员编号,医疗费总额,基金支付总额,个人账户支出,退费结算标志';
  const nobody = `${settled.id.slice(0, -4)}9999`;
  await page.getByLabel('本院结算清单').setInputFiles({
    name: '清单.csv',
    mimeType: 'text/csv',
    buffer: Buffer.from(`${heads}\r\n${row(settled.id, '820.01')}\r\n${row(nobody, '820.00')}\r\n`),
  });
  await page.getByText('清单.csv：共 2 笔').waitFor();
  await page.getByRole('button', { name: '逐笔对账', exact: true }).click();
  await page.getByRole('heading', { name: '逐笔结果' }).waitFor();
  const result = page.getByRole('group', { name: '逐笔结果' });
  await result.getByText('医疗费总额机构820.01中心820.00').waitFor();
  await result.getByText('机构有、中心无此结算').waitFor();
  await result.getByText('金额不一致：以结算单为准核对').waitFor();
  await result.getByText('核对结算ID').waitFor();
  await looked(at, 'outpatient-9-list');
  const saved = page.waitForEvent('download');
  await page.getByRole('button', { name: '导出' }).click();
  assert.match((await saved).suggestedFilename(), /^逐笔对账.*\.csv$/);

  // Corrected, nothing of it differs any more; what was settled and taken back the list does not have.
  await page.getByLabel(/粘贴到这里/).fill(row(settled.id, '820').replaceAll(',', '\t'));
  await page.getByRole('button', { name: '逐笔对账', exact: true }).click();
  await page.getByRole('heading', { name: '逐笔结果' }).waitFor();
  await page.getByLabel('显示').selectOption('all');
  await result.getByRole('row').filter({ hasText: settled.id }).getByText('一致', { exact: true }).waitFor();
}
