// Prepayments to the end: the first year's amount set by hand and adopted by another, put up by the pooling area, paid and received; used up,
// so that the treatment province asks for more, is refused, asks again and gets less than it asked for; a new year, drafted from what was
// paid, adopted, of which only the difference moves; and the old one closed, at the hub and in a province's books.
import assert from 'node:assert/strict';
import { DESKTOP, pageOf } from './browser.mjs';
import {
  act,
  cleared,
  fen,
  funds,
  inDialog,
  looked,
  open,
  patiently,
  refusedInDialog,
  shown,
  until,
} from './desk.mjs';
import { inTurns } from './people.mjs';

const HUB = '100000';
const HUBEI = '420000';
const BEIJING = '110000';
/** The first year's amount: less than a month comes to, so that it is used up. */
const FIRST = '12345.67';

export async function prepayments(chrome, country, troubles) {
  const at = { page: await pageOf(chrome, DESKTOP, troubles), troubles };
  at.page.setDefaultTimeout(15_000);
  const urls = {
    hub: await country.at(HUB),
    hubei: await country.at(HUBEI),
    beijing: await country.at(BEIJING),
  };
  const as = await inTurns(at.page, country, [
    [HUB, 'operator', '预付甲', 'hub-operator', HUB],
    [HUB, 'reviewer', '预付乙', 'hub-reviewer', HUB],
    [HUBEI, 'operator', '预付丙', 'agency-operator', HUBEI],
    [BEIJING, 'operator', '预付丁', 'agency-operator', BEIJING],
    [BEIJING, 'reviewer', '预付戊', 'agency-reviewer', BEIJING],
    [BEIJING, 'finance', '预付己', 'finance', BEIJING],
    [HUBEI, 'finance', '预付庚', 'finance', HUBEI],
  ]);
  // The month is confirmed by all, so that its signing counts, and its notices wait: what is owed is not paid yet.
  await cleared(country, { notices: false });
  const { years } = await funds(country, HUB, 'prepayments/years');
  assert.deepEqual(years, [], 'nothing is set yet');
  const year = String(new Date(Date.now() + 8 * 3_600_000).getFullYear());
  await firstYear(at, country, { ...urls, as, year });
  await collected(at, country, { ...urls, as, year });
  await moved(at, country, { ...urls, as }, `YF${year}`);
  await increased(at, country, { ...urls, as });
  await nextYear(at, country, { ...urls, as, year: String(Number(year) + 1) });
  await yearClosed(at, country, { ...urls, as, year });
  await at.page.context().close();
}

const between = (one) =>
  one.insured.code === BEIJING && one.treatment.code === HUBEI && one.scheme === 'employee';
const row = (page, table, words) =>
  page.getByRole('table', { name: table }).getByRole('row', { name: words });

/** There is no history: a person sets the amount, and another adopts it. */
async function firstYear(at, country, { hub, as, year }) {
  const { page } = at;
  const path = `prepayments/years/${year}`;
  await as(hub, 'operator', async () => {
    await open(at, hub, 'prepayments', '预付金');
    await page.getByText('还没有年度额度').waitFor();
    await page.getByRole('button', { name: '测算额度' }).click();
    await inDialog(at, (dialog) => dialog.getByLabel('年度').fill(year), '测算额度');
    await page.getByRole('button', { name: '增加一项' }).click();
    const fill = (treatment) => async (dialog) => {
      await dialog.getByLabel('参保省').selectOption(BEIJING);
      await dialog.getByLabel('就医省').selectOption(treatment);
      await dialog.getByLabel('金额（元）').fill(FIRST);
      await dialog.getByLabel('理由').fill('首年协商核定');
    };
    await refusedInDialog(at, fill(BEIJING), '增加一项', '参保省与就医省不能相同');
    await page.getByRole('button', { name: '增加一项' }).click();
    await inDialog(at, fill(HUBEI), '增加一项');
    await row(page, '各项额度', /北京.*湖北/)
      .getByText(shown(FIRST))
      .first()
      .waitFor();
    assert.equal(
      await page.getByRole('button', { name: '核定', exact: true }).count(),
      1,
      'of the line only: who sets does not adopt',
    );
    await looked(at, 'prepayments-1-drafted');
  });
  const { round, lines } = await funds(country, HUB, path);
  assert.deepEqual(
    lines.filter(between).map((one) => one.amount),
    [FIRST],
  );
  await as(hub, 'reviewer', async () => {
    await open(at, hub, `prepayments?year=${year}`, '预付金');
    await act(at, '核定', undefined, '核定额度');
    await page.getByText('已核定').first().waitFor();
    const adopted = await funds(country, HUB, path);
    assert.deepEqual([adopted.stage, adopted.round, adopted.insured_pay], ['adopted', round, FIRST]);
    await looked(at, 'prepayments-2-adopted');
  });
}

