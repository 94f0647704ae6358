/**
 * The menu: which page is opened by which permission (操作权限), and at which kind of node. A page that the session does not
 * permit is not offered, and the server refuses what it would ask.
 */

import type { Component } from 'vue';
import { isPharmacy, type Action, type Session } from '@/api/session';

export interface Page {
  readonly path: string;
  readonly title: string;
  readonly load: () => Promise<{ default: Component }>;
  /** Any of these opens it; none is needed where the list is empty. */
  readonly any: readonly Action[];
  /** Only the hub's nodes, or only provinces', have it. */
  readonly at?: 'hub' | 'province';
  /** It shows what is the whole node's: whoever works for a part of it is refused there. */
  readonly whole?: true;
  /** Beside it, what of it is a pooling area's is shown to that area's people. */
  readonly alsoCities?: true;
  /** Only who sits at such an institution's window has it. */
  readonly counter?: 'hospital' | 'pharmacy';
  /** Opened from another page, not from the menu. */
  readonly unlisted?: true;
}

export interface Group {
  readonly title: string;
  readonly pages: readonly Page[];
}

export const GROUPS: readonly Group[] = [
  {
    title: '待办',
    pages: [
      {
        path: '/work',
        title: '待办',
        load: () => import('@/work/WorkPage.vue'),
        any: ['read-work'],
      },
    ],
  },
  {
    title: '运行',
    pages: [
      {
        path: '/overview',
        title: '运行总览',
        load: () => import('@/overview/OverviewPage.vue'),
        any: ['read-statistics'],
        whole: true,
        at: 'hub',
      },
      {
        path: '/participants',
        title: '参与方',
        load: () => import('@/participant/ParticipantsPage.vue'),
        any: ['read-participants'],
        whole: true,
        at: 'hub',
      },
      {
        path: '/announcements',
        title: '停机公告',
        load: () => import('@/announcement/AnnouncementsPage.vue'),
        any: ['read-announcements'],
        whole: true,
      },
      {
        path: '/statistics',
        title: '统计报表',
        load: () => import('@/statistics/StatisticsPage.vue'),
        any: ['read-statistics'],
        whole: true,
      },
    ],
  },
  {
    title: '备案',
    pages: [
      {
        path: '/agency/filings',
        title: '备案经办',
        load: () => import('@/filing/FilingsPage.vue'),
        any: ['read-filings'],
        at: 'province',
      },
      {
        path: '/registered-filings',
        title: '全国备案登记',
        load: () => import('@/filing/RegisterPage.vue'),
        any: ['read-filings'],
        at: 'hub',
      },
    ],
  },
  {
    title: '参保和结算',
    pages: [
      {
        path: '/agency/people',
        title: '参保人员',
        load: () => import('@/person/PeoplePage.vue'),
        any: ['read-people'],
        at: 'province',
      },
      {
        path: '/agency/people/:area/:person',
        title: '人员详情',
        load: () => import('@/person/PersonPage.vue'),
        any: ['read-people'],
        at: 'province',
        unlisted: true,
      },
      {
        path: '/agency/settlements',
        title: '结算查询',
        load: () => import('@/settlement/SettlementsPage.vue'),
        any: ['read-settlements'],
        at: 'province',
      },
      {
        path: '/agency/settlements/:id',
        title: '结算详情',
        load: () => import('@/settlement/SettlementPage.vue'),
        any: ['read-settlements'],
        at: 'province',
        unlisted: true,
      },
      {
        path: '/agency/institutions',
        title: '定点医药机构',
        load: () => import('@/institution/InstitutionsPage.vue'),
        any: ['read-institutions'],
      },
      {
        path: '/agency/policies',
        title: '待遇政策',
        load: () => import('@/policy/PoliciesPage.vue'),
        any: ['read-policies'],
        at: 'province',
      },
      {
        path: '/agency/catalog',
        title: '医保目录',
        load: () => import('@/catalog/CatalogPage.vue'),
        any: ['read-policies'],
        at: 'province',
      },
      {
        path: '/agency/mappings',
        title: '目录对照',
        load: () => import('@/catalog/MappingsPage.vue'),
        any: ['read-mapping'],
        at: 'province',
      },
      {
        path: '/agency/calculator',
        title: '待遇试算',
        load: () => import('@/calculator/CalculatorPage.vue'),
        any: ['calculate'],
        at: 'province',
      },
      {
        path: '/agency/complaints',
        title: '投诉举报',
        load: () => import('@/complaint/ComplaintsPage.vue'),
        any: ['read-complaints'],
        whole: true,
        at: 'province',
      },
    ],
  },
  {
    title: '清算',
    pages: [
      {
        path: '/reconciliation',
        title: '每日对账',
        load: () => import('@/reconciliation/ReconciliationPage.vue'),
        any: ['read-reconciliation'],
        whole: true,
        alsoCities: true,
      },
      {
        path: '/clearing',
        title: '月度清算',
        load: () => import('@/clearing/ClearingPage.vue'),
        any: ['read-clearing'],
        whole: true,
        at: 'hub',
      },
      {
        path: '/statements',
        title: '清算确认',
        load: () => import('@/clearing/StatementsPage.vue'),
        any: ['read-clearing'],
        whole: true,
        at: 'province',
      },
      {
        path: '/agency/areas',
        title: '统筹区清算',
        load: () => import('@/area/AreasPage.vue'),
        any: ['read-clearing'],
        at: 'province',
      },
      {
        path: '/agency/institution-payments',
        title: '机构拨付',
        load: () => import('@/institution/PaymentsPage.vue'),
        any: ['read-payments'],
        at: 'province',
      },
      {
        path: '/agency/deductions',
        title: '审核扣款',
        load: () => import('@/institution/DeductionsPage.vue'),
        any: ['read-clearing'],
        at: 'province',
      },
      {
        path: '/prepayments',
        title: '预付金',
        load: () => import('@/prepayment/PrepaymentsPage.vue'),
        any: ['read-prepayment'],
        whole: true,
      },
      {
        path: '/notices',
        title: '通知书与催缴',
        load: () => import('@/notice/NoticesPage.vue'),
        any: ['read-transfers', 'read-clearing'],
        whole: true,
      },
    ],
  },
  {
    title: '资金划拨',
    pages: [
      {
        path: '/payments',
        title: '应付划拨',
        load: () => import('@/transfer/PaymentsPage.vue'),
        any: ['read-transfers'],
        whole: true,
        at: 'province',
      },
      {
        path: '/receipts',
        title: '应收到账',
        load: () => import('@/transfer/ReceiptsPage.vue'),
        any: ['read-transfers'],
        whole: true,
        at: 'province',
      },
      {
        path: '/bank-entries',
        title: '银行流水',
        load: () => import('@/transfer/EntriesPage.vue'),
        any: ['read-bank'],
        whole: true,
        at: 'province',
      },
      {
        path: '/bank-accounts',
        title: '银行账户',
        load: () => import('@/transfer/AccountsPage.vue'),
        any: ['read-bank'],
        whole: true,
      },
    ],
  },
  {
    title: '账务',
    pages: [
      {
        path: '/ledger',
        title: '科目余额表',
        load: () => import('@/ledger/TrialPage.vue'),
        any: ['read-ledger'],
        whole: true,
      },
      {
        path: '/ledger/account',
        title: '明细账',
        load: () => import('@/ledger/AccountPage.vue'),
        any: ['read-ledger'],
        whole: true,
      },
      {
        path: '/ledger/vouchers',
        title: '记账凭证',
        load: () => import('@/ledger/VouchersPage.vue'),
        any: ['read-ledger'],
        whole: true,
      },
      {
        path: '/ledger/proof',
        title: '账务核验',
        load: () => import('@/ledger/ProofPage.vue'),
        any: ['prove-books'],
        whole: true,
      },
      {
        path: '/documents',
        title: '资金文书',
        load: () => import('@/document/DocumentsPage.vue'),
        any: ['read-documents'],
        whole: true,
      },
    ],
  },
  {
    title: '医药机构窗口',
    pages: [
      {
        path: '/window',
        title: '住院收费窗口',
        load: () => import('@/stay/WindowPage.vue'),
        any: ['use-window'],
        at: 'province',
        counter: 'hospital',
      },
      {
        path: '/window/outpatient',
        title: '门诊收费窗口',
        load: () => import('@/stay/OutpatientPage.vue'),
        any: ['use-window'],
        at: 'province',
        counter: 'hospital',
      },
      {
        path: '/window/purchase',
        title: '购药收费窗口',
        load: () => import('@/stay/PurchasePage.vue'),
        any: ['use-window'],
        at: 'province',
        counter: 'pharmacy',
      },
      {
        path: '/window/prescription',
        title: '处方购药窗口',
        load: () => import('@/stay/PrescriptionPage.vue'),
        any: ['use-window'],
        at: 'province',
        counter: 'pharmacy',
      },
      {
        path: '/window/reconciliation',
        title: '日对账',
        load: () => import('@/stay/DayBookPage.vue'),
        any: ['use-window', 'keep-institution-books'],
        at: 'province',
      },
      {
        path: '/window/apportioning',
        title: '清分确认',
        load: () => import('@/stay/ApportioningPage.vue'),
        any: ['keep-institution-books'],
        at: 'province',
      },
      {
        path: '/window/transcript',
        title: '接口报文记录',
        load: () => import('@/transcript/TranscriptPage.vue'),
        any: ['read-transcripts'],
        at: 'province',
      },
    ],
  },
  {
    title: '账户与审计',
    pages: [
      {
        path: '/accounts',
        title: '账户管理',
        load: () => import('@/account/AccountsPage.vue'),
        any: ['read-accounts'],
      },
      {
        path: '/audit-trail',
        title: '操作日志',
        load: () => import('@/audit/AuditTrailPage.vue'),
        any: ['read-audit-trail'],
        whole: true,
      },
    ],
  },
  {
    title: '本人',
    pages: [
      {
        path: '/jobs',
        title: '我的任务',
        load: () => import('@/work/JobsPage.vue'),
        any: [],
        unlisted: true,
      },
      {
        path: '/me',
        title: '本人账户',
        load: () => import('@/account/OwnPage.vue'),
        any: [],
        unlisted: true,
      },
    ],
  },
];

