//! Where a document comes from: what each kind is about, found in the books.

use crate::context::{Context, Outcome};
use document::{
    Kind, Office, Paper,
    balance::{self, Moved},
    clearing::{self, Side},
    deduction::{self, Deducted},
    notice, payment,
    reconciliation::{self, Book, Differing, Reconciled},
    voucher,
};
use funds::{
    area_clearing::by_province,
    clearing::{ClearedLine, Plan, Reason, Statement},
    institution_payment::plus,
    ledger::VoucherId,
    notice::{Cause, Notice, NoticeNumber},
    payment_order::OrderNumber,
    rule::RuleBook,
};
use std::collections::BTreeMap;
use store::{Conn, difference};
use terms::{AdminDivision, Day, InsuranceScheme, Month, Participant, PoolingArea, Province, Refusal};
use wire::peer::v1::FoundClearing;

/// The most lines of a month, and the most differences of a day, that a document takes.
const LINES_MAX: i64 = 1_000_000;
const DIFFERENCES_MAX: i64 = 2_000;

/// The document of a kind about something, as the books have it.
pub async fn paper(context: &Context, office: &Office<'_>, kind: Kind, subject: &str) -> Outcome<Paper> {
    let mut conn = context.store.conn().await?;
    let gather = Gather { context, office, kind, subject };
    match kind {
        Kind::NationalClearing
        | Kind::PayableClearing
        | Kind::ReceivableClearing
        | Kind::EmployeeFundPayable
        | Kind::ResidentFundPayable => gather.clearing(&mut conn).await,
        Kind::EmployeeDeduction => gather.deductions(&mut conn, InsuranceScheme::Employee).await,
        Kind::ResidentDeduction => gather.deductions(&mut conn, InsuranceScheme::Resident).await,
        Kind::PaymentNotice
        | Kind::ReceiptNotice
        | Kind::PrepaymentPaymentNotice
        | Kind::PrepaymentReceiptNotice
        | Kind::IncreasePaymentNotice
        | Kind::IncreaseReceiptNotice => gather.notice(&mut conn).await,
        Kind::UrgingNotice => gather.urging(&mut conn).await,
        Kind::Voucher => gather.voucher(&mut conn).await,
        Kind::TrialBalance => gather.balance(&mut conn).await,
        Kind::Reconciliation => gather.reconciliation(&mut conn).await,
        Kind::AreaClearing => gather.area(&mut conn).await,
        Kind::InstitutionPayment => gather.payment(&mut conn).await,
        // A person's: whoever may see the settlement has it issued there ([`super::settlement`]).
        Kind::SettlementStatement => Err(gather.wrong("请在这笔结算的详情中出具").into()),
    }
}

struct Gather<'a> {
    context: &'a Context,
    office: &'a Office<'a>,
    kind: Kind,
    subject: &'a str,
}

