// The whole story: somebody of Beijing files oneself on the portal, is treated and settled at a window in Wuhan, the agency of Beijing
// sees how it came about, the person sees the same, and a document about it is genuine.
import assert from 'node:assert/strict';
import { DESKTOP, pageOf, PHONE, picture, violations, visit } from './browser.mjs';
import { person, signIn } from './people.mjs';
import { checked, comparedToday, fileOneself, managed, register } from './portal.mjs';
import { admit, atTheWindow, find, line, settle } from './stay.mjs';

/** Somebody of Beijing whom nobody has filed, as the sandbox tells of its invented people. */
async function unfiled(country) {
  const sandbox = new URL(country.nodes['100000']);
  sandbox.port = String(Number(sandbox.port) - 1);
  const page = await (await fetch(new URL('/sandbox/about', sandbox))).text();
  const rows = [
    ...page.matchAll(
      /<tr><td>([^<]+)<\/td><td><code>(\d{17}[\dX])<\/code><\/td><td><code>([^<]+)<\/code><\/td><td>310[^<]*<\/td><td>(11\d{4})<\/td><td>无<\/td><td>([^<]*)<\/td>/g,
    ),
  ];
  // Who has a card already would need another one.
  const found = rows.find(([, , , , , besides]) => !besides.includes('卡'));
  assert.ok(found, 'the sandbox has somebody who is not filed');
  const [, name, certno, number, place] = found;
  return { name, certno, number, place };
}

const fen = (text) => Number(text.replaceAll(/[^\d]/g, ''));

