// How a hospital comes to its money for a month: its books of a day compared, the month's lines confirmed by its office for insurance, the
// payment computed, adopted by another person, and ordered by finance, only when there is money. Played on the demonstration.
import assert from 'node:assert/strict';
import { DESKTOP, pageOf, picture, violations, visit } from './browser.mjs';
import { open, toDo } from './desk.mjs';
import { person, signIn, signOut } from './people.mjs';
import { HOSPITAL } from './stay.mjs';

const yuan = (fen) => `${fen.slice(0, -2)}.${fen.slice(-2)}`;

export async function payment(chrome, country, troubles) {
  const url = await country.at('420000');
  const page = await pageOf(chrome, DESKTOP, troubles);
  page.setDefaultTimeout(15_000);
  const accessible = async (where) => {
    for (const one of await violations(page)) troubles.push(`${where}: ${one}`);
  };
  for (const [account, name, role, area] of [
    ['pay-cashier', '收费某', 'cashier', HOSPITAL],
    ['pay-office', '医保某', 'institution-office', HOSPITAL],
    ['pay-operator', '经办某', 'agency-operator', '420000'],
    ['pay-reviewer', '复核某', 'agency-reviewer', '420000'],
    ['pay-finance', '财政某', 'finance', '420000'],
  ]) {
    await person(country, '420000', { account, name, role, area });
  }

  // Who charges people compares the books of a day, and answers for no month.
  await signIn(page, url, 'pay-cashier');
  await visit(page, `${url}/console.html#/window/reconciliation`);
  await page.getByRole('button', { name: '与平台对账' }).waitFor();
  await visit(page, `${url}/console.html#/window/apportioning`);
  await page.getByRole('heading', { name: '不能打开此页' }).waitFor();
  await signOut(page);

  // The month's lines, as the platform has them, at the hospital's office for insurance. It charges nobody.
  await signIn(page, url, 'pay-office');
  await visit(page, `${url}/console.html#/window`);
  await page.getByRole('heading', { name: '不能打开此页' }).waitFor();
  await visit(page, `${url}/console.html#/window/apportioning`);
  await page.getByRole('button', { name: '提取明细' }).click();
  const lines = page.getByRole('table', { name: '清分明细' });
  await lines.getByText('合计').waitFor();
  const first = lines.locator('tbody tr').first();
  const [day] = (await first.locator('td').nth(1).innerText()).split(' ');
  const cell = async (at) => (await first.locator('td').nth(at).innerText()).replaceAll(/\D/g, '');
  const [total, payable] = [await cell(4), await cell(5)];
  assert.ok(Number(total) > Number(payable) && Number(payable) > 0, 'a line of money');
  await accessible('apportioning');
  await picture(page, 'payment-1-lines');

  // The books of that day agree to the fen, and do not by one.
  await visit(page, `${url}/console.html#/window/reconciliation`);
  for (const label of ['起始日期', '截止日期']) {
    await page.getByLabel(label).fill(day);
    await page.keyboard.press('Enter');
  }
  await page.getByLabel('结算笔数').fill('1');
  await page.getByLabel('医疗费总额').fill(yuan(total));
  await page.getByLabel('基金支付总额').fill(yuan(payable));
  await page.getByLabel('个人账户支付').fill('0');
  await page.getByRole('button', { name: '与平台对账' }).click();
  const compared = page.getByRole('region', { name: '对账结果' });
  await compared.locator('.tag', { hasText: /^平$/ }).waitFor();
  await page.getByLabel('医疗费总额').fill(yuan(String(Number(total) + 1)));
  await page.getByRole('button', { name: '与平台对账' }).click();
  await compared.locator('.tag', { hasText: /^不平$/ }).waitFor();
  await accessible('day book');
  await picture(page, 'payment-2-day-book');

  // The month waits for the office; from there it comes to the lines, says that they are right, and nothing waits any more.
  const at = { page, troubles };
  const waits = () => page.getByRole('listitem').filter({ hasText: '未确认清分的月份' });
  let months = 0;
  for (await open(at, url, 'work', '待办'); (await waits().count()) > 0; months += 1) {
    assert.ok(months < 4, 'as many months as may be late, and no more');
    await toDo(at, url, '未确认清分的月份', '清分确认');
    await lines.getByText('合计').waitFor();
    await page.getByRole('button', { name: '提交意见' }).click();
    await page.getByRole('dialog').getByRole('button', { name: '确认提交' }).click();
    await page.getByText('清分意见已提交').waitFor();
    await lines.getByText('已确认').first().waitFor();
    await page.locator('button:disabled', { hasText: '提交意见' }).waitFor();
    await open(at, url, 'work', '待办');
  }
  assert.ok(months > 0, 'a month waited');
  await signOut(page);

  // Where the hospital is paid, and under which terms.
  await signIn(page, url, 'pay-operator');
  await visit(page, `${url}/console.html#/agency/institutions?institution=${HOSPITAL}`);
  await page.getByRole('button', { name: '收款账户' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('户名').fill('武汉市示范第一医院');
  await dialog.getByLabel('账号').fill('4200000000000000001');
  await dialog.getByLabel('开户行').fill('某银行武汉某支行');
  await dialog.getByRole('button', { name: '保存' }).click();
  await page.getByText('收款账户已登记').waitFor();
  await signOut(page);

  // Computed and adopted by the reviewer.
  await signIn(page, url, 'pay-reviewer');
  await toDo(at, url, '待审定的机构拨付', '机构拨付');
  await page
    .getByRole('table', { name: '待审定的机构拨付' })
    .getByText('武汉市示范第一医院')
    .first()
    .waitFor();
  await accessible('payments to adopt');
  await visit(page, `${url}/console.html#/agency/institution-payments`);
  // Found by its pinyin, chosen with the keyboard.
  await page.getByRole('combobox', { name: '机构' }).pressSequentially('whssfdyyy');
  await page.getByRole('option', { name: HOSPITAL }).waitFor();
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: /^试算/ }).click();
  await page.getByRole('table', { name: '拨付明细' }).waitFor();
  await accessible('payment computed');
  await page.getByRole('button', { name: '审定', exact: true }).click();
  await page.getByRole('dialog').getByRole('button', { name: '确认审定' }).click();
  await page.getByText('拨付已审定').waitFor();
  await picture(page, 'payment-3-adopted');
  await signOut(page);

  // Ordered by finance: who registered where the hospital is paid orders nothing, nor does who adopted.
  for (const account of ['pay-operator', 'pay-reviewer', 'pay-finance']) {
    await signIn(page, url, account);
    await visit(page, `${url}/console.html#/agency/institution-payments`);
    const all = page.getByRole('table', { name: '拨付单' });
    await all.getByRole('button', { name: '武汉市示范第一医院' }).first().click();
    await page.getByRole('table', { name: '分期拨付' }).waitFor();
    const may = account === 'pay-finance' ? 1 : 0;
    assert.equal(await page.getByRole('button', { name: '下达拨付' }).count(), may, account);
    if (may === 0) await signOut(page);
  }
  await page.getByRole('button', { name: '下达拨付' }).click();
  await page.getByRole('dialog').getByRole('button', { name: '确认下达' }).click();
  // The month's money has not come in yet: nothing is ordered out of an account that has none, and what was typed stays.
  await page.getByText('存款余额（扣除在途）不足').waitFor();
  assert.notEqual(await dialog.getByLabel('本期金额（元）').inputValue(), '');
  await accessible('payment refused');
  await picture(page, 'payment-4-refused', false);
  await page.context().close();
}
