//! Every account of every node explained: what must stand on it, from what the hospitals were told, what was decided, what the
//! notices ask for and what the bank says it moved. The ledgers are not asked what they must be, only what they are.
//!
//! | account | must be |
//! |---|---|
//! | 应付定点医疗机构 of a hospital | what it was promised, less cancellations and deductions |
//! | 应收, 应付 between provinces, and the hub's memoranda of them | the same less what was paid: nothing |
//! | 待遇支出 of an area | nothing: carried into 基金结余, which is what was promised for its people, below nothing |
//! | 财政专户存款 of both parts | what stood there, and what the bank moved |
//! | 预付金, on all three sides | what was set and by how much it was increased |
//! | 期初 | what stood there |
//! | all others | nothing |

use super::{Deducted, Made, Year, land};
use crate::world::Trouble;
use funds::{Account, Pair, Purse};
use std::collections::{BTreeMap, BTreeSet};
use terms::{Fen, InsuranceScheme, Participant, Province};
use wire::api::{ledger::TrialBalanceView, notice::NoticeView};

/// What must stand on accounts, each on the side on which it normally stands.
type Expected = BTreeMap<(Participant, Account), Fen>;

fn purse(code: &str) -> Result<Purse, Trouble> {
    let found = Purse::all().find(|purse| purse.code() == code);
    found.ok_or_else(|| Trouble(format!("不认识的基金支付类型[{code}]")))
}

/// Adds to accounts of nodes.
fn add(expected: &mut Expected, amount: Fen, accounts: impl IntoIterator<Item = (Participant, Account)>) {
    for account in accounts {
        *expected.entry(account).or_default() += amount;
    }
}

fn of(province: Province) -> Participant {
    Participant::Province(province)
}

/// Money between two provinces, above nothing from the insured one to the treatment one.
struct Moved {
    pair: Pair,
    scheme: InsuranceScheme,
    purse: Purse,
    amount: Fen,
}

