//! A month of the money, after the stays of the [demonstration](super): reconciled, closed, apportioned, adopted, confirmed,
//! collected from pooling areas, noticed, handed over to finance, paid by the bank, written back, printed and proved.
//!
//! Clerks call the management interface as they do in life, and a [`Bank`] does what payment files say. Everything between two
//! steps is what the nodes do by themselves (日程).

use super::Say;
use crate::{
    bank::Bank,
    desk::Desk,
    statement::{fit, right},
    world::{Trouble, World},
};
use funds::Side;
use serde_json::{Value, json};
use std::{collections::BTreeMap, fs, path::Path};
use store::measure::{self, Tampering};
use terms::{Clock, Day, Fen, InsuranceScheme, Month, Participant, Province, SettlementId, WorkingDays};
use wire::api::{
    area_clearing::AreaMonthView,
    bank::{BankFile, TakenStatements},
    clearing::{ClearingDues, ClearingMonth, ClearingMonths, ClearingPlanned, NettingReport},
    clearing_statement::ClearingStatementView,
    document::DocumentView,
    ledger::{LedgerVouchers, Proof, TrialBalanceView},
    notice::{NoticeView, Notices},
    payment_order::{PaymentOrderView, PaymentOrders},
    reconciliation::Reconciliations,
};

/// The day of its month on which a told demonstration begins: its stays are settled twelve days later.
const BEGINS_ON: i32 = 3;
/// How many months lie between the stays and today, so that all of their money has moved by then.
const MONTHS_TOLD: i32 = 3;
/// The day of a month from which the month before it has its statement, by the rules that the program brings along.
const STATEMENT_DAY: i8 = 21;
/// What stands on each account at the bank before anything moves.
const OPENING: Fen = Fen::yuan(5_000_000);
/// By how much a settlement is altered for whoever wants to see a difference.
pub const ALTERED: Fen = Fen(100);
const SCHEMES: [InsuranceScheme; 2] = [InsuranceScheme::Employee, InsuranceScheme::Resident];

/// How many days ago a world must begin whose month is told to its end.
pub fn days_behind_told(today: Day) -> i64 {
    behind(today, MONTHS_TOLD)
}

/// How many days ago a world must begin whose stays lie in the last month that has its statement by now.
pub fn days_behind_by_hand(today: Day) -> i64 {
    behind(today, if today.day_of_month() >= STATEMENT_DAY { 1 } else { 2 })
}

fn behind(today: Day, months: i32) -> i64 {
    let first = today.month().first_day().plus_months(-months);
    i64::from(first.plus_days(BEGINS_ON - 1).days_until(today))
}

/// Where a month is played, and by whom.
pub struct Stage<'w> {
    /// The world, whose stays are over.
    pub world: &'w World,
    /// The token of its nodes.
    pub token: &'w str,
    /// Where it is told.
    pub say: Say<'w>,
}

/// Who moves money at the bank.
#[derive(Debug, Default)]
struct Cash {
    bank: Bank,
    files: usize,
}

