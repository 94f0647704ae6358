// Purchases by hand at a pharmacy's counter: entered, tried, settled, printed, found again, taken back; with a code by which the statement is
// genuine; orders confirmed on the phone, given back and reversed; a hospital's prescription. Somebody insured in Wuhan buys in Beijing.
import assert from 'node:assert/strict';
import { DESKTOP, pageOf, picture, visit } from './browser.mjs';
import { accessible, looked, program } from './desk.mjs';
import { person, signIn } from './people.mjs';
import { losing } from './outpatient.mjs';
import { figure, find, line } from './stay.mjs';

const PLACE = '110000';
const PHARMACY = 'P11010800001';
/** Of the sandbox: a retired employee of Wuhan, filed for Beijing; nobody real. */
const PERSON = '420102194501019004';

/** The pharmacy, as the agency registers it; the hub hears of it a moment later. */
async function registered(country) {
  await program(country, PLACE, 'PUT', `/api/v1/institutions/${PHARMACY}`, {
    name: '北京市示范大药房',
    kind: '2',
    level: 'primary',
    chinese_medicine: false,
    place: '110108',
    open: true,
    authentication: 'none',
    access_key: '',
  });
  for (let tries = 0; ; tries += 1) {
    const found = await fetch(`${country.nodes['100000']}/api/v1/institutions/${PHARMACY}`, {
      headers: { authorization: `Bearer ${country.token}`, 'x-operator': 'e2e' },
    });
    if (found.ok) return;
    assert.ok(tries < 100, 'the hub does not hear of the pharmacy');
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

/** A card of theirs: the first one, or one in the place of the one that they have. */
async function issued(country, holder) {
  const issue = (replace) => program(country, '420000', 'POST', '/api/v1/cards', { ...holder, replace });
  try {
    return await issue(false);
  } catch {
    return issue(true);
  }
}

async function tryAndOrder(page) {
  await page.getByRole('button', { name: '预结算' }).click();
  await page.getByText('应收现金').waitFor();
  await page.getByRole('button', { name: '发到手机确认' }).click();
  await page.getByRole('button', { name: '确认发送' }).click();
  await page.getByRole('heading', { name: '待确认的订单' }).waitFor();
}

const waitingNumber = (page) =>
  page.getByRole('group', { name: '待确认的订单' }).locator('.code').innerText();
const noMoreWaits = (page) =>
  page.getByRole('heading', { name: '待确认的订单' }).waitFor({ state: 'detached' });

/** An order of one box that the buyer confirms on the phone; its number. */
async function confirmedOrder(page, country) {
  await line(page, 'lbglp', '36.5', '1');
  await tryAndOrder(page);
  const number = await waitingNumber(page);
  await program(country, PLACE, 'POST', `/api/v1/purchase-orders/${number}/confirm`, { use_account: false });
  await page.getByRole('button', { name: '查询确认结果' }).click();
  await noMoreWaits(page);
  return number;
}

/** Orders by their numbers: looked for, given back though the answer is lost, reversed while they wait and after they were settled. */
async function byNumber(at, country) {
  const { page } = at;
  const found = page.getByRole('group', { name: '已确认的订单' }).locator('tbody tr');
  const bought = page.getByRole('button', { name: /打开.*的购药/ });
  const before = await bought.count();
  const [first, second] = [await confirmedOrder(page, country), await confirmedOrder(page, country)];
  await page.getByRole('button', { name: '查询订单' }).click();
  await found.filter({ hasText: first }).waitFor();
  await found.filter({ hasText: second }).waitFor();
  assert.equal(await found.filter({ hasText: '跨省异地' }).count(), await found.count());
  await page.getByRole('button', { name: `订单${first}的明细` }).click();
  await page.getByRole('group', { name: '订单明细' }).getByText('氯吡格雷').waitFor();
  assert.equal(await found.count(), 1, 'one by its number');
  await looked(at, 'pharmacy-6-confirmed');

  // It is given back, and the counter does not hear of it. What was made cannot be given up, and the same message says what it came to.
  await losing(at, '2163', async () => {
    await page.getByRole('button', { name: `退费：订单${first}` }).click();
    await page.getByRole('button', { name: '确认退费' }).click();
  });
  await page.getByRole('button', { name: '放弃并冲正' }).click();
  await page.getByRole('button', { name: '确认冲正' }).click();
  await page.getByRole('alert').getByText('退费不能冲正').waitFor();
  await page.getByRole('button', { name: '用原报文再查' }).click();
  await page.getByText(/已撤销结算，应退现金/).waitFor();
  await page.getByText('没有这样的订单').waitFor();

  // What is settled, and what still waits, is made not to have been.
  await page.getByLabel('或按就诊登记号').fill(second);
  await page.getByRole('button', { name: '查询订单' }).click();
  await page.getByRole('button', { name: `冲正订单${second}` }).click();
  await page.getByRole('dialog').getByLabel('冲正什么').waitFor();
  await accessible(at, 'pharmacy, an order is reversed');
  await picture(page, 'pharmacy-7-reversal', false);
  await page.getByRole('button', { name: '确认冲正订单' }).click();
  await page.getByText(`订单 ${second} 已冲正`).waitFor();
  assert.equal(await bought.count(), before, 'neither is a purchase any more');
  await line(page, 'lbglp', '36.5', '1');
  await tryAndOrder(page);
  const third = await waitingNumber(page);
  await page.getByRole('button', { name: '冲正订单', exact: true }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('就诊登记号').fill('');
  await dialog.getByText('请填写订单的就诊登记号').waitFor();
  await dialog.getByLabel('就诊登记号').fill(third);
  await dialog.getByLabel('冲正什么').selectOption('1106');
  await page.getByRole('button', { name: '确认冲正订单' }).click();
  await page.getByText(`订单 ${third} 已冲正`).waitFor();
  await noMoreWaits(page);
}

/** A hospital's prescription is registered, described, charged, settled and taken back. */
async function prescription(at) {
  const { page } = at;
  await page.getByRole('link', { name: '处方购药窗口' }).click();
  await page.getByRole('heading', { level: 1, name: '处方购药窗口' }).waitFor();
  await page.getByText('然后登记处方').waitFor();
  await looked(at, 'pharmacy-8-prescription-empty');
  await find(page, PERSON);
  assert.equal(await page.getByRole('button', { name: /打开.*的处方购药/ }).count(), 0, 'purchases are none');
  await page.getByLabel('处方号').fill('CF20261124');
  await page.getByRole('combobox', { name: '开方科室' }).fill('hxnk');
  await page.getByRole('option', { name: '呼吸内科专业' }).click();
  await page.getByLabel('开方医师编码').fill('D900000000001');
  await page.getByLabel('开方医师姓名').fill('医师某');
  await page.getByRole('button', { name: '登记处方' }).click();
  await page.getByRole('heading', { name: '处方购药', exact: true }).waitFor();
  assert.equal(await page.getByRole('heading', { name: '费用明细' }).count(), 0, 'nothing is sold before');
  await page.getByLabel('诊断编码').fill('I10.x00');
  await page.getByLabel('诊断名称').fill('高血压病');
  await page.getByRole('button', { name: '上传处方信息' }).click();
  await page.getByText('请填写开方医院的编码和名称').waitFor();
  await accessible(at, 'pharmacy, a prescription');
  await page.getByLabel('开方医院编码').fill('H42010600001');
  await page.getByLabel('开方医院名称').fill('武汉市示范医院');
  await page.getByRole('button', { name: '上传处方信息' }).click();
  await page.getByText('已传处方', { exact: true }).waitFor();
  await page.getByText(/就医地目录 \d+ 项/).waitFor();
  await line(page, 'lbglp', '36.5', '2');
  await page.getByRole('button', { name: '上传', exact: true }).click();
  await page.getByText('未上传').first().waitFor({ state: 'detached' });
  await page.getByRole('button', { name: '预结算' }).click();
  await page.getByText('应收现金').waitFor();
  const tried = [await figure(page, '基金支付'), await figure(page, '应收现金')];
  assert.ok(tried[0] > 0, 'the fund pays for it');
  await page.getByRole('button', { name: '结算', exact: true }).click();
  await page.getByRole('button', { name: '确认结算' }).click();
  await page.locator('.settled .code').waitFor();
  assert.deepEqual([await figure(page, '基金支付'), await figure(page, '个人现金')], tried, 'as tried');
  await looked(at, 'pharmacy-9-prescription');
  await page.getByRole('button', { name: '撤销结算' }).click();
  await page.getByRole('button', { name: '确认撤销' }).click();
  await page.locator('.settled .code').waitFor({ state: 'detached' });
  await page.getByRole('button', { name: '换一次就诊' }).click();
  await page.getByRole('button', { name: /打开.*的处方购药/ }).waitFor();
  // At the other counter it is no purchase.
  await page.getByRole('link', { name: '购药收费窗口' }).click();
  await page.getByRole('heading', { level: 1, name: '购药收费窗口' }).waitFor();
  await page.getByText('扫医保电子凭证').waitFor();
}

export async function pharmacy(chrome, country, troubles) {
  await registered(country);
  const url = await country.at(PLACE);
  await person(country, PLACE, { account: 'shop-cashier', name: '店员某', role: 'cashier', area: PHARMACY });
  const at = { page: await pageOf(chrome, DESKTOP, troubles), troubles };
  const { page } = at;
  page.setDefaultTimeout(15_000);

  // Whoever sits there has the pharmacy's window, and not that of a hospital.
  await signIn(page, url, 'shop-cashier');
  await visit(page, `${url}/console.html#/window`);
  await page.getByRole('heading', { name: '不能打开此页' }).waitFor();
  await page.getByRole('link', { name: '医药机构窗口' }).click();
  await page.getByRole('heading', { level: 1, name: '购药收费窗口' }).waitFor();
  await page.getByText('扫医保电子凭证').waitFor();
  await looked(at, 'pharmacy-1-empty');

  // Two lines, the second with the codes on its packages; what is tried is settled.
  await find(page, PERSON);
  await page.getByText(/就医地目录 \d+ 项/).waitFor();
  assert.equal(
    await page.getByRole('button', { name: '上传', exact: true }).count(),
    0,
    'nothing is uploaded before',
  );
  await line(page, 'lbglp', '36.5', '2');
  await page.getByRole('button', { name: '查账户余额和经办机构' }).click();
  await page.getByText(/参保地由.*医疗保险经办机构经办/).waitFor();
  await page.getByLabel(/^追溯码/).fill('81000000000000000001 81000000000000000002');
  await line(page, '阿托伐他汀', '41.2', '2');
  // 36.50 x 2 + 41.20 x 2
  const total = 15_540;
  assert.equal(await figure(page, '医疗费总额'), total);
  await page.keyboard.press('F8');
  await page.getByText('应收现金').waitFor();
  const tried = [await figure(page, '基金支付'), await figure(page, '应收现金')];
  assert.ok(tried[0] > 0 && tried[1] > 0, 'fund and person both pay');
  assert.equal(tried[0] + (await figure(page, '个人负担')), total);
  await accessible(at, 'pharmacy, tried');
  await picture(page, 'pharmacy-2-tried');
  await page.keyboard.press('F9');
  await page.getByRole('button', { name: '确认结算' }).click();
  await page.getByText('已结算').waitFor();
  assert.deepEqual(
    [await figure(page, '基金支付'), await figure(page, '个人现金')],
    tried,
    'settled as tried',
  );
  await looked(at, 'pharmacy-3-settled');

  // The statement: to be printed, and as a paper with a code of this province.
  const id = (await page.locator('.settled .code').innerText()).trim();
  await page.getByRole('button', { name: '结算单', exact: true }).click();
  await page.getByRole('heading', { name: '跨省异地就医购药费用结算单' }).waitFor();
  await page.getByRole('cell', { name: /^湖北省武汉市/ }).waitFor();
  await accessible(at, 'pharmacy, statement');
  await picture(page, 'pharmacy-4-statement', false);
  const printed = page.waitForEvent('download');
  await page.getByRole('button', { name: /带核验码的结算单/ }).click();
  assert.match((await printed).suggestedFilename(), new RegExp(`结算单.*${id}\\.pdf$`));
  await page.keyboard.press('Escape');

  // The next one, for a chronic disease for which the person is registered: another share is paid of it.
  await page.getByRole('button', { name: '下一笔' }).click();
  await page.getByText('未结算').waitFor();
  await page.getByLabel('医疗类别').selectOption('14');
  await page.getByLabel('病种').getByRole('option', { name: '高血压' }).waitFor({ state: 'attached' });
  await line(page, 'lbglp', '36.5', '2');
  await page.getByRole('button', { name: '预结算' }).click();
  await page.getByText('应收现金').waitFor();
  assert.ok((await figure(page, '基金支付')) > 0, 'the fund pays for it');
  // What was tried counts no more once another line is there.
  await line(page, 'lbglp', '36.5', '1');
  await page.getByText('请先预结算').waitFor();

  // Put to the buyer's phone: one is taken back, one is confirmed there and stands among what was bought.
  await page.getByLabel('医疗类别').selectOption('41');
  await tryAndOrder(page);
  await page.getByRole('button', { name: /^取消订单/ }).click();
  await page.getByRole('heading', { name: '待确认的订单' }).waitFor({ state: 'detached' });
  const before = await page.getByRole('button', { name: /打开.*的购药/ }).count();
  await line(page, 'lbglp', '36.5', '1');
  await tryAndOrder(page);
  await looked(at, 'pharmacy-5-order');
  const number = await waitingNumber(page);
  await program(country, PLACE, 'POST', `/api/v1/purchase-orders/${number}/confirm`, { use_account: false });
  await page.getByRole('button', { name: '查询确认结果' }).click();
  await page.getByRole('heading', { name: '待确认的订单' }).waitFor({ state: 'detached' });
  assert.equal(await page.getByRole('button', { name: /打开.*的购药/ }).count(), before + 1);
  // An order says the day alone; when it was put is the time of it, and so it is the latest one.
  assert.equal(await page.getByRole('button', { name: /打开.* 00:00:00的购药/ }).count(), 0);
  await page
    .getByRole('button', { name: /打开.*的购药/ })
    .first()
    .click();
  await page.getByText('已结算').waitFor();
  assert.equal(await figure(page, '医疗费总额'), 3_650, 'it is the one of the order');
  await page.getByRole('button', { name: '撤销结算' }).click();
  await page.getByRole('button', { name: '确认撤销' }).click();
  await page.getByText(/已撤销结算，应退现金/).waitFor();
  await byNumber(at, country);
  await prescription(at);

  // Found again at another screen by the code that the buyer's phone shows, which is good for once, and taken back whole.
  await page.reload();
  const holder = { insured: '420102', certno: PERSON };
  const voucher = await program(country, '420000', 'POST', '/api/v1/vouchers', holder);
  await page.getByLabel('凭证').selectOption('01');
  await page.getByLabel('二维码').fill('1234');
  await page.keyboard.press('Enter');
  await page.getByText('应为28位数字').waitFor();
  await page.getByLabel('二维码').fill(voucher.code);
  await page.keyboard.press('Enter');
  await page.getByText('人员编号').first().waitFor();
  await page
    .getByRole('button', { name: /打开.*的购药/ })
    .first()
    .click();
  await page.getByText('已结算').waitFor();
  assert.deepEqual(
    [await figure(page, '基金支付'), await figure(page, '个人现金')],
    tried,
    'found as settled',
  );
  await page.getByText('阿托伐他汀钙片').first().waitFor();
  await page.getByRole('button', { name: '撤销结算' }).click();
  await page.getByRole('button', { name: '确认撤销' }).click();
  await page.getByText(/已撤销结算，应退现金/).waitFor();
  // What is taken back is no purchase any more.
  await page.getByText('未结算').waitFor();
  await page.getByRole('button', { name: /打开.*的购药/ }).waitFor({ state: 'detached' });
  await accessible(at, 'pharmacy, taken back');

  // The code is used up, and the counter says so; the card that a reader reads finds the same person.
  await page.reload();
  await page.getByLabel('凭证').selectOption('01');
  await page.getByLabel('二维码').fill(voucher.code);
  await page.keyboard.press('Enter');
  await page.getByRole('alert').waitFor();
  assert.equal(await page.getByText('人员编号').count(), 0, 'nobody is taken for it');
  const card = await issued(country, holder);
  await page.getByLabel('凭证').selectOption('03');
  await page.getByLabel('卡号').fill(card.number);
  await page.getByLabel('卡识别码').fill(card.card_sn);
  await page.keyboard.press('Enter');
  await page.getByText('刘**').waitFor();
  await accessible(at, 'pharmacy, by card');
  await page.context().close();
}
