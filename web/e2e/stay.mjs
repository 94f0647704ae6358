// A stay by hand at a hospital's window: found, admitted, charged, discharged, tried, settled, printed, cancelled, settled again.
import assert from 'node:assert/strict';
import { DESKTOP, pageOf, PHONE, picture, violations, visit } from './browser.mjs';
import { display, person, signIn } from './people.mjs';

/** Of the sandbox: a retired employee of Beijing, filed for Wuhan; nobody real. */
const PERSON = '110101194501019005';
/** At whose window it is played. */
export const HOSPITAL = 'H42010600001';

/** A figure of the settlement sheet, in fen. */
export async function figure(page, label) {
  const text = await page.locator('.sheet > div', { hasText: label }).first().locator('dd').innerText();
  return Number(text.replaceAll(/[,.]/g, ''));
}

/** Finds somebody at the window by the identity number, whose insured place is guessed from it. */
export async function find(page, certno) {
  await page.getByLabel('居民身份证号码').fill(certno);
  await page.getByText('参保地按证件号码推测').waitFor();
  await page.keyboard.press('Enter');
  await page.getByText('人员编号').first().waitFor();
}

/** Fills the admission and sends it. */
export async function admit(page, number) {
  for (const [label, text] of [
    ['住院号', number],
    ['床位', '0901'],
    ['诊断编码', 'J18.900'],
    ['诊断名称', '肺炎'],
    ['医师编码', 'D900000000001'],
    ['医师姓名', '医师某'],
  ]) {
    await page.getByLabel(label, { exact: true }).fill(text);
  }
  await page.getByRole('combobox', { name: '入院科室' }).fill('hxnk');
  await page.getByRole('option', { name: '呼吸内科专业' }).click();
  await page.getByRole('button', { name: '办理入院' }).click();
  await page.getByRole('heading', { name: '费用明细' }).waitFor();
}

/** Enters a line of the bill. */
export async function line(page, typed, price, quantity) {
  await page.getByRole('combobox', { name: '项目' }).fill(typed);
  await page.locator('[role=option]:visible').first().click();
  await page.getByLabel('单价（元）').fill(price);
  await page.getByLabel('数量').fill(quantity);
  await page.getByRole('button', { name: '添加' }).click();
}

/** Uploads the lines, discharges, tries and settles; what the funds and what the person pays, in fen. */
export async function settle(page) {
  await page.getByRole('button', { name: '上传', exact: true }).click();
  await page.getByText('未上传').first().waitFor({ state: 'detached' });
  await page.getByRole('button', { name: '办理出院' }).click();
  await page.getByRole('button', { name: '确认出院' }).click();
  await page.getByText('已出院').first().waitFor();
  await page.getByRole('button', { name: '预结算' }).click();
  await page.getByText('应收现金').waitFor();
  await page.getByRole('button', { name: '结算', exact: true }).click();
  await page.getByRole('button', { name: '确认结算' }).click();
  await page.getByText('已结算').waitFor();
  return { fund: await figure(page, '基金支付'), cash: await figure(page, '个人现金') };
}

/** A cashier of the hospital, logged in at the window. */
export async function atTheWindow(page, country, account) {
  const url = await country.at('420000');
  await person(country, '420000', { account, name: '收费员某', role: 'cashier', area: HOSPITAL });
  await signIn(page, url, account);
  await visit(page, `${url}/console.html#/window`);
  await page.getByLabel('居民身份证号码').waitFor();
}

/** A hospital whose messages need no signature, so that the play can be its software. */
const PLAIN = 'H42010600002';

/** What a hospital's software sends, with a mistake that is tolerated: a name that is the text `null`. */
async function sends(country, serial) {
  const at = new Date(Date.now()).toLocaleString('sv-SE', { timeZone: 'Asia/Shanghai' });
  const message = {
    infno: '1101',
    msgid: `${PLAIN}${at.replaceAll(/[-: ]/g, '')}${serial}`,
    mdtrtarea_admvs: '420106',
    insuplc_admdvs: '110101',
    recer_sys_code: 'MBS_LOCAL',
    infver: 'V1.0',
    opter_type: '1',
    opter: '001',
    opter_name: '某甲',
    inf_time: at,
    fixmedins_code: PLAIN,
    fixmedins_name: '武汉市示范第二医院',
    input: {
      data: {
        mdtrt_cert_type: '02',
        mdtrt_cert_no: PERSON,
        psn_cert_type: '01',
        certno: PERSON,
        psn_name: 'null',
      },
    },
  };
  const answer = await fetch(`${country.nodes['420000']}/fsi/api/rsfComIfsService/callService`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(message),
  });
  const { infcode, err_msg: said } = await answer.json();
  assert.equal(infcode, 0, said);
}