impl Gather<'_> {
    /// There is nothing to make the document of.
    fn nothing(&self) -> Refusal {
        let kind = self.kind.chinese();
        Refusal::NothingToIssue {
            what: format!("{kind}：{}", self.subject.chars().take(60).collect::<String>()),
        }
    }

    fn wrong(&self, expected: &str) -> Refusal {
        Refusal::invalid("subject", format!("{}的对象：{expected}", self.kind.chinese()))
    }

    fn today(&self) -> Day {
        self.context.now().day()
    }

    /// A month, and what stands behind its hyphen.
    fn month(&self) -> Result<(Month, Option<&str>), Refusal> {
        let (month, rest) = match self.subject.split_once('-') {
            Some((month, rest)) => (month, Some(rest)),
            None => (self.subject, None),
        };
        let number: Option<i32> =
            Some(month).filter(|month| month.len() == 6).and_then(|month| month.parse().ok());
        let first = number.and_then(|number| Day::from_number(number * 100 + 1));
        let first =
            first.ok_or_else(|| self.wrong("清算年月，如202610；国家平台另加省级区划，如202610-420000"))?;
        Ok((first.month(), rest))
    }

    /// A month and a province: a province's own, at the hub the one that is named.
    fn month_of_province(&self) -> Result<(Month, Province), Refusal> {
        let (month, rest) = self.month()?;
        let named: Option<Province> = rest.map(str::parse).transpose().map_err(|_| self.wrong("省级区划"))?;
        match (self.context.me, named) {
            (Participant::Province(own), None) => Ok((month, own)),
            (Participant::Province(own), Some(named)) if named == own => Ok((month, own)),
            (Participant::Hub, Some(named)) => Ok((month, named)),
            _ => Err(self.wrong("清算年月和本省区划，如202610-420000")),
        }
    }

    fn own_province(&self) -> Result<Province, Refusal> {
        match self.context.me {
            Participant::Province(province) => Ok(province),
            Participant::Hub => Err(self.wrong("国家平台不签发此种文书")),
        }
    }

    // ------------------------------------------------------------ clearing

    async fn clearing(&self, conn: &mut Conn) -> Outcome<Paper> {
        if self.kind == Kind::NationalClearing {
            let (month, rest) = self.month()?;
            if rest.is_some() || self.context.me != Participant::Hub {
                return Err(self.wrong("清算年月，如202610，由国家平台签发").into());
            }
            let statements = self.statements(conn, month).await?;
            return Ok(clearing::national(month, &statements, self.today(), self.office));
        }
        let (month, province) = self.month_of_province()?;
        let statements = self.statements(conn, month).await?;
        let (day, office) = (self.today(), self.office);
        let of_side = |side| clearing::of_province(side, province, month, &statements, day, office);
        let of_scheme = |scheme| clearing::fund_payable(scheme, province, month, &statements, day, office);
        Ok(match self.kind {
            Kind::PayableClearing => of_side(Side::Payable),
            Kind::ReceivableClearing => of_side(Side::Receivable),
            Kind::EmployeeFundPayable => of_scheme(InsuranceScheme::Employee),
            _ => of_scheme(InsuranceScheme::Resident),
        })
    }

    /// The statements of an adopted month: all at the hub, its own at a province.
    async fn statements(&self, conn: &mut Conn, month: Month) -> Outcome<Vec<Statement>> {
        let (plan, withdrawn) = match self.context.me {
            Participant::Hub => self.adopted(conn, month).await?,
            Participant::Province(own) => self.fetched(conn, own, month).await?,
        };
        let mut pairs = plan.pairs();
        pairs.extend(withdrawn.iter().map(ClearedLine::pair));
        Ok(pairs.into_iter().map(|pair| plan.statement(pair, &withdrawn)).collect())
    }

    async fn adopted(&self, conn: &mut Conn, month: Month) -> Outcome<(Plan, Vec<ClearedLine>)> {
        let closed = store::clearing::month(conn, month).await?;
        let revision = closed.map_or(0, |closed| closed.adopted);
        let kept = store::clearing::plan(conn, month, revision).await?.filter(|_| revision > 0);
        let plan = kept.ok_or_else(|| self.nothing())?.plan;
        Ok((plan, store::clearing::carried_out(conn, month, Reason::Dispute, None).await?))
    }

    async fn fetched(
        &self,
        conn: &mut Conn,
        own: Province,
        month: Month,
    ) -> Outcome<(Plan, Vec<ClearedLine>)> {
        let found = store::clearing_statement::find(conn, own, month).await?;
        let statement = found.filter(|statement| statement.revision > 0).ok_or_else(|| self.nothing())?;
        let told: FoundClearing = statement.content.read()?;
        let lines = store::clearing_statement::lines(conn, (own, month), 0, LINES_MAX).await?;
        let withdrawn = told.pairs.into_iter().flat_map(|pair| pair.withdrawn).collect();
        Ok((Plan::of(month, statement.revision, &lines, Vec::new()), withdrawn))
    }

    async fn deductions(&self, conn: &mut Conn, scheme: InsuranceScheme) -> Outcome<Paper> {
        let (month, province) = self.month_of_province()?;
        let lines: Vec<(ClearedLine, String)> = match self.context.me {
            Participant::Hub => {
                let reported = store::clearing::deductions_of_month(conn, month, None).await?;
                reported.into_iter().map(|one| (one.line, one.deduction.reason)).collect()
            }
            Participant::Province(own) => {
                let heard = store::clearing_statement::heard(conn, own, month).await?;
                heard.into_iter().map(|line| (line, String::new())).collect()
            }
        };
        if lines.is_empty() {
            return Err(self.nothing().into());
        }
        let deducted: Vec<Deducted<'_>> =
            lines.iter().map(|(line, reason)| Deducted { line, reason }).collect();
        Ok(deduction::detail(scheme, province, month, &deducted, self.today(), self.office))
    }

    // ------------------------------------------------------------ notices

    async fn notice(&self, conn: &mut Conn) -> Outcome<Paper> {
        let number: NoticeNumber = self.subject.parse().map_err(|_| self.wrong("通知书编号"))?;
        let kept = store::notice::find(conn, self.context.me, &number).await?;
        let notice = kept.ok_or_else(|| self.nothing())?.notice;
        self.of_notice(&notice)
    }

    fn of_notice(&self, notice: &Notice) -> Outcome<Paper> {
        let rules = RuleBook::national().on(notice.issued_on).ok_or_else(|| self.nothing())?;
        let payment_kind = match notice.cause {
            Cause::Clearing { .. } | Cause::ClearingReturn { .. } => Kind::PaymentNotice,
            Cause::Prepayment { .. } | Cause::PrepaymentReturn { .. } => Kind::PrepaymentPaymentNotice,
            Cause::PrepaymentIncrease { .. } => Kind::IncreasePaymentNotice,
        };
        let paper = if self.kind == payment_kind {
            notice::payment(notice, &rules, self.office)
        } else {
            notice::receipt(notice, &rules, self.office)
        };
        if paper.kind == self.kind { Ok(paper) } else { Err(self.nothing().into()) }
    }

    async fn urging(&self, conn: &mut Conn) -> Outcome<Paper> {
        let expected = || self.wrong("划拨单号和催缴次序，如QS202610-420000-310000-310-1");
        let (order, letter) = self.subject.rsplit_once('-').ok_or_else(expected)?;
        let order: OrderNumber = order.parse().map_err(|_| expected())?;
        let letters = store::urging::letters_of(conn, self.context.me, &order).await?;
        let found = letters.into_iter().find(|one| one.letter.to_string() == letter);
        Ok(notice::urging(&found.ok_or_else(|| self.nothing())?, self.office))
    }

    // ------------------------------------------------------------ the ledger

    async fn voucher(&self, conn: &mut Conn) -> Outcome<Paper> {
        let id = VoucherId::new(self.subject).map_err(|_| self.wrong("凭证号"))?;
        let entered = store::ledger::find(conn, self.context.me, &id).await?;
        Ok(voucher::voucher(&entered.ok_or_else(|| self.nothing())?.voucher, self.office))
    }

    async fn balance(&self, conn: &mut Conn) -> Outcome<Paper> {
        let (month, _) = self.month()?;
        let today = self.today();
        if month >= today.month() {
            return Err(self.wrong("已经结束的月份，如202610").into());
        }
        let (first, last) = (month.first_day(), month.next().first_day().plus_days(-1));
        let lines = store::ledger::trial_of(conn, self.context.me, first, last).await?;
        let moved = lines.into_iter().map(|(account, line)| {
            let store::ledger::TrialLine { debits_before, credits_before, debits, credits } = line;
            (account, Moved { debits_before, credits_before, debits, credits })
        });
        let moved: BTreeMap<_, _> = moved.collect();
        if moved.is_empty() {
            return Err(self.nothing().into());
        }
        Ok(balance::balance(&self.context.me.to_string(), month, &moved, today, self.office))
    }

    // ------------------------------------------------------------ reconciliation

    async fn reconciliation(&self, conn: &mut Conn) -> Outcome<Paper> {
        let day: Day = self.subject.parse().map_err(|_| self.wrong("对账日，如2026-11-21"))?;
        let own = match self.context.me {
            Participant::Province(own) => Some(own),
            Participant::Hub => None,
        };
        let days = store::daily_reconciliation::list(conn, own, (day, day)).await?;
        if days.is_empty() {
            return Err(self.nothing().into());
        }
        let book = |one: &store::daily_reconciliation::Reconciled| Book {
            province: one.province,
            part: one.part,
            standing: one.standing,
            total: one.total,
            differing: one.differing,
            under_way: one.under_way,
            ran_at: one.ran_at,
        };
        let books: Vec<Book> = days.iter().map(book).collect();
        let wanted = difference::Wanted {
            stages: &casework::difference::Stage::ALL,
            first: day,
            last: day,
            after: None,
        };
        let found = difference::list(conn, wanted, DIFFERENCES_MAX).await?;
        let differing: Vec<Differing<'_>> = found
            .iter()
            .map(|one| Differing {
                settlement: one.settlement,
                kinds: &one.kinds,
                cause: one.cause,
                owner: one.owner,
                stage: one.matter.stage.chinese(),
            })
            .collect();
        let owner = self.context.me.to_string();
        let reconciled = Reconciled { owner: &owner, day, books: &books, differences: &differing };
        Ok(reconciliation::result(&reconciled, self.today(), self.office))
    }

    // ------------------------------------------------------------ the second level

    async fn area(&self, conn: &mut Conn) -> Outcome<Paper> {
        let own = self.own_province()?;
        let expected = || self.wrong("清算年月和统筹区，如202610-420100");
        let (month, rest) = self.month()?;
        let division: AdminDivision = rest.ok_or_else(expected)?.parse().map_err(|_| expected())?;
        let area = PoolingArea(division);
        let claims = store::area_clearing::claims(conn, own, month).await?;
        let claims = claims.into_iter().map(|(claim, standing)| (claim, standing.due)).collect();
        let owed = by_province(&claims, area);
        if owed.is_empty() {
            return Err(self.nothing().into());
        }
        let receipts = store::area_clearing::receipts(conn, own, month).await?;
        let receipts = receipts.into_iter().filter(|receipt| receipt.area == area);
        let received = receipts.fold(BTreeMap::new(), |sum, receipt| plus(&sum, &receipt.money));
        Ok(payment::area(area, month, &owed, &received, self.today(), self.office))
    }

    async fn payment(&self, conn: &mut Conn) -> Outcome<Paper> {
        let own = self.own_province()?;
        let found = store::institution_payment::find(conn, own, self.subject).await?;
        let payment = found.ok_or_else(|| self.nothing())?;
        let institution = store::institution::find(conn, &payment.institution).await?;
        let name = institution.map(|institution| institution.name).unwrap_or_default();
        let paid = payment::Paid {
            number: &payment.number,
            institution: &payment.institution,
            name: &name,
            what: payment.kind.chinese(),
            month: payment.month,
            lines: &payment.lines,
            due: payment.due,
        };
        Ok(payment::institution(&paid, payment.adopted.at.day(), self.office))
    }
}
