//! What an institution is owed for, and the comparison of its own account with that.

use crate::{context::Outcome, province::ProvinceNode};
use casework::institution::Institution;
use funds::{
    apportioning::SettledLine,
    statement::{self, Compared, Difference, ListedLine},
};
use std::{
    collections::{BTreeMap, HashSet},
    ops::Range,
};
use store::{
    Conn,
    reconciliation::{self, Recorded},
};
use terms::{
    CareKind, Day, Fen, InstitutionCode, InsuranceScheme, Moment, PersonNumber, Province, SettlementId,
    VisitId,
};
use wire::hospital::statement::{ListLine, ResultLine};

/// A line with what names it at the institution.
#[derive(Clone, Debug)]
pub struct Entry {
    /// What moves.
    pub line: SettledLine,
    /// The visit.
    pub visit: VisitId,
    /// The person.
    pub person: PersonNumber,
    /// The message that asked for it: for the settlement, or for its undoing.
    pub msgid: String,
}

/// Which lines.
#[derive(Clone, Copy, Debug, Default)]
pub struct Wanted {
    /// Only of this scheme.
    pub scheme: Option<InsuranceScheme>,
    /// Only of this kind of care.
    pub care: Option<CareKind>,
    /// Only what gives back, or only what does not.
    pub refunds: Option<bool>,
}

impl Wanted {
    fn takes(self, line: &SettledLine) -> bool {
        self.scheme.is_none_or(|scheme| scheme == line.scheme)
            && self.care.is_none_or(|care| care == line.care)
            && self.refunds.is_none_or(|refunds| refunds == line.is_undoing())
    }
}

/// The days from the first to the last, as moments.
pub fn days(first: Day, last: Day) -> Range<Moment> {
    first.start()..last.plus_days(1).start()
}

/// The lines of a period, by moment and id.
pub async fn entries(
    conn: &mut Conn,
    node: &ProvinceNode,
    institution: &Institution,
    period: &Range<Moment>,
) -> Outcome<Vec<Entry>> {
    entries_of_institution(conn, (node.province, &institution.code), period).await
}

/// The same of an institution by its code.
pub(crate) async fn entries_of_institution(
    conn: &mut Conn,
    whose: (Province, &InstitutionCode),
    period: &Range<Moment>,
) -> Outcome<Vec<Entry>> {
    Ok(entries_and_others(conn, whose, period).await?.0)
}

/// The same, and what the settlements of these lines have of lines outside the period.
async fn entries_and_others(
    conn: &mut Conn,
    whose: (Province, &InstitutionCode),
    period: &Range<Moment>,
) -> Outcome<(Vec<Entry>, Vec<Entry>)> {
    let recorded = reconciliation::list(conn, whose, period).await?;
    let (mut inside, outside): (Vec<Entry>, Vec<Entry>) =
        recorded.into_iter().flat_map(entries_of).partition(|entry| period.contains(&entry.line.at));
    inside.sort_by_key(|entry| (entry.line.at, entry.line.id));
    Ok((inside, outside))
}

/// A settlement's lines.
fn entries_of(recorded: Recorded) -> Vec<Entry> {
    let Recorded { settlement, visit, person, msgid, undo_msgid } = recorded;
    let entry = |line: SettledLine| {
        let asked_by = if line.is_undoing() { undo_msgid.clone() } else { None };
        let msgid = asked_by.unwrap_or_else(|| msgid.to_string());
        Entry { visit, person: person.clone(), msgid, line }
    };
    settlement.lines().into_iter().map(entry).collect()
}

/// What a list is compared with.
#[derive(Debug)]
pub struct Ours {
    /// Our lines of the period and kind.
    compared: Vec<Entry>,
    /// Lines of ours beside these that the list names, or whose settlements these are of.
    beside: Vec<Entry>,
}