impl Year<'_> {
    /// What does not hold, in Chinese.
    pub(super) async fn explain(&mut self) -> Result<Vec<String>, Trouble> {
        let mut failed = Vec::new();
        let notices = self.notices().await?;
        self.figures.notices = notices.len();
        failed.extend(self.unpaid(&notices));
        let mut expected = Expected::new();
        self.expect_openings(&mut expected);
        self.expect_settlements(&mut expected)?;
        expect_transfers(&mut expected, &notices)?;
        failed.extend(self.unexplained_prepayments(&expected));
        for ((participant, account), amount) in &expected {
            if is_between_provinces(account) && !amount.is_zero() {
                failed.push(format!("[{participant}]{account}：结算与通知书之差为{amount}元，应已全部清算"));
            }
        }
        let mut deposits = BTreeMap::<(Province, InsuranceScheme), Fen>::new();
        for participant in self.participants() {
            let trial: TrialBalanceView = self.desk(participant).get("ledger/trial").await?;
            if !trial.balanced {
                failed.push(format!("[{participant}]总账试算不平"));
            }
            let mut seen = BTreeSet::new();
            for line in trial.accounts {
                let account: Account = line
                    .account
                    .account
                    .parse()
                    .map_err(|_| Trouble(format!("不认识的科目[{}]", line.account.account)))?;
                let must = expected.get(&(participant, account.clone())).copied().unwrap_or_default();
                if line.closing != must {
                    failed.push(format!("[{participant}]{account}为{}元，应为{must}元", line.closing));
                }
                let pending = line.debits_pending + line.credits_pending;
                if !pending.is_zero() {
                    failed.push(format!("[{participant}]{account}尚有在途{pending}元"));
                }
                if let (Participant::Province(province), true) = (participant, is_deposit(&account)) {
                    *deposits.entry((province, account.scheme())).or_default() += line.closing;
                }
                seen.insert(account);
                self.figures.accounts += 1;
            }
            let unseen = expected.iter().filter(|((at, account), amount)| {
                *at == participant && !seen.contains(account) && !amount.is_zero()
            });
            failed
                .extend(unseen.map(|((at, account), amount)| format!("[{at}]没有{account}，应为{amount}元")));
        }
        failed.extend(self.bank_differs(&deposits));
        Ok(failed)
    }

    fn expect_openings(&self, expected: &mut Expected) {
        for province in self.provinces() {
            for scheme in land::SCHEMES {
                for purse in Purse::all() {
                    let accounts = [
                        Account::treatment_fiscal_deposit(province, scheme, purse),
                        Account::treatment_opening(province, scheme, purse),
                        Account::insured_fiscal_deposit(province, scheme, purse),
                        Account::insured_opening(province, scheme, purse),
                    ];
                    add(expected, land::OPENING, accounts.map(|account| (of(province), account)));
                }
            }
        }
    }

    fn expect_settlements(&self, expected: &mut Expected) -> Result<(), Trouble> {
        let standing = self.made.iter().filter(|made| made.standing);
        let promised =
            standing.flat_map(|made| made.purses.iter().map(move |(code, paid)| (made, code, *paid)));
        let deducted =
            self.deducted.iter().map(|one: &Deducted| (&self.made[one.made], &one.purse, -one.amount));
        for (made, code, amount) in promised.chain(deducted) {
            self.expect_one(expected, made, purse(code)?, amount);
        }
        Ok(())
    }

    fn expect_one(&self, expected: &mut Expected, made: &Made, purse: Purse, amount: Fen) {
        let route = &self.routes[made.route];
        let Pair { insured, treatment } = route.pair;
        let scheme = route.patient.scheme;
        let accounts = [
            (of(treatment), Account::institution_payable(route.institution.clone(), scheme, purse)),
            (of(treatment), Account::insured_receivable(insured, scheme, purse)),
            (Participant::Hub, Account::hub_receivable(insured, scheme, purse)),
            (Participant::Hub, Account::hub_payable(treatment, scheme, purse)),
            (of(insured), Account::treatment_payable(treatment, scheme, purse)),
        ];
        add(expected, amount, accounts);
        // The year is over: what was spent has been carried over.
        add(expected, -amount, [(of(insured), Account::fund_balance(route.area, scheme, purse))]);
    }

    /// Orders of notices of which the bank has not moved exactly what they say.
    fn unpaid(&self, notices: &[NoticeView]) -> Vec<String> {
        let mut moved = self.bank.moved();
        let mut failed = Vec::new();
        for notice in notices {
            let mut orders = BTreeMap::<String, Fen>::new();
            for line in &notice.lines {
                let amount = line.amount.parse().unwrap_or_default();
                *orders.entry(format!("{}-{}", notice.number, line.scheme.code())).or_default() += amount;
            }
            for (order, amount) in orders {
                let paid = moved.remove(&order).unwrap_or_default();
                if paid != amount {
                    failed.push(format!("[{order}]应划拨{amount}元，银行划拨{paid}元"));
                }
            }
        }
        failed.extend(moved.into_keys().map(|order| format!("银行划拨了没有通知书的[{order}]")));
        failed
    }

    /// What the notices came to is what people decided.
    fn unexplained_prepayments(&self, expected: &Expected) -> Vec<String> {
        let mut failed = Vec::new();
        for ((pair, scheme), decided) in &self.prepaid {
            let pool = funds::movement::payment_order::pool(*scheme);
            let held = Account::prepayment_held(pair.insured, *scheme, pool);
            let by_notices = expected.get(&(of(pair.treatment), held)).copied().unwrap_or_default();
            if by_notices != *decided {
                failed.push(format!("{pair}预付金核定{decided}元，通知书合计{by_notices}元"));
            }
        }
        failed
    }

    /// Every account at the bank holds what the province's ledger says, but for fees, which are no money of a fund; and what all
    /// of them hold is what stood there: nothing is under way and nothing is lost.
    fn bank_differs(&self, deposits: &BTreeMap<(Province, InsuranceScheme), Fen>) -> Vec<String> {
        let mut failed = Vec::new();
        let (mut all, mut opened) = (Fen::ZERO, Fen::ZERO);
        let purses = i64::try_from(Purse::all().count()).expect("a few");
        for (province, scheme, account) in self.accounts() {
            let (stands, fees) = (self.bank.balance(&account), self.bank.fees(&account));
            let booked = deposits.get(&(province, scheme)).copied().unwrap_or_default();
            if stands + fees != booked {
                failed.push(format!("账户[{account}]银行余额{stands}元、手续费{fees}元，账面{booked}元"));
            }
            all += stands + fees;
            opened += Fen(land::OPENING.0 * 2 * purses);
        }
        if all != opened {
            failed.push(format!("各账户期初合计{opened}元，期末合计{all}元（含手续费）"));
        }
        failed
    }
}

