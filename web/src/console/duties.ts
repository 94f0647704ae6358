/** The menu: what each duty (岗位) opens. A page that is not in the session's duties is not offered, and the server refuses it. */

import type { Component } from 'vue';
import type { Duty } from '@/api/session';

export interface Page {
  readonly path: string;
  readonly title: string;
  readonly load: () => Promise<{ default: Component }>;
}

export interface DutyMenu {
  readonly duty: Duty;
  readonly title: string;
  readonly pages: readonly Page[];
}

export const MENUS: readonly DutyMenu[] = [
  {
    duty: 'hub',
    title: '国家平台',
    pages: [
      { path: '/hub', title: '运行总览', load: () => import('@/overview/OverviewPage.vue') },
      {
        path: '/hub/participants',
        title: '参与方',
        load: () => import('@/participant/ParticipantsPage.vue'),
      },
      { path: '/hub/clearing', title: '月度清算', load: () => import('@/clearing/ClearingPage.vue') },
      {
        path: '/hub/reconciliation',
        title: '每日对账',
        load: () => import('@/reconciliation/ReconciliationPage.vue'),
      },
      { path: '/hub/prepayments', title: '预付金', load: () => import('@/prepayment/PrepaymentsPage.vue') },
      { path: '/hub/notices', title: '通知书与划拨', load: () => import('@/notice/NoticesPage.vue') },
    ],
  },
  {
    duty: 'clerk',
    title: '省级经办',
    pages: [{ path: '/agency/filings', title: '备案查询', load: () => import('@/filing/FilingsPage.vue') }],
  },
  {
    duty: 'cashier',
    title: '医院收费',
    pages: [{ path: '/window', title: '住院收费窗口', load: () => import('@/stay/WindowPage.vue') }],
  },
];

/** The menus of somebody with these duties. */
export const menusOf = (duties: readonly Duty[]): DutyMenu[] =>
  MENUS.filter((menu) => duties.includes(menu.duty));

/** In which menu a path is: the longest page path that it begins with. */
export function menuOf(menus: readonly DutyMenu[], path: string): DutyMenu | undefined {
  return menus.find((menu) =>
    menu.pages.some((page) => path === page.path || path.startsWith(`${page.path}/`)),
  );
}
