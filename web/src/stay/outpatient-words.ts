/** What the same things are called at a hospital's window for outpatients, and at a pharmacy's for prescriptions. */

interface VisitWords {
  readonly page: string;
  /** The visit, as it stands before and after it is described. */
  readonly visit: string;
  readonly registered: string;
  readonly described: string;
  readonly past: string;
  /** The registration. */
  readonly registration: string;
  readonly register: string;
  readonly withdraw: string;
  readonly withdrawn: string;
  readonly registeredAt: string;
  readonly number: string;
  readonly department: string;
  readonly wrongDepartment: string;
  readonly doctorCode: string;
  readonly doctorName: string;
  /** What it is for. */
  readonly at: string;
  readonly describe: string;
  readonly change: string;
  /** The institution's own software. */
  readonly software: string;
  /** The title of the statement. */
  readonly statement: string;
}

const OUTPATIENT: VisitWords = {
  page: '门诊收费窗口',
  visit: '门诊就诊',
  registered: '已挂号',
  described: '就诊中',
  past: '本院门诊就诊',
  registration: '门诊挂号',
  register: '挂号',
  withdraw: '撤销挂号',
  withdrawn: '这次挂号作废，可以重新挂号。',
  registeredAt: '挂号时间',
  number: '门诊号',
  department: '就诊科室',
  wrongDepartment: '请选择科室',
  doctorCode: '医师编码',
  doctorName: '医师姓名',
  at: '就诊时间',
  describe: '保存就诊信息',
  change: '修改就诊信息',
  software: '本院软件',
  statement: '跨省异地就医门诊费用结算单',
};

const PRESCRIPTION: VisitWords = {
  page: '处方购药窗口',
  visit: '处方购药',
  registered: '已登记',
  described: '已传处方',
  past: '本店处方购药',
  registration: '处方登记',
  register: '登记处方',
  withdraw: '撤销登记',
  withdrawn: '这次登记作废，可以重新登记。',
  registeredAt: '登记时间',
  number: '处方号',
  department: '开方科室',
  wrongDepartment: '请选择开方科室',
  doctorCode: '开方医师编码',
  doctorName: '开方医师姓名',
  at: '开方时间',
  describe: '上传处方信息',
  change: '修改处方信息',
  software: '本店软件',
  statement: '跨省异地就医购药费用结算单',
};

/** The words of a window. */
export const visitWords = (pharmacy: boolean): VisitWords => (pharmacy ? PRESCRIPTION : OUTPATIENT);