/// What the notices make the provinces pay, which the bank has paid.
fn expect_transfers(expected: &mut Expected, notices: &[NoticeView]) -> Result<(), Trouble> {
    for notice in notices {
        let province = |code: &str| {
            code.parse::<Province>().map_err(|_| Trouble(format!("通知书中有不认识的省[{code}]")))
        };
        let (payer, payee) = (province(&notice.payer)?, province(&notice.payee)?);
        let back = notice.cause.ends_with("_return");
        let pair = if back {
            Pair { insured: payee, treatment: payer }
        } else {
            Pair { insured: payer, treatment: payee }
        };
        let is_prepayment = notice.cause.starts_with("prepayment");
        for line in &notice.lines {
            let amount: Fen = line.amount.parse().map_err(|_| Trouble("通知书金额不是金额".to_owned()))?;
            let amount = if back { -amount } else { amount };
            let moved = Moved { pair, scheme: line.scheme, purse: purse(&line.purse)?, amount };
            moved.expect(expected, is_prepayment);
        }
    }
    Ok(())
}

impl Moved {
    fn expect(&self, expected: &mut Expected, is_prepayment: bool) {
        let (Pair { insured, treatment }, scheme, purse) = (self.pair, self.scheme, self.purse);
        let receives = (of(treatment), Account::treatment_fiscal_deposit(treatment, scheme, purse));
        let pays = (of(insured), Account::insured_fiscal_deposit(insured, scheme, purse));
        add(expected, self.amount, [receives]);
        add(expected, -self.amount, [pays]);
        if is_prepayment {
            let accounts = [
                (of(treatment), Account::prepayment_held(insured, scheme, purse)),
                (of(insured), Account::prepayment_paid(treatment, scheme, purse)),
                (Participant::Hub, Account::hub_prepayment_paid(self.pair, scheme, purse)),
                (Participant::Hub, Account::hub_prepayment_held(self.pair, scheme, purse)),
            ];
            add(expected, self.amount, accounts);
        } else {
            let accounts = [
                (of(treatment), Account::insured_receivable(insured, scheme, purse)),
                (of(insured), Account::treatment_payable(treatment, scheme, purse)),
                (Participant::Hub, Account::hub_receivable(insured, scheme, purse)),
                (Participant::Hub, Account::hub_payable(treatment, scheme, purse)),
            ];
            add(expected, -self.amount, accounts);
        }
    }
}

fn is_between_provinces(account: &Account) -> bool {
    use funds::AccountKind::{HubPayable, HubReceivable, InsuredReceivable, TreatmentPayable};
    matches!(account.kind(), HubPayable | HubReceivable | InsuredReceivable | TreatmentPayable)
}

fn is_deposit(account: &Account) -> bool {
    use funds::AccountKind::{InsuredFiscalDeposit, TreatmentFiscalDeposit};
    matches!(account.kind(), InsuredFiscalDeposit | TreatmentFiscalDeposit)
}
