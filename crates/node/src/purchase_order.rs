//! Orders of cross-region purchases (异地就医购药订单, 2166 to 2181): a pharmacy puts one to a person, and when the person confirms it, it
//! is settled like a purchase at the counter (`purchase`). Until then nothing is settled anywhere.

use crate::{
    context::{Failure, Outcome},
    details::Given,
    province::ProvinceNode,
    purchase::{self, Purchase},
    settlement,
};
use casework::{
    person::Person,
    purchase_order::{Effect, Move, Settled, Stage, Standing, after, standing},
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use store::{
    Conn, Document, Work,
    fee::FeeLine,
    purchase_order::{self, PurchaseOrder, Selection},
    treatment::{self, TreatmentSettlement},
};
use terms::{
    CatalogClass, ChargeCategory, Day, Fen, InstitutionCode, InsuranceScheme, Moment, Refusal, SettlementId,
};
use wire::peer::v1::{Question, UndoKind};

/// What is kept of an order beside what has a column.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Content {
    /// 姓名.
    pub name: String,
    /// 参保人员类别.
    pub person_type: String,
    /// 险种类型.
    pub scheme: InsuranceScheme,
    /// 医疗类别.
    pub med_type: String,
    /// 医疗机构名称.
    pub institution_name: String,
    /// The rest, as given.
    pub registration: BTreeMap<String, String>,
    /// The lines, split by the trial.
    pub lines: Vec<OrderedLine>,
}

/// A line of an order.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct OrderedLine {
    /// 费用明细流水号.
    pub serial: String,
    /// 医保目录统一编码.
    pub item: String,
    /// 医药机构项目编码.
    pub local_item: String,
    /// 处方单据时间.
    pub occurred_at: Moment,
    /// 金额.
    pub amount: Fen,
    /// 数量 in ten-thousandths.
    pub quantity: i64,
    /// 单价 in millionths of a yuan.
    pub price: i64,
    /// 医疗收费项目类别.
    pub category: ChargeCategory,
    /// 收费项目等级.
    pub class: CatalogClass,
    /// The rest, as given.
    pub registration: BTreeMap<String, String>,
}

impl OrderedLine {
    fn of(line: FeeLine) -> Self {
        Self {
            serial: line.serial,
            item: line.item,
            local_item: line.local_item,
            occurred_at: line.occurred_at,
            amount: line.split.total,
            quantity: line.quantity,
            price: line.price,
            category: line.category,
            class: line.class,
            registration: line.registration,
        }
    }

    fn given(&self) -> Given {
        Given {
            serial: self.serial.clone(),
            bill: String::new(),
            refunds: None,
            occurred_at: self.occurred_at,
            item: self.item.clone(),
            local_item: self.local_item.clone(),
            amount: self.amount,
            quantity: self.quantity,
            price: self.price,
            registration: self.registration.clone(),
        }
    }
}