/** The hospital's office has what its software sends recorded, sees where it leaves the standard, and erases it. */
async function transcript(page, country, accessible) {
  const url = await country.at('420000');
  const office = { account: 'stay-office', name: '医保办某', role: 'institution-office', area: PLAIN };
  await person(country, '420000', office);
  await signIn(page, url, office.account);
  await visit(page, `${url}/console.html`);
  await page.getByRole('link', { name: '医药机构窗口' }).click();
  await page.getByRole('link', { name: '接口报文记录' }).click();
  await page.getByText('平时不保存接口报文').waitFor();
  await accessible('transcript, nothing recorded');
  await picture(page, 'stay-8-transcript-empty');
  await sends(country, '0001');

  await page.getByRole('button', { name: '开启记录' }).click();
  await page.getByRole('button', { name: '开启', exact: true }).click();
  await page.getByText('请写明记录原因').waitFor();
  await page.getByLabel('原因').fill('联调人员信息获取');
  await page.getByRole('button', { name: '开启', exact: true }).click();
  await page.getByText('正在记录', { exact: true }).waitFor();
  await page.getByText('还没有这样的报文').waitFor();
  await sends(country, '0002');
  const message = page.getByRole('button', { name: /1101/ });
  // It is written down a moment after it was answered.
  for (let times = 0; times < 50 && (await message.count()) === 0; times += 1) {
    await page.getByRole('button', { name: '刷新' }).click();
    await page.waitForTimeout(200);
  }
  assert.equal(await message.count(), 1, 'what came before it was switched on is not there');
  await page.getByLabel('与规范的差别').selectOption('fault');
  await page.getByRole('button', { name: '查询', exact: true }).click();
  await message.click();
  await page.getByRole('heading', { name: '与规范的差别' }).waitFor();
  await page.getByRole('button', { name: 'input.data.psn_name' }).click();
  const line = page.locator('li:focus');
  await line.getByText('不要填文本null').waitFor();
  assert.equal(await page.getByText(PERSON).count(), 0, 'nothing of the person is shown');
  assert.equal(await page.getByText('周某甲').count(), 0, 'nor in the answer');
  await accessible('transcript, a message');
  await picture(page, 'stay-9-transcript');
  await page.setViewportSize(PHONE);
  await accessible('transcript, phone');
  await picture(page, 'stay-10-transcript-phone');
  const wider = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  assert.ok(wider <= 0, `the transcript is ${wider} px wider than a phone`);
  await page.setViewportSize(DESKTOP);

  // What is done at the window is recorded too, and marked as of the window.
  await person(country, '420000', { account: 'stay-plain', name: '收费员乙', role: 'cashier', area: PLAIN });
  const counter = await pageOf(page.context().browser(), DESKTOP, []);
  await signIn(counter, url, 'stay-plain');
  await visit(counter, `${url}/console.html#/window`);
  await find(counter, PERSON);
  await counter.context().close();
  await page.getByLabel('与规范的差别').selectOption('');
  await page.getByLabel('来源').selectOption('window');
  const ofWindow = page.getByRole('row', { name: /收费窗口.*1101/ });
  for (let times = 0; times < 50 && (await ofWindow.count()) === 0; times += 1) {
    await page.getByRole('button', { name: '查询', exact: true }).click();
    await page.waitForTimeout(200);
  }
  await ofWindow.getByRole('button', { name: /1101/ }).click();
  await page.getByRole('heading', { name: /1101/ }).waitFor();
  assert.equal(await page.getByText(PERSON).count(), 0, 'nothing of the person is shown');
  await picture(page, 'stay-11-transcript-window');
  await page.getByRole('button', { name: '清空' }).click();
  await accessible('transcript, erasing');
  await page.getByRole('button', { name: '停止并清空' }).click();
  await page.getByText('未在记录').waitFor();
  await message.waitFor({ state: 'detached' });
}

