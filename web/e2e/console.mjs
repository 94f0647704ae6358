// The hub's pages over a country that has gone through a month of the money, at desk and phone.
import assert from 'node:assert/strict';
import { DESKTOP, pageOf, PHONE, picture, violations } from './browser.mjs';

const PAGES = [
  ['hub', '运行总览'],
  ['hub/participants', '参与方'],
  ['hub/clearing', '月度清算'],
  ['hub/reconciliation', '每日对账'],
  ['hub/prepayments', '预付金'],
  ['hub/notices', '通知书与划拨'],
  ['agency/filings', '备案查询'],
];

export async function console_(chrome, url, troubles) {
  const page = await pageOf(chrome, DESKTOP, troubles);
  page.setDefaultTimeout(10_000);
  const settled = async (title) => {
    await page.getByRole('heading', { level: 1, name: title }).waitFor();
    await page.waitForLoadState('networkidle');
    assert.equal(
      await page.locator('[role=alert]').count(),
      0,
      `${title}: ${await page.locator('main').innerText()}`,
    );
  };
  for (const [viewport, size] of [
    [DESKTOP, 'desk'],
    [PHONE, 'phone'],
  ]) {
    await page.setViewportSize(viewport);
    for (const [path, title] of PAGES) {
      await page.goto(`${url}/console.html#/${path}`);
      await settled(title);
      await page.waitForTimeout(300);
      for (const one of await violations(page)) troubles.push(`${title}, ${size}: ${one}`);
      await picture(page, `${path.replace('/', '-')}-${size}`);
      const wider = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
      if (wider > 0) troubles.push(`${title}, ${size}: ${wider} px wider than the screen`);
    }
  }

  await page.setViewportSize(DESKTOP);
  // What the pages show is what was settled: the demonstration's four provinces.
  await page.goto(`${url}/console.html#/hub/participants`);
  await settled('参与方');
  for (const name of ['北京市', '天津市', '浙江省', '湖北省']) await page.getByText(name).first().waitFor();

  // The menu by keyboard alone: the page's heading follows, and the way on is in the page.
  await page.getByRole('link', { name: '月度清算' }).focus();
  await page.keyboard.press('Enter');
  await settled('月度清算');
  assert.equal(await page.evaluate(() => document.activeElement?.id), 'main');
  await page.locator('.month').last().click();
  await page.getByRole('heading', { name: '全国跨省异地就医费用清算表' }).waitFor();
  const rows = await page
    .getByRole('table', { name: '全国跨省异地就医费用清算表' })
    .locator('tbody tr')
    .count();
  assert.ok(rows > 3, 'the statement has rows');
  await page.waitForLoadState('networkidle');
  await picture(page, 'hub-clearing-told');
  for (const one of await violations(page)) troubles.push(`a month: ${one}`);

  // The fortnight in which the demonstration's people were treated.
  const month = await page.locator('.month').last().innerText();
  await page.goto(`${url}/console.html#/hub`);
  await settled('运行总览');
  await page.getByLabel('截至').fill(`${month}-28`);
  await page.keyboard.press('Enter');
  await page.waitForLoadState('networkidle');
  await page.waitForTimeout(500);
  await picture(page, 'hub-told');

  // A notice opens what both sides report.
  await page.goto(`${url}/console.html#/hub/notices`);
  await settled('通知书与划拨');
  await page.getByRole('table', { name: '付款、收款通知书' }).locator('tbody button').first().click();
  await page.getByRole('heading', { name: '双方报告' }).waitFor();
  await page.waitForLoadState('networkidle');
  await picture(page, 'hub-notices-opened');

  // Filings of one of the demonstration's people.
  await page.goto(`${url}/console.html#/agency/filings`);
  await page.getByLabel('公民身份号码').fill('110101194501019005');
  await page.getByRole('combobox', { name: '参保地' }).fill('bjsdcq');
  await page.locator('[role=option]:visible').first().click();
  await page.getByRole('button', { name: '查询' }).click();
  await page.getByText('异地安置退休人员').first().waitFor();
  await picture(page, 'agency-filings-found');
  for (const one of await violations(page)) troubles.push(`filings: ${one}`);
  await page.context().close();
}

/** The portal: a document of the hub's is genuine, another code is not. */
export async function portal(chrome, url, troubles) {
  const page = await pageOf(chrome, PHONE, troubles);
  page.setDefaultTimeout(10_000);
  await page.goto(`${url}/portal.html`);
  const found = await page.evaluate(async () => {
    const answer = await fetch('/web/node/100000/api/v1/funds/documents');
    return (await answer.json()).documents[0];
  });
  await page.getByLabel('文书编号').fill(found.number);
  await page.getByLabel('校验码').fill(found.code);
  await page.getByRole('button', { name: '核验' }).click();
  await page.getByText('本平台签发', { exact: true }).waitFor();
  await page.getByText(found.title).waitFor();
  for (const one of await violations(page)) troubles.push(`portal: ${one}`);
  await picture(page, 'portal-genuine');
  await page.getByLabel('校验码').fill('0000');
  await page.getByRole('button', { name: '核验' }).click();
  await page.getByText('不是本平台签发的文书').waitFor();
  await page.context().close();
}
