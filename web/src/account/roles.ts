/** 岗位, as nodes name them, and in which areas each can be. */

import type { Area } from '@/api/session';

type Kind = Area['kind'];

interface Role {
  readonly code: string;
  readonly words: string;
  readonly kinds: readonly Kind[];
  /** What the role is for, for whoever grants it. */
  readonly does: string;
}

export const ROLES: readonly Role[] = [
  { code: 'hub-operator', words: '国家经办', kinds: ['nation'], does: '清算试算、对账核查、参与方登记' },
  { code: 'hub-reviewer', words: '国家复核', kinds: ['nation'], does: '审定清算和预付金、暂停和恢复参与方' },
  {
    code: 'agency-operator',
    words: '经办',
    kinds: ['province', 'city', 'county'],
    does: '备案、人员、结算查询和核查',
  },
  {
    code: 'agency-reviewer',
    words: '复核',
    kinds: ['province', 'city', 'county'],
    does: '审核备案、确认清算和差异',
  },
  {
    code: 'finance',
    words: '财政',
    kinds: ['nation', 'province', 'city'],
    does: '划拨、到账、银行账户和流水',
  },
  {
    code: 'supervisor',
    words: '行政监管',
    kinds: ['nation', 'province', 'city'],
    does: '只读查看业务和统计',
  },
  { code: 'auditor', words: '审计', kinds: ['nation', 'province', 'city'], does: '只读查看账簿和操作日志' },
  { code: 'cashier', words: '收费员', kinds: ['institution'], does: '在本机构窗口办理就医结算' },
  { code: 'institution-office', words: '机构医保办', kinds: ['institution'], does: '查看本机构的结算和对账' },
  {
    code: 'account-administrator',
    words: '账户管理员',
    kinds: ['nation', 'province', 'city'],
    does: '开立、停用和重置账户，不办业务',
  },
];

/** What kind of area a code is: six digits, or an institution's code. */
export function areaKind(code: string): Kind | undefined {
  if (code === '100000') return 'nation';
  if (/^\d{2}0000$/.test(code)) return 'province';
  if (/^\d{4}00$/.test(code)) return 'city';
  if (/^\d{6}$/.test(code)) return 'county';
  return /^[HP]\d{11}$/.test(code) ? 'institution' : undefined;
}

/** What is wrong with a role in an area, in Chinese; empty if it fits. The node knows more, and has the last word. */
export function wrongRole(role: string, area: string): string {
  const found = ROLES.find((one) => one.code === role);
  if (found === undefined) return '请选择岗位';
  const kind = areaKind(area);
  if (kind === undefined) return '管辖范围应为六位区划代码，或机构编号';
  // The municipalities' counties stand for pooling areas of their own in places; the node decides.
  if (found.kinds.includes(kind)) return '';
  return `${found.words}不能设在这个范围，请核对`;
}
