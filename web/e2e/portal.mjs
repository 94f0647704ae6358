// The portal on a phone: what anybody may do without signing in, and registration, filing and complaint of somebody insured.
import assert from 'node:assert/strict';
import { renderSVG } from 'uqr';
import { DESKTOP, pageOf, PHONE, photograph, picture, quiet, violations, visit } from './browser.mjs';
import { PASSWORD } from './people.mjs';

/** Pages that need nobody to sign in. */
const PUBLIC = [
  ['', '异地就医服务'],
  ['sign-in', '登录'],
  ['register', '注册'],
  ['institutions', '查定点医院'],
  ['calculator', '算一算报多少'],
  ['policy', '看政策'],
  ['guide', '办事指南'],
  ['complaint', '投诉举报'],
  ['complaint/follow', '查投诉进度'],
  ['announcements', '停机公告'],
  ['verify', '文书核验'],
];

/** A request with the management token. */
export async function managed(country, participant, method, path, body) {
  const answer = await fetch(`${country.nodes[participant]}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${country.token}`,
      'x-operator': 'e2e',
      'content-type': 'application/json',
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${method} ${path}: HTTP ${answer.status} ${text}`);
  return JSON.parse(text);
}

/** Compares the books of today at a province with the hub's, and issues the paper of it. */
export async function comparedToday(country, participant) {
  const china = new Date(Date.now() + 8 * 3_600_000);
  const day = china.toISOString().slice(0, 10);
  const compared = await managed(country, participant, 'POST', '/api/v1/funds/reconciliations', {
    from: day,
    to: day,
  });
  const document = await managed(country, participant, 'POST', '/api/v1/funds/documents', {
    kind: 'reconciliation',
    subject: day,
  });
  return { document, parts: compared.reconciliations };
}

/** Waits until a page is there, and says what is wrong with it. */
export const checked = (page, troubles) => async (title, size) => {
  await page.getByRole('heading', { level: 1, name: title }).waitFor();
  await quiet(page);
  const said = await page.locator('[role=alert]').allInnerTexts();
  assert.deepEqual(said, [], `${title}: nothing is refused`);
  for (const one of await violations(page)) troubles.push(`portal ${title}, ${size}: ${one}`);
  const wider = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  if (wider > 0) troubles.push(`portal ${title}, ${size}: ${wider} px wider than the screen`);
};

/** Registers somebody by the card that was issued to them; `back` is where the page leads afterwards. */
export async function register(page, { place, certno, name, card }) {
  await page.getByLabel('在哪里参保：省').selectOption(place);
  await page.getByLabel('公民身份号码').fill(certno);
  await page.getByLabel('姓名').fill(name);
  await page.getByLabel('社会保障卡卡号').fill(card);
  await page.getByLabel('设定密码').fill(PASSWORD);
  await page.getByLabel('再填一次密码').fill(PASSWORD);
  await page.getByRole('button', { name: '注册' }).click();
}

/** A photograph of a sheet with a QR code on it, somewhat small and not in its middle. */
async function codeOf(chrome, text) {
  const page = await chrome.newPage({ viewport: { width: 900, height: 700 } });
  await page.setContent(`<div style="padding: 90px 60px 0 380px; width: 260px">${renderSVG(text)}</div>`);
  const buffer = await page.screenshot();
  await page.close();
  return { name: '文书.png', mimeType: 'image/png', buffer };
}

/** Files oneself for a city as somebody who lives there for long, on commitment. */
export async function fileOneself(page, { name, province, city }) {
  await page.getByText('长期在外地居住生活').click();
  await page.getByRole('button', { name: '下一步' }).click();
  await page.getByLabel('去哪里看病：省').selectOption(province);
  await page.getByLabel('去哪里看病：市').selectOption(city);
  await page.getByRole('button', { name: '下一步' }).click();
  await page.getByLabel('从哪天开始').waitFor();
  await page.getByRole('button', { name: '下一步' }).click();
  await page.getByRole('heading', { name: /承诺书/ }).waitFor();
  // Nothing is sent unread or unsigned.
  await page.getByRole('button', { name: '签署并提交备案' }).click();
  await page.getByText('请看过后勾选').waitFor();
  await page.getByText('我已逐条看过，并同意').click();
  await page.getByLabel('签名：请写下您的姓名').fill(name);
}

export async function portal(chrome, country, troubles) {
  const url = await country.at('110000');
  const page = await pageOf(chrome, PHONE, troubles);
  page.setDefaultTimeout(15_000);
  const settled = checked(page, troubles);

  for (const [path, title] of PUBLIC) {
    await visit(page, `${url}/portal.html#/${path}`);
    for (const [viewport, size] of [
      [DESKTOP, 'desk'],
      [PHONE, 'phone'],
    ]) {
      await page.setViewportSize(viewport);
      await settled(title, size);
      await picture(page, `portal-${path.replace('/', '-') || 'home'}-${size}`);
    }
    // In type twice as large, as somebody sets it who sees little, everything still stands within the phone.
    await page.evaluate(() => (document.documentElement.style.fontSize = '200%'));
    const wider = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    if (wider > 0) troubles.push(`portal ${title}, twice as large: ${wider} px wider than the screen`);
    if (['', 'policy', 'institutions'].includes(path))
      await picture(page, `portal-${path || 'home'}-twice-as-large`, false);
  }

  // What would I pay: an answer whose figures balance, and each step of it.
  await visit(page, `${url}/portal.html#/calculator`);
  await page.getByLabel('在哪里参保').selectOption('110000');
  await page.getByLabel('参加哪一种医保').selectOption('employee');
  await page.getByLabel('您是').selectOption('12');
  await page.getByLabel('去哪里看病：省').selectOption('420000');
  await page.getByLabel('去哪里看病：市').selectOption('420100');
  await page.getByLabel('备案了吗').selectOption('long_term_resident');
  await page.getByRole('button', { name: '算一算', exact: true }).click();
  await page.getByText('请填写费用').waitFor();
  await page.getByLabel('大约花多少钱（元）').fill('20000');
  await page.getByLabel('其中全自费的（元）').fill('1500.50');
  await page.getByRole('button', { name: '算一算', exact: true }).click();
  await page.getByRole('heading', { name: '大约这样结算' }).waitFor();
  const amount = async (name) => {
    const text = await page.locator('.heads > div', { hasText: name }).locator('dd').innerText();
    return Number(text.replaceAll(/[,.]/g, ''));
  };
  const [fund, own] = [await amount('基金支付'), await amount('自己付')];
  assert.equal(fund + own, 2_000_000, 'funds and person pay the bill');
  assert.ok(fund > 1_000_000 && own >= 150_050, `the funds pay ${fund}`);
  await page.locator('.steps summary').first().click();
  await page.locator('.unfolded').first().getByText('依据').waitFor();
  await page.getByText('换一种备案会怎样').waitFor();
  for (const one of await violations(page)) troubles.push(`portal calculation: ${one}`);
  await picture(page, 'portal-calculated');

  // Hospitals by name, and by city: where the cities lie, and in a list of them.
  await visit(page, `${url}/portal.html#/institutions`);
  await page.getByLabel('医院名称').fill('中医');
  await page.getByRole('button', { name: '查找' }).click();
  await page.getByText('找到 1 家').waitFor();
  await page.getByText('北京市示范中医医院').waitFor();
  assert.equal(await page.getByText('北京市示范第一医院').count(), 0, 'others are not found');
  await page.getByLabel('医院名称').fill('sfzyyy');
  await page.getByRole('button', { name: '查找' }).click();
  await page.getByText('找到 1 家').waitFor();
  await page.getByText('北京市示范中医医院').waitFor();

  await managed(country, '420000', 'PUT', '/api/v1/institutions/H42050200001', {
    name: '宜昌市示范第一医院',
    kind: '1',
    level: 'tertiary',
    chinese_medicine: false,
    place: '420502',
    open: true,
    authentication: 'none',
    access_key: '',
  });
  await visit(page, `${await country.at('420000')}/portal.html#/institutions`);
  await page.locator('.spot', { hasText: '宜昌' }).locator('.reach').click();
  await page.getByText('只看宜昌市的').waitFor();
  await page.getByText('找到 1 家').waitFor();
  await page.getByText('宜昌市示范第一医院').waitFor();
  assert.equal(await page.getByText('武汉市示范第一医院').count(), 0, 'those of other cities are not listed');
  await settled('查定点医院', 'phone, one city of the map');
  await picture(page, 'portal-map');

  // A complaint, and its way.
  await visit(page, `${url}/portal.html#/complaint`);
  await page.getByLabel('哪方面的问题').selectOption('amount');
  await page.getByLabel('发生了什么').fill('结算单上的起付标准好像收了两次，请核对。');
  await page.getByLabel('怎样联系您').fill('13800138000');
  await page.getByRole('button', { name: '提交' }).click();
  const number = await page.locator('[data-test=number]').innerText();
  const key = await page.locator('[data-test=key]').innerText();
  for (const one of await violations(page)) troubles.push(`portal complaint taken: ${one}`);
  await visit(page, `${url}/portal.html#/complaint/follow?number=${number}`);
  await page.getByLabel('查询码').fill('WRONGKEY');
  await page.getByRole('button', { name: '查进度' }).click();
  await page.locator('[role=alert]').waitFor();
  assert.equal(await page.getByText('办理步骤').count(), 0, 'a wrong key shows nothing');
  await page.getByLabel('查询码').fill(key);
  await page.getByRole('button', { name: '查进度' }).click();
  await page.getByRole('heading', { name: /结算金额异议/ }).waitFor();
  await picture(page, 'portal-complaint-followed');

  // A document of this node is genuine by its address; with another code it is not.
  const { document } = await comparedToday(country, '110000');
  await visit(page, `${url}/portal.html#number=${document.number}&code=${document.code}`);
  await page.getByText('本平台签发', { exact: true }).waitFor();
  await page.getByText(document.title).first().waitFor();
  for (const one of await violations(page)) troubles.push(`portal verified: ${one}`);
  await picture(page, 'portal-genuine');
  await page.getByLabel('校验码').fill('0000');
  await page.getByRole('button', { name: '核验' }).click();
  await page.getByText('不是本平台签发的文书').waitFor();

  // The same by a photograph of the code on the paper; what is no code says so, and what is of another platform is not followed.
  const address = `${url}/portal.html#number=${document.number}&code=${document.code}`;
  await visit(page, `${url}/portal.html#/verify`);
  const photographed = page.getByLabel(/^拍二维码/);
  await photographed.setInputFiles(photograph('空白.png'));
  await page.getByText('没有识别出二维码').waitFor();
  await photographed.setInputFiles(await codeOf(chrome, address.replace(url, 'https://elsewhere.invalid')));
  await page.getByText(/指向另一平台/).waitFor();
  await photographed.setInputFiles(await codeOf(chrome, address));
  await page.getByText('本平台签发', { exact: true }).waitFor();
  await page.getByText(document.title).first().waitFor();
  for (const one of await violations(page)) troubles.push(`portal scanned: ${one}`);

  // What is one's own asks to sign in, and leads back. Somebody else's card registers nobody.
  await visit(page, `${url}/portal.html#/settlements`);
  await page.getByText('这项服务要先登录').waitFor();
  await page.getByRole('link', { name: '注册' }).click();
  await register(page, { place: '110000', certno: '110101194501019005', name: '周某甲', card: 'A00000000' });
  await page.locator('[role=alert]').waitFor();
  const { number: card } = await managed(country, '110000', 'POST', '/api/v1/cards', {
    insured: '110101',
    certno: '110101194501019005',
  });
  await page.getByLabel('社会保障卡卡号').fill(card);
  await page.getByRole('button', { name: '注册' }).click();
  await settled('我的结算', 'phone');
  await page.getByText('您还没有异地就医直接结算的记录').waitFor();

  // Own data; large type and high contrast.
  await visit(page, `${url}/portal.html#/me`);
  await settled('我的', 'phone');
  await page.getByText('周某甲').waitFor();
  assert.equal(await page.getByText('110101194501019005').count(), 0, 'the number is covered');
  await visit(page, `${url}/portal.html#/filings`);
  await settled('我的备案', 'phone');
  await page.getByText('异地安置退休人员').first().waitFor();
  await page.getByRole('button', { name: '大字' }).click();
  await page.getByRole('button', { name: '高对比度' }).click();
  await settled('我的备案', 'phone, large type, high contrast');
  await picture(page, 'portal-filings-large-type');

  // A second long-term filing at the same time is refused in a sentence, and nothing is lost.
  await visit(page, `${url}/portal.html#/filings/new`);
  await page.getByText('为什么去外地看病').waitFor();
  for (const one of await violations(page)) troubles.push(`portal filing: ${one}`);
  await fileOneself(page, { name: '周某甲', province: '330000', city: '330100' });
  await picture(page, 'portal-commitment');
  for (const one of await violations(page)) troubles.push(`portal commitment: ${one}`);
  await page.getByRole('button', { name: '签署并提交备案' }).click();
  await page.getByText('请先变更或取消原备案').waitFor();
  await page.getByRole('button', { name: '上一步' }).click();
  await page.getByLabel('从哪天开始').waitFor();

  // The session ends while somebody fills it in: what was entered is there after signing in again, to be signed anew.
  await page.getByRole('button', { name: '下一步' }).click();
  await page.getByRole('heading', { name: /承诺书/ }).waitFor();
  await page.context().clearCookies();
  await page.getByRole('button', { name: '签署并提交备案' }).click();
  await page.getByText('登录已失效').waitFor();
  await page.getByLabel('公民身份号码').fill('110101194501019005');
  await page.getByLabel('密码').fill(PASSWORD);
  await page.getByRole('button', { name: '登录', exact: true }).click();
  await page.getByText('您上次填到这里').waitFor();
  await page.getByText('浙江省杭州市').first().waitFor();
  assert.equal(await page.getByLabel('签名：请写下您的姓名').inputValue(), '', 'nothing is signed yet');
  for (const one of await violations(page)) troubles.push(`portal filing, restored: ${one}`);

  // A referral with its papers: a photograph goes along, another is added where the filing is followed, and one is taken back.
  await visit(page, `${url}/portal.html#/filings/new`);
  await page.getByText('当地医院建议转到外地看病').click();
  await page.getByRole('button', { name: '下一步' }).click();
  await page.getByLabel('去哪里看病：省').selectOption('420000');
  await page.getByLabel('去哪里看病：市').selectOption('420100');
  await page.getByRole('button', { name: '下一步' }).click();
  await page.getByRole('button', { name: '下一步' }).click();
  await page.getByText('还需要：身份证件；转诊转院证明').waitFor();
  await page.getByLabel('材料种类').selectOption('referral');
  await page.getByLabel('选择照片或文件').setInputFiles(photograph('转诊证明.png'));
  await page.getByText('还需要：身份证件', { exact: true }).waitFor();
  for (const one of await violations(page)) troubles.push(`portal papers: ${one}`);
  await picture(page, 'portal-papers');
  await page.getByText('我已逐条看过，并同意').click();
  await page.getByLabel('签名：请写下您的姓名').fill('周某甲');
  await page.getByRole('button', { name: '签署并提交备案' }).click();
  await page.getByText('已上传 1 份材料').waitFor();
  await page.getByRole('link', { name: '查看这份备案、补交材料' }).click();
  await page.getByText('按备案类型还需要：身份证件').waitFor();
  await page.getByLabel(/^选择文件（PDF/).setInputFiles(photograph('身份证.png'));
  await page.getByRole('button', { name: '上传材料' }).click();
  await page.getByText('材料已上传').waitFor();
  await page.getByRole('button', { name: '查看转诊转院证明' }).click();
  await page.getByRole('img', { name: '转诊转院证明，第1份' }).waitFor();
  await settled('备案详情', 'phone, papers');
  await picture(page, 'portal-filing-papers');
  await page.getByRole('button', { name: '删去身份证件' }).click();
  await page.getByText('已删去身份证件').waitFor();

  // Out, and back in.
  await visit(page, `${url}/portal.html#/me`);
  await page.getByRole('button', { name: '退出登录' }).click();
  await page.getByRole('link', { name: '登录', exact: true }).click();
  await page.getByLabel('公民身份号码').fill('11010119450101 9005');
  await page.getByLabel('密码').fill('不对的密码不对的密码');
  await page.getByRole('button', { name: '登录', exact: true }).click();
  await page.locator('[role=alert]').waitFor();
  await page.getByLabel('密码').fill(PASSWORD);
  await page.getByRole('button', { name: '登录', exact: true }).click();
  await page.getByText('参保信息').waitFor();
  await page.context().close();
}
