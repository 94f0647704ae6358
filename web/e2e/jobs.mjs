// What takes long and is left: a list of applications is begun, the page is left and closed, somebody logs in again, finds it in the head and on
// 我的任务 with what it came to, and has the result as a file; the proof of the books is found again on its own page.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { DESKTOP, pageOf, PHONE, picture } from './browser.mjs';
import { accessible, looked, open, program } from './desk.mjs';
import { PASSWORD, person, signIn, signOutByPage } from './people.mjs';

const BEIJING = '110000';
/** So many that nobody waits for all. */
const LINES = 480;

/** An invented person's number: born on the nth day, in a place that there is not, with the check digit that belongs to it. */
function invented(n) {
  const born = new Date(Date.UTC(1950, 0, 1 + n)).toISOString().slice(0, 10).replaceAll('-', '');
  const digits = `119901${born}${String(900 + (n % 90))}`;
  const weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
  const sum = weights.reduce((all, weight, at) => all + weight * Number(digits[at]), 0);
  return `${digits}${'10X98765432'[sum % 11]}`;
}

/** People who are registered, so that their applications are taken. */
async function registered(country) {
  const numbers = Array.from({ length: LINES }, (_, n) => `JOB${String(n).padStart(9, '0')}`);
  const put = (number, n) =>
    program(country, BEIJING, 'PUT', `/api/v1/people/${number}`, {
      certno: invented(n),
      name: `任务某${n}`,
      enrolments: [
        { scheme: 'employee', insured: '110101', person_type: '12', standing: 'in_force', balance: '0.00' },
      ],
    });
  for (let first = 0; first < LINES; first += 20) {
    await Promise.all(numbers.slice(first, first + 20).map((number, at) => put(number, first + at)));
  }
  return numbers;
}

export async function jobs(chrome, country, troubles) {
  const url = await country.at(BEIJING);
  for (const [account, name, role] of [
    ['jobs-one', '任务甲', 'agency-operator'],
    ['jobs-two', '任务乙', 'auditor'],
  ]) {
    await person(country, BEIJING, { account, name, role, area: BEIJING });
  }
  const numbers = await registered(country);
  await left(await at(chrome, troubles), url, numbers);
  await found(await at(chrome, troubles), country, url, numbers);
  await proved(await at(chrome, troubles), url);
}

async function at(chrome, troubles) {
  const page = await pageOf(chrome, DESKTOP, troubles);
  page.setDefaultTimeout(15_000);
  return { page, troubles };
}

const bell = (page) => page.locator('header').getByRole('button', { name: /^我的任务/ });

/** Begun, and left: for another page first, and then for good. */
async function left(one, url, numbers) {
  const { page } = one;
  await signIn(page, url, 'jobs-one');
  await open(one, url, 'work', '待办');
  await bell(page).click();
  await page.getByText('没有任务').waitFor();
  await accessible(one, 'the bell, nothing yet');
  await open(one, url, 'agency/filings', '备案经办');
  await page.getByRole('button', { name: '批量导入' }).click();
  const lines = numbers.map((number) => `110000,${number},310,异地转诊人员,420100`);
  await page.getByLabel('或粘贴表格').fill(['参保地,人员编号,险种,备案类型,就医地', ...lines].join('\n'));
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('button', { name: '检查' }).click();
  await page.getByText(`${LINES} 行可以提交`).waitFor();
  await dialog.getByRole('button', { name: '提交全部' }).click();
  // It says that nobody has to wait, and how far it is.
  await dialog.getByText('可以离开').waitFor();
  await dialog.getByText(/第\d+项，共480项/).waitFor();
  await accessible(one, 'a list under way');
  await picture(page, 'jobs-under-way', false);
  await dialog.getByRole('link', { name: '我的任务' }).click();
  await page.getByRole('heading', { level: 1, name: '我的任务' }).waitFor();
  await page.getByRole('row', { name: /批量提交备案申请/ }).waitFor();
  await page.context().close();
}

/** Somebody logs in again, sees that it has ended, and takes the result along. */
async function found(one, country, url, numbers) {
  const { page } = one;
  await signIn(page, url, 'jobs-one', PASSWORD, true);
  await open(one, url, 'agency/people', '参保人员');
  // The node goes on by itself, at the pace of a machine that does much else.
  await page.getByRole('button', { name: /我的任务.*办完待查看/ }).click({ timeout: 60_000 });
  await page.locator('header').getByText('批量提交备案申请').first().waitFor();
  await accessible(one, 'the bell');
  await picture(page, 'jobs-bell', false);
  await page.setViewportSize(PHONE);
  await page.getByRole('button', { name: '菜单' }).click();
  await bell(page).click();
  const unfolded = await page.locator('header .below:visible').boundingBox();
  assert.ok(unfolded.x >= 0 && unfolded.x + unfolded.width <= PHONE.width, JSON.stringify(unfolded));
  await accessible(one, 'the bell on a phone');
  await picture(page, 'jobs-bell-phone', false);
  await page.setViewportSize(DESKTOP);
  await page.locator('header').getByRole('link', { name: '全部任务' }).click();
  await page.getByRole('heading', { level: 1, name: '我的任务' }).waitFor();
  // What was only checked is not kept.
  const row = page.getByRole('row', { name: /批量提交备案申请/ });
  await row.getByText('已办完').waitFor();
  const download = page.waitForEvent('download');
  await row.getByRole('button', { name: '下载结果' }).click();
  const report = readFileSync(await (await download).path(), 'utf8')
    .trim()
    .split('\n');
  assert.equal(report.length, LINES + 1, report.slice(0, 3).join('\n'));
  assert.ok(
    report.slice(1).every((line) => !line.includes('未受理')),
    report.find((line) => line.includes('未受理')),
  );
  await looked(one, 'jobs');
  await row.getByRole('link', { name: '到页面查看' }).click();
  await page.getByRole('heading', { level: 1, name: '备案经办' }).waitFor();
  // Each is in once.
  for (const number of [numbers[0], numbers[LINES - 1]]) {
    const { filings } = await program(country, BEIJING, 'POST', '/api/v1/filings/search', { person: number });
    assert.equal(filings.length, 1, number);
  }
  // What was seen is new to nobody.
  await page.locator('header').getByRole('button', { name: '我的任务', exact: true }).waitFor();
  await open(one, url, 'jobs', '我的任务');
  await page.getByRole('button', { name: '删去' }).click();
  await page.locator('main').getByText('没有任务。').waitFor();
  await signOutByPage(page);
  await page.context().close();
}

/** The proof of the books is begun and left at once; whoever comes back to its page sees what it came to. */
async function proved(one, url) {
  const { page } = one;
  await signIn(page, url, 'jobs-two');
  await open(one, url, 'ledger/proof', '账务核验');
  // The page is left before it hears how far that is.
  await page.route('**/web/jobs/J*', async (route) => {
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    await route.continue();
  });
  await page.getByRole('button', { name: '开始核验' }).click();
  await page.getByRole('link', { name: '科目余额表' }).first().click();
  await page.getByRole('heading', { level: 1, name: '科目余额表' }).waitFor();
  await page.getByRole('button', { name: /我的任务.*1项已办完待查看/ }).waitFor();
  await page.unrouteAll({ behavior: 'ignoreErrors' });
  await open(one, url, 'ledger/proof', '账务核验');
  await page.getByText('全部相符').waitFor();
  await looked(one, 'jobs-proof');
  await signOutByPage(page);
  await page.context().close();
}
