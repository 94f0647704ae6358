//! What a reconciliation of the books (对账) of a day came to.

use crate::{
    notice::place,
    paper::{Cell, Kind, Office, Orientation, Paper, Table},
};
use funds::reconciliation::{Cause, DifferenceKind, Part, Side, words};
use terms::{Day, Fen, Moment, Province, SettlementId};

/// A book of a province that was compared with the hub's.
#[derive(Clone, Copy, Debug)]
pub struct Book {
    /// Whose.
    pub province: Province,
    /// Which.
    pub part: Part,
    /// How many settlements stand in it.
    pub standing: i64,
    /// Their 医疗费总额.
    pub total: Fen,
    /// On how many of them the books differ.
    pub differing: i64,
    /// Of how many messages are still on their way.
    pub under_way: i64,
    /// When it was compared.
    pub ran_at: Moment,
}

/// A settlement on which books differ.
#[derive(Clone, Copy, Debug)]
pub struct Differing<'a> {
    /// Which.
    pub settlement: SettlementId,
    /// How.
    pub kinds: &'a [DifferenceKind],
    /// What explains it.
    pub cause: Cause,
    /// Who has to look.
    pub owner: Side,
    /// Where the matter stands, in Chinese.
    pub stage: &'a str,
}

/// The reconciliation of a day.
#[derive(Clone, Copy, Debug)]
pub struct Reconciled<'a> {
    /// The node whose paper it is: six digits.
    pub owner: &'a str,
    /// The day whose settlements were compared (对账日).
    pub day: Day,
    /// The books.
    pub books: &'a [Book],
    /// Every difference that there is or was.
    pub differences: &'a [Differing<'a>],
}

/// 对账结果, written on a day. Another comparison of the same day is another paper.
pub fn result(reconciled: &Reconciled<'_>, on: Day, office: &Office<'_>) -> Paper {
    let Reconciled { owner, day, books, differences } = *reconciled;
    let kind = Kind::Reconciliation;
    let last = books.iter().map(|book| book.ran_at).max();
    let ran = last.map_or_else(|| "0".to_owned(), Moment::compact);
    let number = format!("DZ-{}-{owner}-{ran}", day.number());
    let mut paper = Paper::new(number, kind, kind.chinese().to_owned(), on, office);
    paper.orientation = Orientation::Landscape;
    paper.field("对账日", day.to_string());
    paper.field("比对时间", last.map_or_else(String::new, |at| at.to_string()));
    let mut table = Table::of(&[
        ("省份", 18),
        ("账簿", 14),
        ("有效笔数", 14),
        ("医疗费总额", 22),
        ("差异笔数", 14),
        ("在途笔数", 14),
    ])
    .centered(&[1]);
    "比对情况".clone_into(&mut table.title);
    for book in books {
        table.rows.push(vec![
            place(book.province.division()).into(),
            format!("{}账", book.part.side()).into(),
            Cell::Count(book.standing),
            book.total.into(),
            Cell::Count(book.differing),
            Cell::Count(book.under_way),
        ]);
    }
    paper.tables.push(table.summed());
    let mut table =
        Table::of(&[("序号", 6), ("结算ID", 26), ("差异", 40), ("原因", 22), ("责任方", 10), ("状态", 12)])
            .centered(&[0, 4, 5]);
    "差异清单".clone_into(&mut table.title);
    for (index, one) in differences.iter().enumerate() {
        let row = [
            (index + 1).to_string(),
            one.settlement.to_string(),
            words(one.kinds),
            one.cause.chinese().to_owned(),
            one.owner.to_string(),
            one.stage.to_owned(),
        ];
        table.rows.push(row.map(Cell::Text).into());
    }
    paper.tables.push(table);
    paper.notes = vec!["按结算ID与国家平台账簿逐笔比对；未消除的差异不列入当月清算。".to_owned()];
    paper
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn books_and_differences() {
        let at = "2026-11-21 10:00:00".parse().unwrap();
        let settlement = SettlementId::new("310000".parse().unwrap(), at, 1);
        let book = Book {
            province: "310000".parse().unwrap(),
            part: Part::Treatment,
            standing: 1_000,
            total: Fen(5),
            differing: 1,
            under_way: 0,
            ran_at: "2026-11-22 03:00:00".parse().unwrap(),
        };
        let kinds = [DifferenceKind::MissingAt(Side::Hub)];
        let differing = Differing {
            settlement,
            kinds: &kinds,
            cause: funds::reconciliation::cause(Part::Treatment, None, true, &kinds),
            owner: Side::Treatment,
            stage: "待处理",
        };
        let day = "2026-11-21".parse().unwrap();
        let reconciled = Reconciled { owner: "310000", day, books: &[book], differences: &[differing] };
        let paper = result(&reconciled, day, &Office { name: "上海市医疗保障局", portal: "" });
        paper.assert_whole();
        assert_eq!((paper.tables[0].rows.len(), paper.tables[1].rows.len()), (1, 1));
        assert_eq!(paper.number.as_str(), "DZ-20261121-310000-20261122030000");
    }
}