/** Beijing's area puts it up: set by an operator as there was no year before, issued by a reviewer, entered by finance. */
async function collected(at, country, { beijing, as, year }) {
  const { page } = at;
  await until(
    'the notice',
    () => funds(country, BEIJING, 'orders?stage=received'),
    ({ orders }) => orders.some((one) => one.number.startsWith(`YF${year}`)),
  );
  const lines = async () => (await funds(country, BEIJING, `prepayments/areas/${year}`)).lines;
  const line = () => row(page, '统筹区上解预付金', /北京市.*职工/);
  await as(beijing, 'operator', async () => {
    await open(at, beijing, 'prepayments', '预付金');
    await page.getByRole('button', { name: '测算上解' }).click();
    await refusedInDialog(at, undefined, '测算统筹区上解', /先逐个统筹区填写/);
    for (const [scheme, amount] of [
      ['employee', FIRST],
      ['resident', '0'],
    ]) {
      await page.getByRole('button', { name: '增加统筹区' }).click();
      await inDialog(
        at,
        async (dialog) => {
          await dialog.getByRole('combobox', { name: '统筹区' }).fill('110000');
          await page.locator('[role=option]:visible').first().click();
          await dialog.getByLabel('险种').selectOption(scheme);
          await dialog.getByLabel('金额（元）').fill(amount);
          await dialog.getByLabel('理由').fill('全部由本统筹区上解');
        },
        '增加统筹区',
      );
    }
    await line().getByText(shown(FIRST)).first().waitFor();
    assert.equal(await page.getByRole('button', { name: '下达通知' }).count(), 0, 'who sets does not issue');
  });
  await as(beijing, 'reviewer', async () => {
    await open(at, beijing, 'prepayments', '预付金');
    await act(at, '下达通知', undefined, '下达上解通知');
    assert.ok(
      (await lines()).every((one) => one.notice),
      'each area has its notice',
    );
    await looked(at, 'prepayments-3-issued');
  });
  await as(beijing, 'finance', async () => {
    await open(at, beijing, 'prepayments', '预付金');
    await line().getByRole('button', { name: '登记到账' }).click();
    await inDialog(at, (dialog) => dialog.getByLabel('银行交易流水号').fill('YFSJ-1'), '登记上解到账');
    await line().getByText('已清').waitFor();
    const [employee] = (await lines()).filter((one) => one.scheme === 'employee');
    assert.deepEqual([employee.received, employee.owes], [FIRST, '0.00']);
  });
}

/** An order of a prepayment: handed over and paid by Beijing, received by Hubei, entered by the finance of each. */
async function moved(at, country, { hubei, beijing, as }, prefix) {
  const { page } = at;
  const of = async (participant, list) =>
    until(
      `${prefix} at ${participant}`,
      () => funds(country, participant, `${list}?stage=all`),
      ({ orders }) => orders.some((one) => one.number.startsWith(prefix)),
    ).then(({ orders }) => orders.find((one) => one.number.startsWith(prefix)));
  const order = await of(BEIJING, 'orders');
  await as(beijing, 'finance', async () => {
    await open(at, beijing, `payments?stage=all&number=${order.number}`, '应付划拨');
    await act(at, '提交财政');
    await act(at, '登记划拨', (dialog) => dialog.getByLabel('交易流水号').fill(`${prefix}-OUT`));
    await page.getByRole('table', { name: '款项' }).getByText(shown(order.amount)).waitFor();
  });
  await of(HUBEI, 'receipts');
  await as(hubei, 'finance', async () => {
    await open(at, hubei, `receipts?stage=all&number=${order.number}`, '应收到账');
    await act(at, '登记到账', (dialog) => dialog.getByLabel('交易流水号').fill(`${prefix}-IN`));
  });
  assert.equal((await funds(country, BEIJING, `orders/${order.number}`)).rest, '0.00');
  assert.equal((await funds(country, HUBEI, `receipts/${order.number}`)).rest, '0.00');
  return order;
}