impl Stage<'_> {
    /// Registers accounts, lets the nodes do what is due, and comes to today: the month waits for somebody's hands.
    ///
    /// # Errors
    /// What made it impossible to go on.
    pub async fn wait_for_hands(&self, today: Day) -> Result<(), Trouble> {
        self.register_accounts().await?;
        self.go_to(today).await
    }

    /// Lets days pass, as far as the first of each month and then to the last of them, and what the nodes do by themselves meanwhile;
    /// the day that it is then.
    ///
    /// # Errors
    /// What made it impossible to go on.
    pub async fn pass(&self, days: u16) -> Result<Day, Trouble> {
        let last = self.today().plus_days(i32::from(days));
        while self.today() < last {
            self.go_to(last.min(self.today().month().next().first_day())).await?;
        }
        Ok(self.today())
    }

    /// Changes the last settlement that stands in the hub's book behind the hub's back, as whoever has its database can: by [`ALTERED`] more
    /// is the whole, and the person's. The next comparison of its day finds it. Which one it is; none if nothing stands.
    ///
    /// # Errors
    /// If the database was not reached.
    pub async fn alter_at_hub(&self) -> Result<Option<SettlementId>, Trouble> {
        let mut conn = self.world.hub.context.store.conn().await?;
        let Some(id) = measure::last_at_hub(&mut conn).await? else { return Ok(None) };
        measure::tamper(&mut conn, Side::Hub, id, Tampering::Raised(ALTERED)).await?;
        Ok(Some(id))
    }

    /// Tells the month of the stays to its end; what does not hold, in Chinese. Files go into the folder.
    ///
    /// # Errors
    /// What made it impossible to go on.
    pub async fn tell(&self, folder: &Path, today: Day) -> Result<Vec<String>, Trouble> {
        fs::create_dir_all(folder)?;
        let month = self.today().month();
        let timetable = self.timetable(month)?;
        let mut cash = Cash::default();
        for (number, holder) in self.register_accounts().await? {
            cash.bank.open(&number, &holder, OPENING);
        }
        self.reconcile().await?;
        self.apportion(month, timetable.statement_on).await?;
        self.confirm(month).await?;
        self.collect(month).await?;
        self.notify(timetable.notices_on).await?;
        self.hand_over(&mut cash, folder).await?;
        self.pay(&mut cash, folder).await?;
        self.write_back().await?;
        self.print_ledgers(month).await?;
        self.documents(month, folder).await?;
        let failed = self.prove().await?;
        self.go_to(today).await?;
        Ok(failed)
    }

    fn say(&self, line: &str) {
        (self.say)(line);
    }

    fn today(&self) -> Day {
        self.world.clock.now().day()
    }

    fn timetable(&self, month: Month) -> Result<funds::calendar::Timetable, Trouble> {
        let rules = funds::rule::RuleBook::national().on(self.today());
        let rules = rules.ok_or_else(|| Trouble("没有生效的清算规则".to_owned()))?;
        Ok(funds::calendar::Timetable::of(month, &rules))
    }

    /// Days pass, and the nodes do what has become due.
    async fn go_to(&self, day: Day) -> Result<(), Trouble> {
        let days = self.today().days_until(day);
        self.world.clock.pass_days(u32::try_from(days).unwrap_or_default());
        self.world.make_months().await?;
        self.nodes_work().await
    }

    /// What the nodes do by themselves, twice: what one publishes another fetches.
    async fn nodes_work(&self) -> Result<(), Trouble> {
        for _ in 0..2 {
            self.world.until_quiet().await?;
            self.world.keep_timetables().await;
        }
        self.world.until_quiet().await
    }

    fn provinces(&self) -> impl Iterator<Item = Province> {
        self.world.provinces.keys().copied()
    }

    fn hub(&self) -> Desk {
        self.desk(Participant::Hub)
    }

    fn at(&self, province: Province) -> Desk {
        self.desk(Participant::Province(province))
    }

    fn desk(&self, participant: Participant) -> Desk {
        Desk::of(self.world, participant, self.token, "办理划拨")
    }

    /// A fiscal special account for each province and scheme; number and holder.
    async fn register_accounts(&self) -> Result<Vec<(String, String)>, Trouble> {
        let mut opened = Vec::new();
        for province in self.provinces() {
            for scheme in SCHEMES {
                let number = format!("{province}{}00000001", scheme.code());
                let holder = format!("{}社会保障基金财政专户", name(province));
                let body = json!({
                    "name": holder, "bank": "示范银行营业部", "number": number, "bank_code": "102100000017",
                });
                self.at(province).put::<Value>(&format!("bank-accounts/{}", scheme.code()), body).await?;
                opened.push((number, holder));
            }
        }
        self.nodes_work().await?;
        Ok(opened)
    }

    async fn reconcile(&self) -> Result<(), Trouble> {
        let day = self.today();
        self.go_to(day.plus_days(1)).await?;
        self.say(&format!("\n【每日对账】{day}，由各省平台在次日凌晨自动办理"));
        let path = format!("reconciliations?from={day}&to={day}");
        let found: Reconciliations = self.hub().get(&path).await?;
        for one in &found.reconciliations {
            let outcome =
                if one.agreed { "一致".to_owned() } else { format!("不一致{}笔", one.differing) };
            let province = one.province.parse().map_or_else(|_| one.province.clone(), name);
            self.say(&format!(
                "{}{}有效{}笔{}元  {outcome}",
                fit(&province, 8),
                fit(&one.part_name, 8),
                right(&one.standing.to_string(), 3),
                right(&one.total.to_string(), 14)
            ));
        }
        Ok(())
    }

    async fn apportion(&self, month: Month, on: Day) -> Result<(), Trouble> {
        self.go_to(on).await?;
        let (hub, number) = (self.hub(), month.number());
        self.say(&format!("\n【清分】{on}，国家平台截止{month}，按省、险种、类别、基金清分"));
        let planned: ClearingPlanned = hub.post(&format!("clearings/{number}/plan"), json!({})).await?;
        let plan = planned.plan.ok_or_else(|| Trouble(format!("{month}没有清分结果")))?;
        self.say(&format!(
            "第{}次试算：结算{}笔，撤销{}笔，{}对省份，医疗费总额{}元，应付{}元，未列入{}笔",
            plan.revision,
            plan.settlements,
            plan.undoings,
            plan.pairs,
            plan.total,
            plan.payable,
            plan.left_out
        ));
        let body = json!({ "revision": plan.revision });
        let adopted: ClearingMonth = hub.post(&format!("clearings/{number}/adopt"), body).await?;
        self.say(&format!(
            "赵某甲采用第{}次试算，生成清算表，{}前确认",
            adopted.adopted, adopted.confirmed_by
        ));
        let dues: ClearingDues = hub.get(&format!("clearings/{number}/dues?side=payable")).await?;
        for due in &dues.rows {
            self.say(&format!(
                "{}→ {}{}{}{}元",
                fit(&named(&due.insured), 8),
                fit(&named(&due.treatment), 8),
                fit(&due.scheme, 5),
                fit(&due.purse_name, 36),
                right(&due.amount.to_string(), 12)
            ));
        }
        let netting: NettingReport = hub.get(&format!("clearings/{number}/netting")).await?;
        for way in &netting.ways {
            let (transfers, volume) = (way.transfers.to_string(), way.volume.to_string());
            self.say(&format!(
                "划拨测算  {}{}笔{}元",
                fit(&way.way, 24),
                right(&transfers, 3),
                right(&volume, 14)
            ));
        }
        Ok(())
    }

    async fn confirm(&self, month: Month) -> Result<(), Trouble> {
        self.go_to(self.today().plus_days(1)).await?;
        self.say("\n【核对、确认】各省取得清算表，与本省的账逐笔核对");
        for province in self.provinces() {
            let path = format!("statements/{month}/confirm");
            let confirmed: Result<ClearingStatementView, Trouble> =
                self.at(province).post(&path, json!({})).await;
            let text = match confirmed {
                Ok(statement) => {
                    format!("{}笔，不一致{}处，李某乙已确认", statement.settlements, statement.finding_count)
                }
                Err(Trouble(why)) => why,
            };
            self.say(&format!("{}{text}", fit(&name(province), 8)));
        }
        self.nodes_work().await
    }

    /// The areas send up what is theirs.
    async fn collect(&self, month: Month) -> Result<(), Trouble> {
        self.say("\n【上解】参保省把清算资金分割到统筹区，统筹区上解到财政专户");
        for province in self.provinces() {
            let desk = self.at(province);
            let divided: AreaMonthView = desk.post(&format!("areas/{month}/divide"), json!({})).await?;
            for (at, area) in divided.areas.iter().enumerate().filter(|(_, area)| !area.open.is_empty()) {
                let body = json!({
                    "area": area.area, "day": self.today(), "bank_reference": format!("SJ{province}{at:02}"),
                    "amounts": area.open,
                });
                let after: AreaMonthView = desk.post(&format!("areas/{month}/receipts"), body).await?;
                let left = after.areas.get(at).map_or("", |area| area.still_owed.as_str());
                self.say(&format!(
                    "{}{}上解{}元，尚欠{left}元，期限{}",
                    fit(&area.notice, 26),
                    fit(&area.name, 14),
                    right(&area.still_owed, 12),
                    divided.due
                ));
            }
        }
        Ok(())
    }

    async fn notify(&self, on: Day) -> Result<(), Trouble> {
        self.go_to(on).await?;
        self.say(&format!("\n【通知书】{on}，国家平台签发，各省收到"));
        for notice in self.notices().await? {
            self.say(&format!(
                "{}{}付{}{}元",
                fit(&notice.number, 26),
                fit(&notice.payer_name, 8),
                fit(&notice.payee_name, 8),
                right(&notice.total, 12)
            ));
        }
        Ok(())
    }

    async fn notices(&self) -> Result<Vec<NoticeView>, Trouble> {
        let (hub, mut all, mut after) = (self.hub(), Vec::new(), "0".to_owned());
        loop {
            let page: Notices = hub.get(&format!("notices?after={after}")).await?;
            all.extend(page.notices);
            let Some(next) = page.next else { return Ok(all) };
            after = next;
        }
    }

    async fn orders(&self, province: Province, noun: &str) -> Result<Vec<PaymentOrderView>, Trouble> {
        let (desk, mut all, mut after) = (self.at(province), Vec::new(), String::new());
        loop {
            let page: PaymentOrders = desk.get(&format!("{noun}?stage=&urgency=&after={after}")).await?;
            all.extend(page.orders);
            let Some(next) = page.next else { return Ok(all) };
            after = next;
        }
    }

    fn next_working_day(&self) -> Day {
        WorkingDays::published().due(self.today(), 1).day
    }

    async fn hand_over(&self, cash: &mut Cash, folder: &Path) -> Result<(), Trouble> {
        let mut due = BTreeMap::new();
        for province in self.provinces() {
            for order in self.orders(province, "orders").await? {
                due.insert(order.number, order.due.map_or_else(String::new, |due| due.words));
            }
        }
        self.go_to(self.next_working_day()).await?;
        self.say(&format!("\n【提交财政】{}，并生成付款文件（pain.001）", self.today()));
        for province in self.provinces() {
            let desk = self.at(province);
            for order in self.orders(province, "orders").await? {
                let path = format!("orders/{}", order.number);
                let handed: PaymentOrderView = desk.post(&format!("{path}/hand-over"), json!({})).await?;
                let file: BankFile = desk.get(&format!("{path}/bank-file?reveal=true")).await?;
                save(folder, &format!("{}.pain.001.xml", order.number), file.file.as_bytes())?;
                cash.bank.instruct(&file.file)?;
                cash.files += 1;
                self.say(&format!(
                    "{}{}元  收到时：{}；{}",
                    fit(&order.number, 30),
                    right(&handed.amount, 12),
                    due.get(&order.number).map_or("", String::as_str),
                    handed.stage_name
                ));
            }
        }
        Ok(())
    }

    async fn pay(&self, cash: &mut Cash, folder: &Path) -> Result<(), Trouble> {
        self.go_to(self.next_working_day()).await?;
        let on = self.today();
        self.say(&format!("\n【划拨】{on}，银行付款，双方导入对账单（camt.053）"));
        for number in 0..cash.files {
            let rest = cash.bank.instruction(number).rest();
            cash.bank.pay(number, rest, on)?;
        }
        for account in cash.bank.untold() {
            let Some(text) = cash.bank.statement(&account, on) else { continue };
            save(folder, &format!("{account}-{on}.camt.053.xml"), text.as_bytes())?;
            let owner: Province = account[..6].parse().map_err(|_| Trouble(format!("账号[{account}]")))?;
            let taken: TakenStatements =
                self.at(owner).post("bank-statements", json!({ "file": text })).await?;
            self.say(&format!(
                "{}{}新流水{}笔，匹配{}笔，待查{}笔",
                fit(&name(owner), 8),
                fit(&account, 20),
                taken.entries,
                taken.matched,
                taken.unidentified
            ));
        }
        self.nodes_work().await
    }

    async fn write_back(&self) -> Result<(), Trouble> {
        let paid_on = self.today();
        self.go_to(self.next_working_day()).await?;
        self.say(&format!("\n【反馈、办结】{}", self.today()));
        for province in self.provinces() {
            let desk = self.at(province);
            for noun in ["orders", "receipts"] {
                for order in self.orders(province, noun).await? {
                    let serial = order.money.first().map_or("", |money| money.reference.as_str());
                    let body = json!({ "bank": "示范银行营业部", "serial": serial, "traded_on": paid_on });
                    let path = format!("{noun}/{}", order.number);
                    desk.post::<Value>(&format!("{path}/write-back"), body).await?;
                    desk.post::<Value>(&format!("{path}/close"), json!({})).await?;
                }
            }
        }
        self.nodes_work().await?;
        for notice in self.notices().await? {
            let shown: NoticeView = self.hub().get(&format!("notices/{}", notice.number)).await?;
            for one in &shown.transfers {
                self.say(&format!("{}{}", fit(&one.order, 30), one.standing));
            }
        }
        Ok(())
    }

    async fn print_ledgers(&self, month: Month) -> Result<(), Trouble> {
        let first = month.first_day();
        let own = self.provinces().next().map(Participant::Province);
        for participant in own.into_iter().chain([Participant::Hub]) {
            let path = format!("ledger/trial?first={first}&last={}", self.today());
            let trial: TrialBalanceView = self.desk(participant).get(&path).await?;
            let whose = owner(participant);
            self.say(&format!("\n【总账】{whose}科目余额表  {}至{}", trial.first, trial.last));
            let heads = [("科目", 34), ("对方", 15), ("险种基金", 36)];
            let heads: String = heads.iter().map(|(head, wide)| fit(head, *wide)).collect();
            let sums = [("借方", 14), ("贷方", 14), ("期末", 16)];
            let sums: String = sums.iter().map(|(head, wide)| right(head, *wide)).collect();
            self.say(&format!("{heads}{sums}"));
            for line in &trial.accounts {
                let account = &line.account;
                self.say(&format!(
                    "{}{}{}{}{}  {}{}",
                    fit(&account.name, 34),
                    fit(&account.party, 15),
                    fit(&account.purse, 36),
                    right(&line.debits.to_string(), 14),
                    right(&line.credits.to_string(), 14),
                    line.side,
                    right(&line.closing.to_string(), 12)
                ));
            }
            self.say(if trial.balanced { "试算平衡" } else { "试算不平衡" });
        }
        Ok(())
    }

    async fn documents(&self, month: Month, folder: &Path) -> Result<(), Trouble> {
        self.say(&format!("\n【文书】存在{}", folder.display()));
        let (hub, number) = (self.hub(), month.number());
        self.document(&hub, "national_clearing", &number.to_string(), folder).await?;
        if let Some(notice) = self.notices().await?.first() {
            for (kind, code) in [("payment_notice", &notice.payer), ("receipt_notice", &notice.payee)] {
                let province = code.parse().map_err(|_| Trouble(format!("省份[{code}]")))?;
                self.document(&self.at(province), kind, &notice.number, folder).await?;
            }
        }
        let Some(first) = self.provinces().next() else { return Ok(()) };
        let desk = self.at(first);
        for kind in ["payable_clearing", "receivable_clearing", "trial_balance"] {
            self.document(&desk, kind, &number.to_string(), folder).await?;
        }
        self.document(&desk, "area_clearing", &format!("{number}-{first}"), folder).await?;
        let vouchers: LedgerVouchers = desk.get(&format!("ledger/vouchers?month={number}")).await?;
        if let Some(voucher) = vouchers.vouchers.first() {
            self.document(&desk, "voucher", &voucher.id, folder).await?;
        }
        Ok(())
    }

    /// Issues a document and saves it in its three forms.
    async fn document(&self, desk: &Desk, kind: &str, subject: &str, folder: &Path) -> Result<(), Trouble> {
        let body = json!({ "kind": kind, "subject": subject });
        let issued: DocumentView = desk.post("documents", body).await?;
        for form in ["pdf", "xlsx", "csv"] {
            let file = format!("{}.{form}", issued.number);
            let path = format!("/api/v1/funds/documents/{file}");
            let bytes = desk.0.fetch(&path).await.map_err(|error| Trouble(format!("{file}：{error}")))?;
            save(folder, &file, &bytes)?;
        }
        let total = issued.total.as_deref().unwrap_or("-");
        self.say(&format!(
            "{}{}{}  校验码{}",
            fit(&issued.title, 44),
            fit(&issued.number, 36),
            right(total, 12),
            issued.code
        ));
        Ok(())
    }

    async fn prove(&self) -> Result<Vec<String>, Trouble> {
        self.say("\n【资金核验】由分录、结算和费用分割重算全部账目");
        let mut failed = Vec::new();
        let all = std::iter::once(Participant::Hub).chain(self.provinces().map(Participant::Province));
        for participant in all {
            let proof: Proof = self.desk(participant).wait("prove", json!({})).await?;
            let whose = owner(participant);
            let found = if proof.agrees { "全部一致" } else { "不一致" };
            self.say(&format!("{}{}项{found}", fit(&whose, 10), right(&proof.checked.to_string(), 5)));
            let wrong = proof.checks.iter().filter_map(|check| check.difference.as_ref());
            failed.extend(wrong.map(|difference| format!("{whose}资金核验：{difference}")));
        }
        let months: ClearingMonths = self.hub().get("clearings").await?;
        let waits = months.months.iter().filter(|one| !one.disputed.is_empty() || !one.unanswered.is_empty());
        failed.extend(waits.map(|one| format!("{}清算表尚未全部确认", one.month)));
        Ok(failed)
    }
}

fn name(province: Province) -> String {
    province.division().name().unwrap_or_default().to_owned()
}

fn named(code: &str) -> String {
    code.parse().map_or_else(|_| code.to_owned(), name)
}

fn owner(participant: Participant) -> String {
    match participant {
        Participant::Hub => "国家平台".to_owned(),
        Participant::Province(province) => name(province),
    }
}

fn save(folder: &Path, file: &str, bytes: &[u8]) -> Result<(), Trouble> {
    let path = folder.join(file);
    fs::write(&path, bytes).map_err(|error| Trouble(format!("文件{}无法写入：{error}", path.display())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn when_a_world_begins() {
        for (today, told, by_hand) in [
            ("2026-11-22", "2026-08-03", "2026-10-03"),
            ("2026-11-20", "2026-08-03", "2026-09-03"),
            ("2027-01-31", "2026-10-03", "2026-12-03"),
        ] {
            let today: Day = today.parse().unwrap();
            let begun = |days: i64| today.plus_days(-i32::try_from(days).unwrap()).to_string();
            assert_eq!(begun(days_behind_told(today)), told, "{today}");
            assert_eq!(begun(days_behind_by_hand(today)), by_hand, "{today}");
        }
    }
}
