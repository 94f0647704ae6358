// A complaint from the portal, worked at the desk and followed by its number: handed to somebody, answered, closed. Played on the pages that
// are in the program, as people get them: with their own headers, packed, and nothing loaded from elsewhere.
import assert from 'node:assert/strict';
import { DESKTOP, pageOf, PHONE, picture, violations, visit } from './browser.mjs';
import { act, looked, open, program, toDo } from './desk.mjs';
import { person, signIn, signOut } from './people.mjs';

const PROVINCE = '110000';
const SAID = '出院结算时窗口说我没有备案，可我十月就在手机上办好了，请核对。';
const ANSWER = '经核对，您的备案自十月起有效；医院未重新读取备案，已通知其重新结算，差额退回原支付方式。';

export async function complaint(chrome, country, troubles) {
  const url = await country.at(PROVINCE);
  await served(url);
  for (const [account, name, role, area] of [
    ['operator', '投诉甲', 'agency-operator', PROVINCE],
    ['other', '投诉乙', 'agency-operator', PROVINCE],
    ['reviewer', '投诉丙', 'agency-reviewer', PROVINCE],
    ['city', '投诉丁', 'agency-operator', '110105'],
  ]) {
    await person(country, PROVINCE, { account, name, role, area });
  }
  const phone = await pageOf(chrome, PHONE, troubles);
  phone.setDefaultTimeout(15_000);
  const foreign = [];
  phone.on('request', (request) => {
    if (!request.url().startsWith(url) && !/^(data|blob|about):/.test(request.url()))
      foreign.push(request.url());
  });

  // Said, with a way to be reached; nothing is taken that says nothing.
  await visit(phone, `${url}/portal.html#/complaint`);
  await phone.getByRole('button', { name: '提交' }).click();
  await phone.getByText('请选择是哪方面的问题').waitFor();
  await phone.getByLabel('哪方面的问题').selectOption({ index: 1 });
  await phone.getByLabel('发生了什么').fill(SAID);
  await phone.getByLabel('哪家医院、药店').fill('某医院');
  await phone.getByLabel('怎样联系您').fill('13800138000');
  await phone.getByRole('button', { name: '提交' }).click();
  const number = await phone.locator('[data-test=number]').innerText();
  const key = await phone.locator('[data-test=key]').innerText();
  const asked = () => program(country, PROVINCE, 'GET', `/api/v1/complaints/${number}`);
  assert.equal((await asked()).stage, 'received');
  const follow = async (step) => {
    await visit(phone, `${url}/portal.html#/complaint/follow?number=${number}`);
    await phone.getByLabel('查询码').fill(key);
    await phone.getByRole('button', { name: '查进度' }).click();
    await phone.locator('[aria-current=step]').getByText(step, { exact: true }).waitFor();
  };
  await follow('收到');

  // At the desk: what waits is in the list of work; who reviews only reads; who works for a part of the province is not offered it.
  const at = { page: await pageOf(chrome, DESKTOP, troubles), troubles };
  const { page } = at;
  page.setDefaultTimeout(15_000);
  await signIn(page, url, 'city');
  await open(at, url, 'agency/people', '参保人员');
  assert.equal(
    await page.getByRole('link', { name: '投诉举报' }).count(),
    0,
    'complaints are the whole province’s',
  );
  await signOut(page);
  await signIn(page, url, 'reviewer');
  await open(at, url, `agency/complaints?complaint=${number}`, '投诉举报');
  await page.getByText(SAID).waitFor();
  assert.equal(
    await page.getByRole('button', { name: '答复', exact: true }).count(),
    0,
    'who reviews does not answer',
  );
  await signOut(page);
  await signIn(page, url, 'operator');
  await toDo(at, url, '投诉', '投诉举报');
  await page.getByRole('button', { name: number }).click();
  await page.getByText(SAID).waitFor();
  assert.equal(await page.getByText('13800138000').count(), 0, 'how to reach the person is covered');
  await looked(at, 'complaint-1-received');
  await act(at, '分派', (dialog) => dialog.getByLabel('由谁办理').fill('投诉乙'), '确认分派');
  assert.deepEqual([(await asked()).stage, (await asked()).assigned_to], ['assigned', '投诉乙']);
  await signOut(page);
  await follow('办理');

  // The one it was handed to looks how to reach the person, for a reason that is kept, and answers.
  await signIn(page, url, 'other');
  await open(at, url, `agency/complaints?complaint=${number}`, '投诉举报');
  await act(at, '答复', (dialog) => dialog.getByLabel('答复').fill(ANSWER), '发出答复');
  await page.getByText('投诉乙').first().waitFor();
  await looked(at, 'complaint-2-answered');
  assert.equal((await asked()).answer, ANSWER);
  await follow('答复');
  await phone.getByText(ANSWER).waitFor();
  for (const one of await violations(phone)) troubles.push(`complaint, answered: ${one}`);
  await picture(phone, 'complaint-3-followed');
  await open(at, url, `agency/complaints?stage=answered&complaint=${number}`, '投诉举报');
  await act(at, '办结', (dialog) => dialog.getByLabel('办结说明').fill('医院已重新结算'), '确认办结');
  assert.equal((await asked()).stage, 'closed');
  await open(at, url, `agency/complaints?stage=closed&complaint=${number}`, '投诉举报');
  await page
    .getByRole('row', { name: new RegExp(number) })
    .getByText('已办结')
    .waitFor();
  assert.equal(
    await page.getByRole('button', { name: '办结', exact: true }).count(),
    0,
    'what is closed is closed',
  );
  await signOut(page);
  await follow('办结');
  assert.deepEqual(foreign, [], 'nothing is loaded from elsewhere');
  for (const one of [phone, page]) await one.context().close();
}

/** The program serves its pages itself: guarded, packed, and kept by browsers as long as they do not change. */
async function served(url) {
  for (const entry of ['console.html', 'portal.html']) {
    const answer = await fetch(`${url}/${entry}`, { headers: { 'accept-encoding': 'gzip' } });
    const html = await answer.text();
    assert.equal(answer.status, 200);
    assert.doesNotMatch(
      html,
      /页面未包含在本程序中/,
      'the program was built with its pages (npm run build first)',
    );
    const said = (name) => answer.headers.get(name) ?? '';
    assert.match(said('content-security-policy'), /default-src 'self'; script-src 'self';/);
    assert.match(said('content-security-policy'), /frame-ancestors 'none'/);
    assert.equal(said('x-content-type-options'), 'nosniff');
    assert.equal(said('cache-control'), 'no-cache', 'entries are asked for again');
    const [, script] = /<script[^>]+src="([^"]+\.js)"/.exec(html);
    const asset = await fetch(new URL(script, `${url}/`), { headers: { 'accept-encoding': 'gzip' } });
    assert.equal(asset.headers.get('content-encoding'), 'gzip', 'scripts come packed');
    assert.match(asset.headers.get('cache-control') ?? '', /immutable/);
    const tag = asset.headers.get('etag');
    await asset.arrayBuffer();
    const again = await fetch(new URL(script, `${url}/`), { headers: { 'if-none-match': tag } });
    assert.equal(again.status, 304, 'and are not sent twice');
  }
}