/** Red: Hubei applies, the hub refuses; it applies again, and the hub accepts less. */
async function increased(at, country, { hub, hubei, beijing, as }) {
  const { page } = at;
  const position = async () =>
    (await funds(country, HUBEI, 'prepayments/compute', {})).positions.find(between);
  const before = await position();
  assert.deepEqual([before.light, before.prepayment], ['red', FIRST]);
  const asked = before.lacks;
  const granted = '10000.00';
  const list = async (stage) =>
    (await funds(country, HUB, `prepayments/increases?stage=${stage}`)).increases.filter(between);
  const apply = () =>
    as(hubei, 'operator', async () => {
      await open(at, hubei, 'prepayments', '预付金');
      await row(page, '使用情况', /北京.*湖北.*职工/)
        .getByText('红', { exact: false })
        .first()
        .waitFor();
      await page.getByRole('button', { name: '申请', exact: true }).click();
      await inDialog(
        at,
        async (dialog) => {
          await dialog.getByLabel('参保省').selectOption(BEIJING);
          await dialog.getByLabel('金额（元）').fill(asked);
          await dialog.getByLabel('申请理由').fill('住院人次增长');
        },
        '申请紧急调增',
      );
      await row(page, '紧急调增', /待审核/)
        .getByText(shown(asked))
        .waitFor();
    });
  await apply();
  await as(hub, 'reviewer', async () => {
    await open(at, hub, 'prepayments', '预付金');
    await row(page, '紧急调增', /待审核/)
      .getByRole('button', { name: '不同意' })
      .click();
    await inDialog(at, (dialog) => dialog.getByLabel('意见').fill('请补充住院人次'), '不同意调增');
    assert.equal((await list('refused')).length, 1);
  });
  await until(
    'the refusal',
    () => funds(country, HUBEI, 'prepayments/increases?stage=refused'),
    ({ increases }) => increases.length === 1,
  );
  await apply();
  await as(hub, 'reviewer', async () => {
    await open(at, hub, 'prepayments', '预付金');
    await row(page, '紧急调增', /待审核/)
      .getByRole('button', { name: '同意', exact: true })
      .click();
    await inDialog(
      at,
      async (dialog) => {
        await dialog.getByLabel('金额（元）').fill(granted);
        await dialog.getByLabel('意见').fill('先调增一部分');
      },
      '同意调增',
    );
    assert.deepEqual(
      (await list('accepted')).map((one) => one.accepted),
      [granted],
    );
    await looked(at, 'prepayments-4-increased');
  });
  // Its money is put up as the rest was, and moves like it.
  const month = (await funds(country, HUB, 'clearings')).months.at(-1).month;
  const divided = await funds(country, BEIJING, `areas/${month}/divide`, {});
  for (const [which, area] of divided.areas.entries()) {
    await funds(country, BEIJING, `areas/${month}/receipts`, {
      area: area.area,
      day: divided.divided_at.slice(0, 10),
      bank_reference: `JZ-${which}`,
      amounts: area.open,
    });
  }
  const order = await moved(at, country, { hubei, beijing, as }, 'JZ');
  assert.equal(order.amount, granted);
  await until(
    'its end',
    () => funds(country, HUBEI, 'prepayments/increases?stage=paid'),
    ({ increases }) => increases.length === 1,
  );
  assert.equal((await list('paid')).length, 1);
  const after = await position();
  assert.equal(fen(after.prepayment), fen(FIRST) + fen(granted), 'what is held is what was paid');
  await as(hubei, 'operator', async () => {
    await patiently(() => funds(country, HUBEI, 'prepayments/compute', {}));
    await open(at, hubei, 'prepayments', '预付金');
    await row(page, '紧急调增', /已到账/)
      .getByText(shown(granted))
      .waitFor();
    await row(page, '使用情况', /北京.*湖北.*职工/)
      .getByText(shown(after.prepayment))
      .first()
      .waitFor();
  });
}