/** The admission is corrected, what has been charged so far is settled midway, and the last part is taken back. */
async function midway(page, accessible, total) {
  await page.getByRole('button', { name: '变更住院信息' }).click();
  await page.getByLabel('床位', { exact: true }).fill('0902');
  await page.getByLabel('诊断名称').fill('肺炎（变更）');
  await accessible('correction');
  await page.getByRole('button', { name: '保存变更' }).click();
  await page.getByText('0902床').waitFor();
  await page.getByText('肺炎（变更）').waitFor();

  await page.getByText('全程结清请先办理出院').waitFor();
  await page.getByRole('button', { name: '预结算' }).click();
  await page.getByText('应收现金').waitFor();
  await page.getByRole('button', { name: '中途结算', exact: true }).click();
  await page.getByRole('button', { name: '确认中途结算' }).click();
  await page.getByRole('heading', { name: '已中途结算' }).waitFor();
  await page.getByText('已有费用都已中途结算').waitFor();
  assert.equal(await page.getByRole('button', { name: /^删除/ }).count(), 0, 'what is settled stays');
  await page.getByText('在院', { exact: true }).waitFor();
  await accessible('settled midway');
  await picture(page, 'stay-12-midway');
  await page.getByRole('button', { name: /的中途结算$/ }).click();
  await page.getByRole('button', { name: '确认撤销' }).click();
  await page.getByRole('heading', { name: '已中途结算' }).waitFor({ state: 'detached' });
  await page.getByRole('button', { name: '删除吻合器' }).waitFor();
  assert.equal(await figure(page, '医疗费总额'), total, 'its lines are unsettled lines of the stay again');
}

