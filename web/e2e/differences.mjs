// A row of the hub's book is changed behind its back. The provinces compare anew and find it; it is handed on, explained and confirmed, by
// two people at each level; until then its settlement enters no clearing. One at the hub asks for the correction of its row, another decides, and
// then it is cleared as both provinces have it.
import assert from 'node:assert/strict';
import { DESKTOP, pageOf } from './browser.mjs';
import { act, funds, inDialog, looked, open, toDo } from './desk.mjs';
import { person, signIn, signOut } from './people.mjs';

const HUB = '100000';

export async function differences(chrome, country, troubles) {
  const at = { page: await pageOf(chrome, DESKTOP, troubles), troubles };
  at.page.setDefaultTimeout(15_000);
  const settlement = await country.alterAtHub();
  // An id says where and when.
  const treatment = settlement.slice(0, 6);
  const day = new Date(Number(settlement.slice(6, 19)) + 8 * 3_600_000).toISOString().slice(0, 10);
  const insured = await insuredOf(country, treatment, settlement);
  const [hub, ofTreatment, ofInsured] = [
    await country.at(HUB),
    await country.at(treatment),
    await country.at(insured),
  ];
  for (const [participant, role] of [
    [HUB, 'hub'],
    [treatment, 'agency'],
    [insured, 'agency'],
  ]) {
    for (const [account, name] of [
      ['operator', `对账${participant}甲`],
      ['reviewer', `对账${participant}乙`],
    ]) {
      await person(country, participant, { account, name, role: `${role}-${account}`, area: participant });
    }
  }
  const as = async (url, account, doing) => {
    await signIn(at.page, url, account);
    await doing();
    await signOut(at.page);
  };
  const month = (await funds(country, HUB, 'clearings')).months.at(-1).month.replace('-', '');
  const planned = async () => (await funds(country, HUB, `clearings/${month}/plan`, {})).plan;
  const before = await planned();
  const found = (participant, stage = '') =>
    funds(country, participant, `differences?from=${day}&to=${day}&stage=${stage}`).then((answer) =>
      answer.differences.filter((one) => one.settlement === settlement),
    );
  const list = `reconciliation?from=${day}&to=${day}`;
  const openIt = async (url, stage = '') => {
    await open(at, url, `${list}&stage=${stage}`, '每日对账');
    await at.page.getByRole('button', { name: settlement }).first().click();
    await at.page.getByRole('heading', { name: '差异办理' }).waitFor();
  };
  const say = (note, more) => async (dialog) => {
    await more?.(dialog);
    await dialog.getByLabel('说明').fill(note);
  };

  // Both provinces compare the day anew, and each finds that the hub's book differs from its own.
  for (const [participant, url] of [
    [treatment, ofTreatment],
    [insured, ofInsured],
  ]) {
    await as(url, 'operator', async () => {
      await open(at, url, list, '每日对账');
      await at.page.getByRole('button', { name: '重新对账' }).click();
      await inDialog(
        at,
        async (dialog) => {
          for (const label of ['重新对账起始日期', '重新对账截止日期']) {
            await dialog.getByLabel(label).fill(day);
            await at.page.keyboard.press('Tab');
          }
        },
        '对账',
        '已重新对账',
      );
      const [one] = await found(participant);
      assert.equal(one.stage, 'open');
      await at.page.getByRole('button', { name: settlement }).first().click();
      await at.page.getByText(one.words).first().waitFor();
      await at.page.getByText(one.cause_name).first().waitFor();
      assert.equal(
        await at.page.getByRole('button', { name: '确认差异' }).count(),
        0,
        'who looks into it does not confirm',
      );
      if (participant === treatment) {
        await looked(at, 'differences-1-found');
        // It is the insured province that can say what it paid: handed on to it, with a word.
        await act(
          at,
          '转交核查方',
          say('本省结算清单无误，请参保地核对', (dialog) =>
            dialog.getByLabel('核查方').selectOption('insured'),
          ),
        );
        assert.equal((await found(participant))[0].owner, 'insured');
        await at.page.getByText('本省结算清单无误').waitFor();
      } else {
        await act(at, '说明原因', say('本省账与就医地一致，国家平台账的医疗费总额多1元'));
        assert.equal((await found(participant, 'explained'))[0].stage, 'explained');
      }
    });
  }
  assert.equal(
    (await planned()).left_out,
    before.left_out + 1,
    'what nobody has explained enters no clearing',
  );

  // The insured province's reviewer confirms what the operator there has said.
  await as(ofInsured, 'reviewer', async () => {
    await toDo(at, ofInsured, '待确认的对账差异', '每日对账');
    await at.page.getByRole('button', { name: settlement }).first().click();
    await at.page.getByRole('heading', { name: '差异办理' }).waitFor();
    assert.equal(
      await at.page.getByRole('button', { name: '说明原因' }).count(),
      0,
      'who confirms does not explain',
    );
    await act(at, '确认差异', say('已核对本省账，属实'));
    assert.equal((await found(insured, 'confirmed')).length, 1);
  });

  // The hub has both: its operator explains what it was, its reviewer confirms, for both books.
  await as(hub, 'operator', async () => {
    await openIt(hub);
    await at.page.getByText('对账次数').waitFor();
    await looked(at, 'differences-2-hub');
    await act(at, '说明原因', say('国家平台账被误改，两省账一致，按两省账清算'));
  });
  await as(hub, 'reviewer', async () => {
    await openIt(hub, 'explained');
    await act(at, '确认差异', say('同意，已更正登记'));
    assert.deepEqual(await found(HUB), [], 'nothing of it is open at the hub');
  });

  // The treatment province closes its own, and one that was confirmed may be looked into once more.
  await as(ofTreatment, 'operator', async () => {
    await openIt(ofTreatment);
    await act(at, '说明原因', say('国家平台已查明，本省账无误'));
  });
  await as(ofTreatment, 'reviewer', async () => {
    await openIt(ofTreatment, 'explained');
    await act(at, '确认差异', say('属实'));
  });
  await as(ofTreatment, 'operator', async () => {
    await openIt(ofTreatment, 'confirmed');
    await act(at, '重新核查', say('补充核对费用明细'));
    assert.equal((await found(treatment))[0].stage, 'open');
    await openIt(ofTreatment);
    await act(at, '说明原因', say('费用明细一致，原说明不变'));
  });
  await as(ofTreatment, 'reviewer', async () => {
    await openIt(ofTreatment, 'explained');
    await act(at, '确认差异', say('属实'));
    await looked(at, 'differences-3-closed');
  });
  for (const participant of [treatment, insured]) assert.deepEqual(await found(participant), []);
  await openAtHub(country, found);

  // The hub's row is taken from what both provinces have signed.
  await as(hub, 'operator', async () => {
    await openIt(hub, 'confirmed');
    await at.page.getByRole('heading', { name: '更正国家平台的记录' }).waitFor();
    await act(at, '申请更正', (dialog) =>
      dialog.getByLabel('更正理由').fill('国家平台记录的医疗费总额被误改'),
    );
    await at.page.locator('.tag', { hasText: '待审批' }).first().waitFor();
    assert.equal(
      await at.page.getByRole('button', { name: '同意更正' }).count(),
      0,
      'who asks does not decide',
    );
    await looked(at, 'differences-4-correction');
  });
  assert.equal((await planned()).left_out, before.left_out + 1, 'nobody clears it before that is decided');
  await as(hub, 'reviewer', async () => {
    await toDo(at, hub, '待审批的记录更正', '每日对账');
    await at.page.getByRole('button', { name: settlement }).first().click();
    await at.page.getByRole('heading', { name: '更正办理' }).waitFor();
    await act(at, '同意更正', (dialog) => dialog.getByLabel('审批意见').fill('两省记录一致，同意更正'));
    await at.page.locator('.tag', { hasText: '已更正' }).first().waitFor();
    await looked(at, 'differences-5-corrected');
  });
  assert.equal((await planned()).left_out, before.left_out, 'and now it is cleared like all others');
  for (const participant of [treatment, insured]) {
    const { reconciliations } = await funds(country, participant, 'reconciliations', { from: day, to: day });
    assert.ok(
      reconciliations.every((one) => one.agreed),
      'and all books agree',
    );
  }
  await at.page.context().close();
}

/** What a province reopened the hub hears of as well, and what it confirmed again too. */
async function openAtHub(country, found) {
  for (let tries = 0; (await found(HUB)).length > 0; tries += 1) {
    assert.ok(tries < 240, 'the hub does not hear that it is confirmed');
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}

/** Where the person of a settlement is insured, as the treatment place knows it. */
async function insuredOf(country, treatment, settlement) {
  const answer = await fetch(`${country.nodes[treatment]}/api/v1/settlements/${settlement}`, {
    headers: { authorization: `Bearer ${country.token}`, 'x-operator': 'e2e' },
  });
  const one = await answer.json();
  assert.ok(answer.ok, JSON.stringify(one));
  return `${String(one.insured).slice(0, 2)}0000`;
}