/** The year is over: the hub has drafted the next by itself from what was paid; one amount is set, another adopts, the difference moves. */
async function nextYear(at, country, { hub, as, year }) {
  const { page } = at;
  const today = new Date(Date.now() + 8 * 3_600_000);
  const begins = new Date(Date.UTC(Number(year), 0, 12));
  await country.passDays(Math.ceil((begins - today) / 86_400_000));
  const path = `prepayments/years/${year}`;
  const drafted = await until(
    'the draft',
    () => funds(country, HUB, 'prepayments/years'),
    ({ years }) => years.some((one) => String(one.year) === year),
  ).then(() => funds(country, HUB, path));
  const own = drafted.lines.find(between);
  assert.ok(own, 'a pair with a history has a line');
  assert.equal(fen(own.difference), fen(own.amount) - fen(own.before));
  const amount = '30000.00';
  await as(hub, 'operator', async () => {
    await open(at, hub, `prepayments?year=${year}`, '预付金');
    await page.getByText('第 1 次').waitFor();
    await row(page, '各项额度', /北京.*湖北.*职工/)
      .getByRole('button', { name: '核定', exact: true })
      .click();
    await inDialog(
      at,
      async (dialog) => {
        await dialog.getByLabel('金额（元）').fill(amount);
        await dialog.getByLabel('理由').fill('按最近三个月估计');
      },
      '人工核定一项',
    );
    await row(page, '各项额度', /北京.*湖北.*职工/)
      .getByText(shown(amount))
      .first()
      .waitFor();
    await looked(at, 'prepayments-5-next-year');
  });
  await as(hub, 'reviewer', async () => {
    await open(at, hub, `prepayments?year=${year}`, '预付金');
    await act(at, '核定', undefined, '核定额度');
  });
  const adopted = await funds(country, HUB, path);
  assert.equal(adopted.stage, 'adopted');
  const line = adopted.lines.find(between);
  assert.deepEqual([line.amount, line.before], [amount, own.before]);
  const sum = (lines) => lines.reduce((all, one) => all + fen(one.difference), 0n);
  const up = adopted.lines.filter((one) => fen(one.difference) > 0n);
  const down = adopted.lines.filter((one) => fen(one.difference) < 0n);
  assert.equal(sum(up), fen(adopted.insured_pay), 'what insured provinces pay is what went up');
  assert.equal(-sum(down), fen(adopted.treatment_return), 'and what comes back is what went down');
  const { notices } = await funds(country, HUB, `notices?province=${BEIJING}`);
  const notice = notices.find((one) => one.number.startsWith(`YF${year}`) && one.payee === HUBEI);
  assert.equal(fen(notice.total), fen(amount) - fen(own.before), 'only the difference moves');
}

/** The old year: not closed while a month of it is open, and then at the hub by a reviewer, in a province's books by finance. */
async function yearClosed(at, country, { hub, hubei, as, year }) {
  const { page } = at;
  // December has its statement on the 21st of January.
  await country.passDays(10);
  const months = async () =>
    (await funds(country, HUB, 'clearings')).months.filter((one) => one.month.startsWith(year));
  await until('the last month', months, (all) => all.some((one) => one.month === `${year}-12`));
  const close = async () => {
    await open(at, hub, 'clearing', '月度清算');
    await page.getByRole('button', { name: '年度关账' }).click();
  };
  const fill = (dialog) => dialog.getByLabel('年度').fill(year);
  await as(hub, 'reviewer', async () => {
    await close();
    await refusedInDialog(at, fill, '关账', /尚有未完事项/);
  });
  // Months are planned and adopted one after the other.
  for (const { month, adopted } of await months()) {
    const path = `clearings/${month.replace('-', '')}`;
    if (adopted === 0) {
      const { plan } = await funds(country, HUB, `${path}/plan`, {});
      await funds(country, HUB, `${path}/adopt`, { revision: plan.revision });
    }
    await funds(country, HUB, `${path}/notices`, {});
  }
  await until('the notices', months, (all) => all.every((one) => one.stage === 'noticed'));
  await as(hub, 'reviewer', async () => {
    await close();
    await inDialog(at, fill, '关账');
    await close();
    await refusedInDialog(at, fill, '关账', /已由预付乙/);
  });
  await as(hubei, 'finance', async () => {
    const last = `${year}-12-31`;
    const range = `first=${year}-01-01&last=${last}`;
    await open(at, hubei, `ledger?${range}`, '科目余额表');
    await act(at, '年终结转', fill);
    await open(at, hubei, `ledger?${range}`, '科目余额表');
    await page.getByText('平衡', { exact: true }).first().waitFor();
    const trial = await funds(country, HUBEI, `ledger/trial?${range}`);
    assert.ok(trial.balanced);
    const spent = trial.accounts.filter((one) => one.account.account.startsWith('expense-benefit'));
    assert.ok(spent.length > 0, 'something was spent');
    for (const one of spent)
      assert.equal(one.closing, '0.00', 'what was spent has gone to what the years come to');
    await looked(at, 'prepayments-6-year-closed');
  });
}
