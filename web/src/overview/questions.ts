/** What nodes ask each other, in words: the names are those of the messages between nodes. */

const WORDS: Readonly<Record<string, string>> = {
  find_person: '查询参保人',
  find_filings: '查询备案',
  trial: '预结算',
  settle: '结算',
  undo: '撤销结算',
  find_year: '查询年度累计',
  publish_filing: '上报备案',
  publish_institution: '上报机构',
  find_participants: '查询参与方',
  find_notices: '取通知书',
  report_transfer: '上报划拨',
  publish_bank_account: '上报专户',
  find_bank_accounts: '查询专户',
  read_medium: '核验凭证',
  send_details: '上传明细',
  check_benefit: '核对待遇',
  find_digests: '对账摘要',
  find_book_lines: '对账明细',
  report_reconciliation: '上报对账',
  find_open_differences: '查询差异',
  register: '登记事项',
  withdraw_registration: '撤销登记',
  find_registrations: '查询登记',
  find_clearing: '取清算表',
  find_cleared_settlements: '取清算明细',
  answer_clearing: '确认清算',
  report_deduction: '上报扣款',
  apply_increase: '申请调增',
  find_increases: '查询调增',
  find_announcements: '取停机公告',
  find_institutions: '取机构登记',
  report_stays: '上报住院结算率',
};

/** The words of a kind of question; its own name where there are none. */
export const questionWords = (kind: string): string => WORDS[kind] ?? kind;
