// The agency's pages: filings entered by one and decided by another, people, policies, a calculation, complaints; at desk and phone.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { DESKTOP, pageOf, photograph, picture, visit } from './browser.mjs';
import { accessible as found, inBothSizes, open } from './desk.mjs';
import { person, signIn, signOut } from './people.mjs';

const PAGES = [
  ['work', '待办'],
  ['announcements', '停机公告'],
  ['agency/filings', '备案经办'],
  ['agency/people', '参保人员'],
  ['agency/settlements', '结算查询'],
  ['agency/institutions', '定点医药机构'],
  ['agency/catalog', '医保目录'],
  ['agency/mappings', '目录对照'],
  ['agency/policies', '待遇政策'],
  ['agency/calculator', '待遇试算'],
  ['agency/complaints', '投诉举报'],
  ['agency/institution-payments', '机构拨付'],
  ['agency/deductions', '审核扣款'],
  ['window/transcript', '接口报文记录'],
  ['window/transcript?institution=H11010800001', '接口报文记录'],
];
/** Of the sandbox: a resident of Beijing, whom nobody has filed as a temporary traveller. */
const PERSON = '110101194501019005';

/** Signs what it sends. */
const SIGNING = 'H11010100001';

/** What is sent in a hospital's name and is not shown to be its own: counted where its messages are recorded, with what to do about it. */
async function strangers(at, url, country) {
  const { page } = at;
  await visit(page, `${url}/console.html#/window/transcript?institution=${SIGNING}`);
  await page.getByRole('button', { name: '开启记录' }).click();
  await page.getByRole('dialog').getByLabel('原因').fill('核查冒名报文');
  await page.getByRole('button', { name: '开启', exact: true }).click();
  await page.getByText('正在记录', { exact: true }).waitFor();
  assert.equal(await page.getByText('未通过身份核验').count(), 0, 'nobody has sent anything');
  const now = Math.floor(Date.now() / 1000);
  const caller = { 'x-tif-paasid': `AK${SIGNING}`, 'x-tif-signature': '0'.repeat(64), 'x-tif-nonce': 'n1' };
  for (const headers of [
    {},
    { ...caller, 'x-tif-timestamp': String(now) },
    { ...caller, 'x-tif-timestamp': String(now - 86_400) },
    { ...caller, 'x-tif-timestamp': String(now), 'x-tif-paasid': 'AKNOBODY' },
  ]) {
    const message = { infno: '1101', msgid: `${SIGNING}${now}`, fixmedins_code: SIGNING, input: {} };
    const answer = await fetch(`${country.nodes['110000']}/ebus/hsa/1101`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(message),
    });
    assert.notEqual((await answer.json()).infcode, 0, 'nobody believes it');
  }
  const panel = page.getByRole('region', { name: '未通过身份核验' });
  const reasons = ['缺少签名请求头', '签名不符', '时间戳无效或超时', '接入账号不符'];
  for (let times = 0; times < 50 && (await panel.getByRole('row').count()) <= reasons.length; times += 1) {
    await page.getByRole('button', { name: '刷新' }).click();
    await page.waitForTimeout(200);
  }
  for (const reason of reasons) await panel.getByRole('row', { name: reason }).waitFor();
  await panel.getByText('请按登记的接入方式补齐签名所需的请求头').waitFor();
  await inBothSizes(at, 'strangers', 'agency-strangers');
}