export async function journey(chrome, country, troubles) {
  const who = await unfiled(country);
  const card = await managed(country, '110000', 'POST', '/api/v1/cards', {
    insured: who.place,
    certno: who.certno,
  });
  const beijing = await country.at('110000');

  // 1. On the phone: file oneself. The way leads through registration and back.
  const phone = await pageOf(chrome, PHONE, troubles);
  phone.setDefaultTimeout(15_000);
  const settled = checked(phone, troubles);
  await visit(phone, `${beijing}/portal.html`);
  await phone.getByRole('link', { name: /自助备案/ }).click();
  await phone.getByText('这项服务要先登录').waitFor();
  await phone.getByRole('link', { name: '注册' }).click();
  await register(phone, { ...who, place: '110000', card: card.number });
  await phone.getByText('为什么去外地看病').waitFor();
  await fileOneself(phone, { name: who.name, province: '420000', city: '420100' });
  await phone.getByRole('button', { name: '签署并提交备案' }).click();
  await phone.getByText('备案已生效').waitFor();
  for (const one of await violations(phone)) troubles.push(`journey, filed: ${one}`);
  await picture(phone, 'journey-1-filed');

  // 2. At the window in Wuhan: admitted, charged, settled.
  const window = await pageOf(chrome, DESKTOP, troubles);
  window.setDefaultTimeout(15_000);
  await atTheWindow(window, country, 'journey-cashier');
  await find(window, who.certno);
  await admit(window, 'ZY20261123');
  await window.getByText(/就医地目录 \d+ 项/).waitFor();
  await line(window, 'ptbfcw', '45.5', '3');
  await line(window, '支架', '9800', '1');
  await line(window, 'C0502', '2344.456789', '5');
  const paid = await settle(window);
  assert.ok(paid.fund > 0 && paid.cash > 0, 'funds and person both pay');
  assert.equal(paid.fund + paid.cash, 2_165_878, 'and together the bill');
  await picture(window, 'journey-2-settled');
  const id = (await window.locator('.settled .code').innerText()).trim();
  // The cashier prints it, with the code of this province.
  await window.getByRole('button', { name: '结算单', exact: true }).click();
  const printed = window.waitForEvent('download');
  await window.getByRole('button', { name: /带核验码的结算单/ }).click();
  assert.match((await printed).suggestedFilename(), new RegExp(`结算单.*${id}\\.pdf$`));
  await window.getByRole('button', { name: '关闭' }).click();

  // 3. At the agency of Beijing: the settlement, step by step, in the same figures.
  const desk = await pageOf(chrome, DESKTOP, troubles);
  desk.setDefaultTimeout(15_000);
  await person(country, '110000', {
    account: 'journey-clerk',
    name: '经办某',
    role: 'agency-operator',
    area: '110000',
  });
  await signIn(desk, beijing, 'journey-clerk');
  await visit(desk, `${beijing}/console.html#/agency/settlements`);
  await desk.getByRole('link', { name: id }).click();
  await desk.getByRole('heading', { name: '计算过程' }).waitFor();
  const row = async (words) =>
    fen(await desk.locator('.walk .whole', { hasText: words }).locator('dd').innerText());
  assert.equal(await row('基金支付合计'), paid.fund);
  assert.equal(await row('个人负担合计'), paid.cash);
  const steps = desk.locator('.walk .steps li');
  assert.ok((await steps.count()) > 0, 'there are steps');
  await steps.first().locator('summary').click();
  await steps.first().getByText('依据').waitFor();
  assert.equal(await desk.getByText(who.number, { exact: true }).count(), 0, 'the number is covered');
  for (const one of await violations(desk)) troubles.push(`journey, agency: ${one}`);
  await picture(desk, 'journey-3-agency');

  // 4. On the phone again: the same settlement as one's own.
  await visit(phone, `${beijing}/portal.html#/settlements`);
  await phone.locator('a', { hasText: '自己付' }).first().click();
  await settled('结算详情', 'phone');
  const own = async (words) =>
    fen(await phone.locator('.pairs > div', { hasText: words }).locator('dd').innerText());
  assert.equal(await own('医保基金支付'), paid.fund);
  assert.equal(await own('自己付'), paid.cash);
  await picture(phone, 'journey-4-own');

  // The statement of it as a document, whose code is genuine, and whose sum is the bill.
  const fetched = phone.waitForEvent('download');
  await phone.getByRole('button', { name: /下载结算单/ }).click();
  assert.match((await fetched).suggestedFilename(), new RegExp(`结算单.*${id}\\.pdf$`));
  const [number, code] = [
    await phone.locator('[data-test=number]').innerText(),
    await phone.locator('[data-test=code]').innerText(),
  ];
  assert.equal(number, `JS-${id}`);
  for (const one of await violations(phone)) troubles.push(`journey, statement: ${one}`);
  // As the QR code on the paper leads there.
  await visit(phone, `${beijing}/portal.html#number=${number}&code=${code}`);
  await phone.getByText('本平台签发', { exact: true }).waitFor();
  await phone.getByText('跨省异地就医直接结算单').waitFor();
  const sum = await phone.locator('.told > div', { hasText: '金额' }).locator('dd').innerText();
  assert.equal(fen(sum), 2_165_878);
  await picture(phone, 'journey-4-statement');

  // 5. The books of the day agree, and the paper that says so is genuine, as its printed code says.
  const { document, parts } = await comparedToday(country, '420000');
  const treated = parts.find((part) => part.part === 'treatment');
  assert.ok(treated.agreed && treated.standing > 0, 'the settlement stands in both books');
  await visit(
    phone,
    `${await country.at('420000')}/portal.html#/verify?number=${document.number}&code=${document.code}`,
  );
  await phone.getByText('本平台签发', { exact: true }).waitFor();
  await phone.getByText(document.title).first().waitFor();
  await picture(phone, 'journey-5-genuine');

  // Changed one's mind: a long-term filing is held for six months, and says from when it is free.
  await visit(phone, `${beijing}/portal.html#/filings`);
  await phone.getByText('湖北省武汉市').first().click();
  await phone.getByRole('button', { name: '取消备案' }).click();
  await phone.getByRole('button', { name: '确认取消' }).click();
  await phone.getByText(/个月内不能变更或取消/).waitFor();
  for (const one of [phone, window, desk]) await one.context().close();
}