export async function stay(chrome, country, troubles) {
  const page = await pageOf(chrome, DESKTOP, troubles);
  page.setDefaultTimeout(15_000);
  const accessible = async (where) => {
    for (const one of await violations(page)) troubles.push(`${where}: ${one}`);
  };

  await atTheWindow(page, country, 'stay-cashier');
  await page.getByText('没有在院的异地参保人').waitFor();
  await accessible('empty window');

  // A number that cannot be is refused before anything is sent.
  await page.getByLabel('居民身份证号码').fill('110101194501019006');
  await page.getByRole('button', { name: '查询' }).click();
  await page.getByText('校验位不符').waitFor();

  await find(page, PERSON);
  await page.getByText('周**').waitFor();
  assert.equal(await page.getByText('周某甲').count(), 0, 'the name is masked');
  await page.getByRole('button', { name: '显示全名和证件' }).click();
  await page.getByText('周某甲').waitFor();
  await page.getByRole('button', { name: '遮盖' }).click();
  await accessible('person');

  // Admission: what is missing is named.
  await page.getByRole('button', { name: '办理入院' }).click();
  await page.getByText('请填写住院号').waitFor();
  await picture(page, 'stay-1-admission');
  await admit(page, 'ZY20261122');

  // A mistake is taken back, and done again.
  await page.getByRole('button', { name: '撤销入院' }).click();
  await page.getByRole('button', { name: '确认撤销' }).click();
  await page.getByRole('heading', { name: '入院办理' }).waitFor();
  await admit(page, 'ZY20261122');

  // Somebody else who sits down finds the patient among those in hospital.
  await page.reload();
  await page.getByRole('button', { name: '办理住院号ZY20261122' }).click();
  await page.getByRole('button', { name: /打开/ }).first().click();
  await page.getByRole('heading', { name: '费用明细' }).waitFor();

  // Another one of the same person is chosen as long as nothing is entered.
  const other = page.getByRole('button', { name: '换一次就诊' });
  await other.click();
  await page.getByRole('heading', { name: '费用明细' }).waitFor({ state: 'detached' });
  await page.getByRole('button', { name: /打开/ }).first().click();
  await page.getByRole('heading', { name: '费用明细' }).waitFor();

  // Lines: by initials, by name, by code; keyboard alone for the first.
  await page.getByText(/就医地目录 \d+ 项/).waitFor();
  await page.keyboard.press('F4');
  await page.keyboard.type('ptbfcw');
  await page.locator('[role=option]:visible').first().waitFor();
  await page.keyboard.press('Enter');
  await page.keyboard.type('45.5');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Control+A');
  await page.keyboard.type('3');
  await page.keyboard.press('Enter');
  await page.getByText('1 行未上传').waitFor();
  assert.equal(await other.isEnabled(), false, 'what is entered is not left behind');
  await line(page, '支架', '9800', '1');
  await line(page, 'C0502', '2344.456789', '1.5');
  await line(page, 'zzjh', '120', '2');
  await page.getByText('4 行未上传').waitFor();
  await accessible('lines');
  await picture(page, 'stay-2-lines');
  await page.getByRole('button', { name: '上传', exact: true }).click();
  await page.getByText('未上传').first().waitFor({ state: 'detached' });
  await page.getByRole('button', { name: '删除重症监护护理' }).click();
  await page.getByText('重症监护护理').waitFor({ state: 'detached' });

  // 45.50 x 3 + 9800.00 + 2344.456789 x 1.5 (half up: 3516.69)
  const total = 13_650 + 980_000 + 351_669;
  assert.equal(await figure(page, '医疗费总额'), total);

  await midway(page, accessible, total);

  await page.getByRole('button', { name: '办理出院' }).click();
  await page.getByRole('dialog').getByLabel('离院方式').waitFor();
  await accessible('discharge');
  await page.getByRole('button', { name: '确认出院' }).click();
  await page.getByText('已出院').first().waitFor();

  // Whoever has left and is not settled waits at the start of everybody's window, and is taken from there.
  await page.reload();
  await page.getByRole('heading', { name: '待办理的就诊' }).waitFor();
  await accessible('unsettled');
  await page.getByRole('button', { name: /^办理周/ }).click();
  await page.getByRole('button', { name: /打开/ }).first().click();
  await page.getByText('已出院').first().waitFor();
  await page.getByText('重症监护护理').waitFor({ state: 'detached' });

  // The key does nothing while something is still asked.
  await page.locator('button:enabled', { hasText: '预结算' }).waitFor();
  await page.keyboard.press('F8');
  await page.getByText('应收现金').waitFor();
  const tried = [await figure(page, '基金支付'), await figure(page, '应收现金')];
  assert.ok(tried[0] > 0 && tried[1] > 0, 'fund and person both pay');
  assert.equal(tried[0] + (await figure(page, '个人负担')), total);
  await picture(page, 'stay-3-trial');
  await page.keyboard.press('F9');
  await page.getByRole('button', { name: '确认结算' }).click();
  await page.getByText('已结算').waitFor();
  assert.deepEqual(
    [await figure(page, '基金支付'), await figure(page, '个人现金')],
    tried,
    'settled as tried',
  );
  await accessible('settled');
  await picture(page, 'stay-4-settled');

  await page.getByRole('button', { name: '结算单' }).click();
  await page.getByText('跨省异地就医住院费用结算单').waitFor();
  await accessible('statement');
  await picture(page, 'stay-5-statement', false);
  await page.getByRole('button', { name: '关闭' }).click();

  // Another clerk at another screen finds it where it stands.
  await page.reload();
  await find(page, PERSON);
  await page.getByRole('button', { name: /打开/ }).first().click();
  await page.getByText('已结算').waitFor();
  assert.deepEqual(
    [await figure(page, '基金支付'), await figure(page, '个人现金')],
    tried,
    'found as settled',
  );

  await page.getByRole('button', { name: '撤销结算' }).click();
  await page.getByRole('button', { name: '确认撤销' }).click();
  await page.getByText('未结算').waitFor();
  await page.getByRole('button', { name: '预结算' }).click();
  await page.getByText('应收现金').waitFor();
  await page.getByRole('button', { name: '结算', exact: true }).click();
  await page.getByRole('button', { name: '确认结算' }).click();
  await page.getByText('已结算').waitFor();
  assert.deepEqual(
    [await figure(page, '基金支付'), await figure(page, '个人现金')],
    tried,
    'settled again alike',
  );

  // Large type, high contrast, a phone.
  await display(page, '大字');
  await display(page, '高对比度');
  await accessible('large type, high contrast');
  await picture(page, 'stay-6-large-type');
  await display(page, '大字');
  await display(page, '高对比度');
  await page.setViewportSize(PHONE);
  await accessible('phone');
  await picture(page, 'stay-7-phone');
  const wider = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  assert.ok(wider <= 0, `the page is ${wider} px wider than a phone`);
  await page.context().close();

  const desk = await pageOf(chrome, DESKTOP, troubles);
  desk.setDefaultTimeout(15_000);
  await transcript(desk, country, async (where) => {
    for (const one of await violations(desk)) troubles.push(`${where}: ${one}`);
  });
  await desk.context().close();
}