/// Gathers what a list is compared with.
pub async fn ours(
    conn: &mut Conn,
    node: &ProvinceNode,
    institution: &Institution,
    (period, wanted): (&Range<Moment>, Wanted),
    list: &[ListLine],
) -> Outcome<Ours> {
    let (inside, mut beside) = entries_and_others(conn, (node.province, &institution.code), period).await?;
    let (compared, others): (Vec<Entry>, Vec<Entry>) =
        inside.into_iter().partition(|entry| wanted.takes(&entry.line));
    beside.extend(others);
    let known: HashSet<SettlementId> =
        compared.iter().chain(&beside).flat_map(|entry| [entry.line.id, entry.line.settlement]).collect();
    // An id of another province may be an id, but never one of ours.
    let unknown: Vec<SettlementId> = list
        .iter()
        .filter_map(|line| line.setl_id.parse().ok())
        .filter(|id: &SettlementId| id.province() == node.province && !known.contains(id))
        .collect();
    let found = reconciliation::find(conn, (node.province, &institution.code), &unknown).await?;
    beside.extend(found.into_iter().flat_map(entries_of));
    Ok(Ours { compared, beside })
}

/// The list against our lines: every line of the list with its result, then those that only we have; and of which schemes the books are equal.
pub fn compare(list: Vec<ListLine>, ours: &Ours) -> (Vec<ResultLine>, BTreeMap<InsuranceScheme, bool>) {
    let lines = |entries: &[Entry]| entries.iter().map(|entry| entry.line.clone()).collect::<Vec<_>>();
    let listed: Vec<ListedLine> = list.iter().map(listed).collect();
    let mine = lines(&ours.compared);
    let compared = statement::compare_list(&listed, &mine, &lines(&ours.beside));
    let agreed = statement::agreed_by_scheme(&compared, &mine);
    let mut list: Vec<Option<ListLine>> = list.into_iter().map(Some).collect();
    let results = compared
        .into_iter()
        .map(|compared| {
            let mine = compared.ours.map(|mine| &ours.compared[mine]);
            let gives_back = compared.listed.is_some_and(|index| listed[index].gives_back());
            let theirs = compared.listed.and_then(|index| list[index].take());
            result(&compared, mine, theirs, gives_back)
        })
        .collect();
    (results, agreed)
}

fn listed(line: &ListLine) -> ListedLine {
    ListedLine {
        id: line.setl_id.parse().ok(),
        refunded: line.refd_setl_flag,
        total: line.medfee_sumamt,
        fund_total: line.fund_pay_sumamt,
        account: line.acct_pay,
    }
}

/// A line of the result. Its amounts are ours where we have the line.
fn result(
    compared: &Compared,
    mine: Option<&Entry>,
    theirs: Option<ListLine>,
    gives_back: bool,
) -> ResultLine {
    let words = compared.differences.iter().map(Difference::to_string).collect::<Vec<_>>().join("；");
    let memo = match (&theirs, mine) {
        _ if words.is_empty() => None,
        // The standard leaves the ids of such a line empty: its time and message say which it is.
        (None, Some(mine)) => Some(format!("{words}，结算时间{}", mine.line.at)),
        _ => Some(words),
    };
    let amounts = match (mine, &theirs) {
        (Some(mine), _) => (mine.line.total, mine.line.fund_total(), mine.line.account),
        (None, Some(line)) => (line.medfee_sumamt, line.fund_pay_sumamt, line.acct_pay),
        (None, None) => unreachable!("a line is of the list or of ours"),
    };
    let person = mine.map(|mine| mine.person.to_string());
    let (psn_no, mdtrt_id, setl_id) = match theirs {
        Some(line) => (line.psn_no, Some(line.mdtrt_id), Some(line.setl_id)),
        None => (person.expect("a line is of the list or of ours"), None, None),
    };
    ResultLine {
        psn_no,
        mdtrt_id,
        setl_id,
        msgid: mine.map(|mine| mine.msgid.clone()),
        agreed: compared.differences.is_empty(),
        refd_setl_flag: mine.map_or(gives_back, |mine| mine.line.is_undoing()),
        memo,
        medfee_sumamt: amounts.0,
        fund_pay_sumamt: amounts.1,
        acct_pay: amounts.2,
    }
}

/// The lines that are wanted, as values of the field.
pub fn wanted<'a>(entries: &'a [Entry], wanted: &Wanted) -> impl Iterator<Item = &'a SettledLine> {
    let wanted = *wanted;
    entries.iter().map(|entry| &entry.line).filter(move |line| wanted.takes(line))
}

/// What the lines of a list come to: 医疗费总额, 基金支付总额.
pub fn sums(list: &[ListLine]) -> (Fen, Fen) {
    let sum = |of: fn(&ListLine) -> Fen| list.iter().map(of).sum();
    (sum(|line| line.medfee_sumamt), sum(|line| line.fund_pay_sumamt))
}