export async function agency(chrome, country, troubles) {
  const url = await country.at('110000');
  const page = await pageOf(chrome, DESKTOP, troubles);
  page.setDefaultTimeout(15_000);
  const at = { page, troubles };
  const accessible = (where) => found(at, where);
  for (const [account, name, role] of [
    ['agency-one', '经办某', 'agency-operator'],
    ['agency-two', '复核某', 'agency-reviewer'],
  ]) {
    await person(country, '110000', { account, name, role, area: '110000' });
  }
  await fetch(`${url}/web/portal/complaints`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ kind: 'filing', text: '备案提交三天了还没有人审核。', contact: '13800138000' }),
  });

  await signIn(page, url, 'agency-one');
  for (const [path, title] of PAGES) {
    await open(at, url, path, title);
    await inBothSizes(at, title, path.replaceAll(/[/?=]/g, '-'));
  }

  // A notice of an outage: entered, read above every page, corrected, taken back.
  await visit(page, `${url}/console.html#/announcements`);
  await page.getByText('没有这样的公告').waitFor();
  await page.getByRole('button', { name: '发布停机公告' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('button', { name: '发布', exact: true }).click();
  await dialog.getByText('请填写标题').waitFor();
  await accessible('announcement, dialog');
  await dialog.getByLabel('标题').fill('北京平台网络维护');
  await dialog.getByLabel('正文').fill('维护期间不能直接结算，已入院的不受影响，出院请错开时间。');
  await dialog.getByLabel('直接结算').check();
  const inHours = (hours) => {
    const china = new Date(Date.now() + (8 + hours) * 3_600_000).toISOString();
    return china.slice(0, 16).replace('T', ' ');
  };
  for (const [label, hours] of [
    ['开始时间', 24],
    ['结束时间', 28],
  ]) {
    await dialog.getByLabel(label, { exact: true }).fill(inHours(hours));
    await page.keyboard.press('Tab');
  }
  await dialog.getByRole('button', { name: '发布', exact: true }).click();
  await page.getByText('已发布').waitFor();
  await page
    .getByRole('row', { name: /北京平台网络维护/ })
    .getByText('预告')
    .waitFor();
  const told = await (await fetch(`${url}/web/portal/announcements`)).json();
  assert.deepEqual(
    told.announcements.map((one) => [one.title, one.phase, one.from.slice(0, 13)]),
    [['北京平台网络维护', 'upcoming', inHours(24).slice(0, 13)]],
  );
  await visit(page, `${url}/console.html#/agency/filings`);
  const banner = page.getByRole('region', { name: '停机提示' });
  await banner.getByText(/北京平台网络维护.*影响直接结算/).click();
  await banner.getByText('出院请错开时间').waitFor();
  await accessible('announcement, banner');
  await visit(page, `${url}/portal.html`);
  await page
    .getByRole('region', { name: '停机提示' })
    .getByText(/北京平台网络维护/)
    .waitFor();
  await accessible('announcement, portal');
  await visit(page, `${url}/console.html#/announcements`);
  await page.getByRole('button', { name: '更正北京平台网络维护' }).click();
  await dialog.getByLabel('标题').fill('北京平台网络维护（改期）');
  await dialog.getByRole('button', { name: '更正', exact: true }).click();
  await page.getByText('已更正').waitFor();
  await page.getByRole('button', { name: '撤回北京平台网络维护（改期）' }).click();
  await dialog.getByLabel('撤回理由').fill('维护取消');
  await dialog.getByRole('button', { name: '确认撤回' }).click();
  await page.getByRole('row', { name: /改期/ }).getByText('已撤回').waitFor();
  await page.getByRole('button', { name: '北京平台网络维护（改期）', exact: true }).click();
  await page.getByText('维护取消').waitFor();
  await picture(page, 'agency-announcements');
  const none = await (await fetch(`${url}/web/portal/announcements`)).json();
  assert.deepEqual(none.announcements, [], 'nobody reads it any more');

  // Entered by one.
  await visit(page, `${url}/console.html#/agency/filings`);
  await page.getByRole('button', { name: '登记备案' }).click();
  await dialog.getByRole('button', { name: '提交' }).click();
  await dialog.locator('[role=alert]').waitFor();
  await dialog.getByLabel('公民身份号码').fill(PERSON);
  await dialog.getByRole('combobox', { name: '参保地' }).fill('bjsdcq');
  await page.locator('[role=option]:visible').first().click();
  await dialog.getByLabel('备案类型').selectOption('other_temporary');
  await dialog.getByRole('combobox', { name: '就医地' }).fill('hzs');
  await page.locator('[role=option]:visible', { hasText: '杭州市' }).first().click();
  await accessible('entering a filing');
  await picture(page, 'agency-filing-entered', false);
  await dialog.getByRole('button', { name: '提交' }).click();
  await page.getByText('备案已登记，等待复核').waitFor();

  // Its papers: a picture is handed in, and shown in the page.
  await page.getByRole('button', { name: '其他跨省临时外出就医人员' }).first().click();
  await page.getByText('还没有材料').waitFor();
  await page.getByLabel('材料种类').selectOption('identity');
  await page
    .getByLabel(/^选择文件（PDF/)
    .setInputFiles({ ...photograph('身份证.docx'), mimeType: 'text/plain' });
  await page.getByText('只收PDF、JPG、PNG文件').waitFor();
  await page.getByLabel(/^选择文件（PDF/).setInputFiles(photograph('身份证.png'));
  await page.getByRole('button', { name: '上传材料' }).click();
  await page.getByText('材料已上传').waitFor();
  await page.getByRole('button', { name: '查看身份证件' }).click();
  await page.getByRole('img', { name: '身份证件，第1份' }).waitFor();
  await accessible('papers of a filing');
  await picture(page, 'agency-filing-papers');

  // The list of a company, as a workbook: the one that is offered to be filled in has no line yet.
  await page.getByRole('button', { name: '批量导入' }).click();
  const offered = page.waitForEvent('download');
  await page.getByRole('button', { name: '下载模板' }).click();
  const template = await (await offered).path();
  await page.getByLabel('选择文件（Excel或CSV）').setInputFiles({
    name: '批量备案.xlsx',
    mimeType: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
    buffer: readFileSync(template),
  });
  await page.getByText('已选择工作簿').waitFor();
  await page.getByRole('dialog').getByRole('button', { name: '检查' }).click();
  await page.getByRole('alert').getByText('1到500行备案').waitFor();
  await page.getByRole('button', { name: '改为粘贴' }).click();
  // As text: each line says what became of it.
  await page
    .getByLabel('或粘贴表格')
    .fill(
      [
        '参保地,人员编号,公民身份号码,险种,备案类型,就医地,开始日期,结束日期,承诺制',
        '110101,,110101194501019006,310,异地转诊人员,浙江省杭州市,,,',
        '110101,,110101194502079018,310,不存在的类型,330100,,,',
      ].join('\n'),
    );
  await page.getByRole('dialog').getByRole('button', { name: '检查' }).click();
  await page.getByText('2 行有问题').waitFor();
  assert.equal(
    await page.getByRole('button', { name: '提交全部' }).count(),
    0,
    'nothing is filed with faults',
  );
  await accessible('batch');
  await picture(page, 'agency-batch', false);
  await page.getByRole('dialog').getByRole('button', { name: '返回' }).click();
  await signOut(page);

  // Decided by another, who came for what waits.
  await signIn(page, url, 'agency-two');
  await visit(page, `${url}/console.html#/work`);
  await page.getByRole('heading', { name: /备案/ }).first().waitFor();
  await picture(page, 'agency-work');
  await page.getByRole('listitem').filter({ hasText: '备案' }).getByRole('link', { name: '去办理' }).click();
  await page.getByRole('button', { name: '其他跨省临时外出就医人员' }).first().click();
  await page.getByRole('button', { name: '查看身份证件' }).click();
  await page.getByRole('img', { name: '身份证件，第1份' }).waitFor();
  await page.getByRole('button', { name: '要求补正' }).click();
  await page.getByRole('dialog').getByLabel('需要补正什么').fill('请补交身份证反面');
  await page.getByRole('dialog').getByRole('button', { name: '发给参保人' }).click();
  await page.getByText(/^请于.*前补正/).waitFor();
  await accessible('a filing to be supplemented');
  await page.getByRole('button', { name: '审核通过' }).click();
  await page.getByRole('dialog').getByRole('button', { name: '确认通过' }).click();
  await page.getByText('备案已生效').waitFor();
  // It waits no more.
  await page.getByRole('button', { name: '其他跨省临时外出就医人员' }).waitFor({ state: 'detached' });

  // A person: masked, whole for a duty that is named.
  await visit(page, `${url}/console.html#/agency/people`);
  await page.getByLabel('公民身份号码').fill(PERSON);
  await page.getByRole('button', { name: '查询' }).click();
  await page.getByRole('table', { name: '人员' }).getByRole('link').first().click();
  await page.getByRole('heading', { level: 1, name: '人员详情' }).waitFor();
  await page.getByText('其他跨省临时外出就医人员').first().waitFor();
  assert.equal(await page.getByText('周某甲').count(), 0, 'the name is masked');
  assert.ok(!page.url().includes(PERSON), 'no identity number in the address');
  await accessible('person');
  await picture(page, 'agency-person');
  await page.getByRole('button', { name: '显示完整信息' }).click();
  await page.getByLabel('查看事由').fill('核对备案材料');
  await page.getByRole('dialog').getByRole('button', { name: '显示' }).click();
  await page.getByText('周某甲').first().waitFor();

  // What if it were filed otherwise.
  await visit(page, `${url}/console.html#/agency/calculator`);
  await page.getByLabel('参保地').selectOption('110000');
  await page.getByRole('combobox', { name: '就医地' }).fill('hzs');
  await page.locator('[role=option]:visible', { hasText: '杭州市' }).first().click();
  await page.getByLabel('第1行费用', { exact: true }).fill('30000');
  await page.getByLabel('第1行先行自付').fill('1200');
  await page.getByRole('button', { name: '试算' }).click();
  await page.getByRole('heading', { name: '试算结果' }).waitFor();
  await page.getByText('换一种备案会怎样').waitFor();
  await accessible('calculation');
  await picture(page, 'agency-calculated');

  // Registrations, media and complaints are the operator's business.
  await signOut(page);
  await signIn(page, url, 'agency-one');
  await visit(page, `${url}/console.html#/agency/people`);
  await page.getByLabel('公民身份号码').fill('110101197501019009');
  await page.getByRole('button', { name: '查询' }).click();
  await page.getByRole('table', { name: '人员' }).getByRole('link').first().click();
  await page.getByRole('button', { name: '登记门诊慢特病' }).click();
  await page.getByLabel('病种编码').fill('m03900');
  await page.getByLabel('病种名称').fill('高血压');
  await page.getByRole('dialog').getByRole('button', { name: '登记' }).click();
  await page.getByText('门诊慢特病已登记').waitFor();
  // A card is issued, and what its chip is to hold is told once; then it is reported lost.
  await page.getByRole('button', { name: /^(补换卡|发卡)$/ }).click();
  await page
    .getByRole('dialog')
    .getByRole('button', { name: /^(补换|发卡)$/ })
    .click();
  await page.getByRole('button', { name: '已写入卡片' }).click();
  await page.getByRole('button', { name: '挂失' }).click();
  await page.getByRole('button', { name: '确认挂失' }).click();
  await page.getByText('卡已挂失').waitFor();
  await page.getByRole('button', { name: '生成电子凭证二维码' }).click();
  await page.getByRole('dialog').getByRole('button', { name: '生成' }).click();
  await page.getByRole('img', { name: '医保电子凭证二维码' }).waitFor();
  await accessible('media of a person');
  await picture(page, 'agency-media');
  await visit(page, `${url}/console.html#/agency/complaints`);
  await page.getByRole('row').filter({ hasText: '备案问题' }).getByRole('button').first().click();
  await page.getByText('备案提交三天了还没有人审核。').waitFor();
  assert.equal(await page.getByText('13800138000').count(), 0, 'the contact is masked');
  await accessible('complaint');
  await page.getByRole('button', { name: '答复', exact: true }).click();
  await page.getByRole('dialog').getByLabel('答复').fill('已经审核通过，感谢提醒。');
  await page.getByRole('dialog').getByRole('button', { name: '发出答复' }).click();
  await page.getByText('已答复，投诉人可以查到').waitFor();

  await strangers(at, url, country);

  // The catalog by how a name is read, sorted by the server; institutions likewise.
  await visit(page, `${url}/console.html#/agency/catalog`);
  await page.getByLabel('名称、拼音或编码').fill('cwf');
  await page.getByRole('button', { name: '查询' }).click();
  await page
    .getByRole('table', { name: '目录' })
    .getByRole('button', { name: /床位费/ })
    .first()
    .click();
  await page.getByRole('heading', { level: 2, name: /床位费/ }).waitFor();
  await page.getByRole('button', { name: /^限价/ }).click();
  await page.getByRole('columnheader', { name: /^限价/, exact: false }).waitFor();
  await accessible('an item of the catalog');
  await picture(page, 'agency-catalog');
  await visit(page, `${url}/console.html#/agency/institutions`);
  await page.getByLabel('名称（或拼音）').fill('zyyy');
  await page.getByRole('button', { name: '查询' }).click();
  await page
    .getByRole('table', { name: '机构' })
    .getByRole('button', { name: /中医医院/ })
    .first()
    .waitFor();
  await page.getByRole('button', { name: /^医保结算等级/ }).click();
  await page.waitForURL(/sort=-level/);
  const workbook = page.waitForEvent('download');
  await page.getByRole('button', { name: '导出Excel' }).click();
  assert.match((await workbook).suggestedFilename(), /\.xlsx$/);

  // A policy names its sources.
  await visit(page, `${url}/console.html#/agency/policies`);
  await page.getByText('依据：').first().waitFor();
  await picture(page, 'agency-policy');
  await page.context().close();
}