/// Makes an order of a purchase, if its trial says that it could be settled. It is not written yet.
pub async fn prepare(
    node: &ProvinceNode,
    (purchase, person): (&Purchase<'_>, &Person),
    (serial, bought_on): (String, Day),
    lines: Vec<Given>,
) -> Outcome<PurchaseOrder> {
    let (visit, breakdown, lines) = purchase::trial(node, purchase, person, lines).await?;
    let now = node.context.now();
    let lifetime = i64::try_from(node.settings.order_lifetime.as_millis()).unwrap_or(i64::MAX / 2);
    let content = Content {
        name: visit.patient.name,
        person_type: visit.patient.person_type,
        scheme: purchase.scheme,
        med_type: purchase.med_type.clone(),
        institution_name: purchase.institution.name.clone(),
        registration: purchase.registration.clone(),
        lines: lines.into_iter().map(OrderedLine::of).collect(),
    };
    Ok(PurchaseOrder {
        number: number(now, node.context.ids.serial()),
        area: purchase.institution.place.0.pooling_area(),
        institution: purchase.institution.code.clone(),
        serial,
        stage: Stage::Waiting,
        citizen: visit.patient.citizen,
        person: visit.patient.number,
        insured: purchase.insured,
        total: purchase.total,
        fund_total: breakdown.fund_payments.values().copied().sum(),
        bought_on,
        content: Document::of(&content),
        settlement: None,
        refund_void_until: None,
        msgid: purchase.msgid.clone(),
        ordered_at: now,
        expires_at: now.plus_millis(lifetime),
    })
}

/// When something was bought of which an order says the day alone: the last moment of that day that is known, of its lines or when it
/// was put. A day of which none is known says when it began.
pub fn bought_at(bought_on: Day, ordered_at: Moment, lines: impl Iterator<Item = Moment>) -> Moment {
    let known = lines.chain([ordered_at]).filter(|at| at.day() == bought_on && *at <= ordered_at);
    known.max().unwrap_or_else(|| bought_on.start())
}

/// 就诊登记号: twenty digits, of the moment and a serial.
fn number(at: Moment, serial: u64) -> String {
    format!("{:013}{:07}", at.millis(), serial % 10_000_000)
}

/// Puts an order to its person.
pub async fn put(work: &mut Work, order: &PurchaseOrder) -> Outcome<()> {
    if purchase_order::insert(work, order).await? {
        return Ok(());
    }
    Err(Refusal::SerialUsed { mdtrtsn: order.serial.clone() }.into())
}

/// An order with all that is known of it.
pub struct Seen {
    /// The order.
    pub order: PurchaseOrder,
    /// What was put.
    pub content: Content,
    /// Its settlement, once it is confirmed.
    pub settlement: Option<TreatmentSettlement>,
    /// Where it stands.
    pub standing: Standing,
}

impl Seen {
    fn of(order: PurchaseOrder, settlement: Option<TreatmentSettlement>, now: Moment) -> Outcome<Self> {
        let settled = settlement.as_ref().map(|settlement| Settled {
            stage: settlement.stage,
            given_back: settlement.undo.as_ref().is_some_and(|undo| undo.reason == "cancellation"),
        });
        let standing = standing(order.stage, now > order.expires_at, settled);
        Ok(Self { content: order.content.read()?, order, settlement, standing })
    }

    /// What a move does to it.
    pub fn after(&self, step: Move) -> Effect {
        after(self.standing, step)
    }

    /// The refusal of a move that cannot be made.
    pub fn refusal(&self) -> Refusal {
        let stage = self.standing.chinese().to_owned();
        Refusal::OrderStage { mdtrt_regno: self.order.number.clone(), stage }
    }
}

/// The orders of a person, oldest first.
pub async fn list(node: &ProvinceNode, conn: &mut Conn, selection: Selection<'_>) -> Outcome<Vec<Seen>> {
    let now = node.context.now();
    let mut seen = Vec::new();
    for order in purchase_order::list(conn, selection).await? {
        let settlement = match order.settlement {
            Some(id) => treatment::find(conn, id).await?,
            None => None,
        };
        seen.push(Seen::of(order, settlement, now)?);
    }
    Ok(seen)
}

/// An order with its settlement, both held until the unit of work ends; of this pharmacy only, if one is named.
pub async fn hold(
    node: &ProvinceNode,
    work: &mut Work,
    number: &str,
    institution: Option<&InstitutionCode>,
) -> Outcome<Seen> {
    let unknown = || Refusal::UnknownOrder { mdtrt_regno: number.to_owned() };
    let found = purchase_order::hold(work, node.province, number).await?;
    let is_theirs = |order: &PurchaseOrder| institution.is_none_or(|code| *code == order.institution);
    let order = found.filter(is_theirs).ok_or_else(unknown)?;
    let settlement = match order.settlement {
        Some(id) => treatment::hold(work, id).await?,
        None => None,
    };
    Seen::of(order, settlement, node.context.now())
}

/// Takes an order back before it is confirmed (2167).
pub async fn cancel(node: &ProvinceNode, work: &mut Work, mut seen: Seen) -> Outcome<()> {
    match seen.after(Move::Cancel) {
        Effect::Becomes(stage) => {
            seen.order.stage = stage;
            Ok(purchase_order::update(work, &seen.order, node.context.now()).await?)
        }
        Effect::Already => Ok(()),
        Effect::Undo | Effect::Later | Effect::Refused => Err(seen.refusal().into()),
    }
}

/// Makes an order, its settlement or its refund not to have been (2181). `sent` is when the pharmacy said so; the question to
/// ask, if a settlement is undone.
pub async fn reverse(
    node: &ProvinceNode,
    work: &mut Work,
    (mut seen, step): (Seen, Move),
    (msgid, sent): (&str, Moment),
) -> Outcome<Option<Question>> {
    let now = node.context.now();
    match seen.after(step) {
        Effect::Becomes(stage) => {
            seen.order.stage = stage;
            purchase_order::update(work, &seen.order, now).await?;
            Ok(None)
        }
        Effect::Undo => {
            let mut settlement = seen.settlement.expect("only a settlement is undone");
            settlement::start_undo(node, work, &mut settlement, UndoKind::Reversal, msgid).await
        }
        Effect::Already => {
            // A refund that is still on its way will be refused.
            if step == Move::ReverseGivingBack {
                seen.order.refund_void_until = Some(sent);
                purchase_order::update(work, &seen.order, now).await?;
            }
            Ok(None)
        }
        Effect::Refused if step == Move::ReverseGivingBack => {
            Err(Refusal::RefundStands { mdtrt_regno: seen.order.number }.into())
        }
        Effect::Later | Effect::Refused => Err(seen.refusal().into()),
    }
}

/// The person confirms an order (确认支付), and it is settled. Confirmed again, it tells what became of it.
pub async fn confirm(node: &ProvinceNode, number: &str, uses_account: bool) -> Outcome<Seen> {
    let mut work = node.context.store.begin().await?;
    let seen = hold(node, &mut work, number, None).await?;
    drop(work);
    let question = match seen.after(Move::Confirm) {
        Effect::Becomes(_) => Some(begin(node, &seen, uses_account).await?),
        Effect::Already => seen.settlement.as_ref().and_then(settlement::question_of),
        Effect::Undo | Effect::Later | Effect::Refused => return Err(seen.refusal().into()),
    };
    if let Some(question) = question
        && let Err(failure) = settlement::ask(node, &question).await
    {
        tracing::info!(order = number, refusal = %failure.refusal(), "not known yet");
    }
    let mut work = node.context.store.begin().await?;
    hold(node, &mut work, number, None).await
}

/// The order with this number, to be looked at before anything is done about it.
pub async fn find(node: &ProvinceNode, number: &str) -> Outcome<PurchaseOrder> {
    let mut work = node.context.store.begin().await?;
    Ok(hold(node, &mut work, number, None).await?.order)
}

/// Settles a waiting order like a purchase, in the unit of work that confirms it.
async fn begin(node: &ProvinceNode, seen: &Seen, uses_account: bool) -> Outcome<Question> {
    let (order, content) = (&seen.order, &seen.content);
    let institution = node.institution(&order.institution).await?;
    let institution = institution
        .filter(|institution| institution.open)
        .ok_or_else(|| Refusal::InstitutionSuspended { fixmedins_code: order.institution.to_string() })?;
    let mut registration = content.registration.clone();
    let flag = if uses_account { "1" } else { "0" };
    for (field, value) in
        [("acct_used_flag", flag), ("ipt_otp_no", &order.serial), ("mdtrt_regno", &order.number)]
    {
        registration.insert(field.to_owned(), value.to_owned());
    }
    let purchase = Purchase {
        institution: &institution,
        person: order.person.clone(),
        scheme: content.scheme,
        insured: order.insured,
        at: bought_at(order.bought_on, order.ordered_at, content.lines.iter().map(|line| line.occurred_at)),
        med_type: content.med_type.clone(),
        injury: None,
        third_party: None,
        total: order.total,
        registration,
        msgid: order.msgid.clone(),
    };
    let person =
        purchase::identify(node, &purchase, &wire::hospital::credential::Credential::Nothing).await?;
    let id = SettlementId::new(node.province, node.context.now(), node.context.ids.serial());
    let mut work = node.context.store.begin().await?;
    // Somebody may have cancelled it while the insured place was asked.
    let mut held = hold(node, &mut work, &order.number, None).await?;
    let Effect::Becomes(stage) = held.after(Move::Confirm) else { return Err(held.refusal().into()) };
    let lines = content.lines.iter().map(OrderedLine::given).collect();
    let asked = purchase::begin(node, &mut work, &purchase, &person, (id, lines)).await?;
    held.order.stage = stage;
    held.order.settlement = Some(id);
    purchase_order::update(&mut work, &held.order, node.context.now()).await?;
    work.save().await?;
    Ok(Question::Settle(Box::new(asked.settle)))
}

/// Whether a refund that was sent then is one that was reversed before it came.
pub fn is_void(order: &PurchaseOrder, sent: Moment) -> bool {
    order.refund_void_until.is_some_and(|until| sent <= until)
}

/// A settlement that can be given back (2163), or why not.
pub fn to_give_back(seen: Seen, msgid: &str) -> Outcome<(PurchaseOrder, Content, TreatmentSettlement)> {
    let is_mine =
        |settlement: &TreatmentSettlement| settlement.undo.as_ref().is_some_and(|undo| undo.msgid == msgid);
    let effect = seen.after(Move::GiveBack);
    match (effect, seen.settlement) {
        (Effect::Undo, Some(settlement)) => Ok((seen.order, seen.content, settlement)),
        (_, Some(settlement)) if is_mine(&settlement) => Ok((seen.order, seen.content, settlement)),
        (Effect::Later, Some(settlement)) => {
            Err(Failure::Trouble(Refusal::OutcomeUnknown { setl_id: settlement.id.to_string() }))
        }
        _ => {
            let stage = seen.standing.chinese().to_owned();
            Err(Refusal::OrderStage { mdtrt_regno: seen.order.number, stage }.into())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_was_bought_at_the_last_moment_that_is_known_of_its_day() {
        let put = "2026-11-22 09:00:00";
        for (day, lines, expected) in [
            ("2026-11-22", vec![], put),
            ("2026-11-22", vec!["2026-11-22 08:00:00"], put),
            ("2026-11-22", vec!["2026-11-22 09:00:01", "2026-11-21 23:59:59"], put),
            ("2026-11-21", vec!["2026-11-21 16:30:00", "2026-11-21 16:31:00"], "2026-11-21 16:31:00"),
            ("2026-11-21", vec!["2026-11-20 10:00:00"], "2026-11-21 00:00:00"),
            ("2026-11-23", vec!["2026-11-23 10:00:00"], "2026-11-23 00:00:00"),
        ] {
            let moment = |text: &str| -> Moment { text.parse().unwrap() };
            let of_lines = lines.iter().map(|text| moment(text));
            let at = bought_at(day.parse().unwrap(), moment(put), of_lines);
            assert_eq!(at.to_string(), expected, "{day} {lines:?}");
        }
    }
}
