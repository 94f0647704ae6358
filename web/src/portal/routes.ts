/** The pages of the portal. */

import type { Component } from 'vue';

export interface PortalPage {
  readonly path: string;
  readonly title: string;
  readonly load: () => Promise<{ default: Component }>;
  /** Only for somebody who has signed in: it is about them. */
  readonly own?: boolean;
}

export const ROUTES: readonly PortalPage[] = [
  { path: '/', title: '异地就医服务', load: () => import('./HomePage.vue') },
  { path: '/sign-in', title: '登录', load: () => import('./SignInPage.vue') },
  { path: '/register', title: '注册', load: () => import('./RegisterPage.vue') },
  { path: '/me', title: '我的', load: () => import('./MePage.vue'), own: true },
  { path: '/filings', title: '我的备案', load: () => import('./FilingsPage.vue'), own: true },
  { path: '/filings/new', title: '自助备案', load: () => import('./NewFilingPage.vue'), own: true },
  { path: '/filings/:id', title: '备案详情', load: () => import('./FilingPage.vue'), own: true },
  { path: '/settlements', title: '我的结算', load: () => import('./SettlementsPage.vue'), own: true },
  { path: '/settlements/:id', title: '结算详情', load: () => import('./SettlementPage.vue'), own: true },
  { path: '/institutions', title: '查定点医院', load: () => import('./InstitutionsPage.vue') },
  { path: '/calculator', title: '算一算报多少', load: () => import('./CalculatorPage.vue') },
  { path: '/policy', title: '看政策', load: () => import('./PolicyPage.vue') },
  { path: '/guide', title: '办事指南', load: () => import('./GuidePage.vue') },
  { path: '/complaint', title: '投诉举报', load: () => import('./ComplaintPage.vue') },
  { path: '/complaint/follow', title: '查投诉进度', load: () => import('./ComplaintFollowPage.vue') },
  { path: '/announcements', title: '停机公告', load: () => import('./AnnouncementsPage.vue') },
  { path: '/verify', title: '文书核验', load: () => import('./VerifyPage.vue') },
];
