import { expect, it } from 'vitest';
import type { components } from '@/generated/hub';
import { attention } from './attention';

type Month = components['schemas']['ClearingMonth'];
const month = (change: Partial<Month>): Month => ({
  month: '2026-10',
  stage: 'adopted',
  stage_name: '',
  closed_at: '',
  revision: 2,
  adopted: 2,
  confirmed_by: '2026-11-20',
  notices_on: '2026-11-25',
  unanswered: [],
  disputed: [],
  ...change,
});
const of = (months: Month[], today = '2026-11-15') =>
  attention({ months }, today).map((one) => `${one.grade} ${one.words}`);

it('says what of a month waits, and when it is late', () => {
  expect(of([month({ stage: 'closed' })])).toEqual(['warn 2026-10已截止，尚未清分试算']);
  expect(of([month({ stage: 'planned' })])).toEqual(['warn 2026-10已试算（第2次），尚未生成清算表']);
  const unanswered = month({ unanswered: ['420000', '110000'] });
  expect(of([unanswered])).toEqual(['warn 2026-10清算表待湖北、北京确认，期限2026-11-20']);
  expect(of([unanswered], '2026-11-21')).toEqual(['bad 2026-10清算表待湖北、北京确认，期限2026-11-20']);
  expect(of([month({})], '2026-11-25')).toEqual(['warn 2026-10应签发付款、收款通知书（2026-11-25）']);
  expect(of([month({ stage: 'noticed' })], '2026-12-25')).toEqual([]);
});

it('puts the grave first, and says nothing of what is well', () => {
  const participant = (suspended: string | null) =>
    ({ name: '湖北省', suspended }) as components['schemas']['ParticipantView'];
  expect(attention({ participants: [participant(null)] }, '2026-01-01')).toEqual([]);
  const found = attention(
    { participants: [participant('欠付')], months: [month({ stage: 'closed' })], differences: [] },
    '2026-01-01',
  );
  expect(found.map((one) => one.grade)).toEqual(['bad', 'warn']);
  expect(found[0]?.words).toBe('湖北省已暂停直接结算：欠付');
});