export const PAGES: readonly Page[] = GROUPS.flatMap((group) => group.pages);

type Who = Pick<Session, 'participant' | 'actions'> & {
  readonly area: Pick<Session['area'], 'kind'>;
  readonly windows: readonly { readonly kind: string }[];
};

/** Whether somebody may open a page. */
export function opens(page: Page, who: Who): boolean {
  const here = who.participant === '100000' ? 'hub' : 'province';
  if (page.at !== undefined && page.at !== here) return false;
  const isPharmacys = page.counter === 'pharmacy';
  if (page.counter !== undefined && !who.windows.some((one) => isPharmacy(one) === isPharmacys)) return false;
  const isPart = !['nation', 'province'].includes(who.area.kind);
  if (page.whole === true && isPart && !(page.alsoCities === true && who.area.kind === 'city')) return false;
  return page.any.length === 0 || page.any.some((action) => who.actions.includes(action));
}

/** What the menu shows somebody: groups with at least one page. */
export const menuFor = (who: Who, groups = GROUPS): Group[] =>
  groups
    .map(({ title, pages }) => ({
      title,
      pages: pages.filter((page) => page.unlisted !== true && opens(page, who)),
    }))
    .filter((group) => group.pages.length > 0);

/** The page of a path: the longest page path that it begins with. */
export function pageOf(path: string, pages = PAGES): Page | undefined {
  return pages
    .filter((page) => path === page.path || path.startsWith(`${page.path}/`))
    .sort((one, other) => other.path.length - one.path.length)[0];
}
