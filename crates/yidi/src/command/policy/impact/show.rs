//! What changes for whom, as tables to read, as CSV, and as a chart.

use super::tally::{Cell, Dimension, Tally, Under};
use std::fmt::Write as _;
use terms::Fen;

/// All tables, in Chinese.
pub fn tables(tally: &Tally) -> String {
    let mut text = String::new();
    for dimension in Dimension::ALL {
        let groups = tally.of(dimension);
        if groups.is_empty() {
            continue;
        }
        let mut head = HEAD;
        head[0] = dimension.chinese();
        let mut rows = vec![head.map(str::to_owned).to_vec()];
        rows.extend(groups.iter().map(|(words, cell)| cells(words, cell).to_vec()));
        let _ = writeln!(text, "\n{}", table(&rows));
    }
    text + &refusals(tally)
}

const HEAD: [&str; 10] = [
    "",
    "人数",
    "结算数",
    "基金原支付",
    "基金新支付",
    "基金增减",
    "个人原负担",
    "个人新负担",
    "少负担人数",
    "多负担人数",
];

fn cells(words: &str, cell: &Cell) -> [String; 10] {
    [
        words.to_owned(),
        cell.people.to_string(),
        cell.settlements.to_string(),
        cell.old.fund.to_string(),
        cell.new.fund.to_string(),
        signed(cell.new.fund - cell.old.fund),
        cell.old.person.to_string(),
        cell.new.person.to_string(),
        cell.winners.to_string(),
        cell.losers.to_string(),
    ]
}

fn refusals(tally: &Tally) -> String {
    let mut text = String::new();
    for (count, words) in [
        (tally.only_old, "现行政策可结算、新政策不结算（不计入上表）"),
        (tally.only_new, "新政策可结算、现行政策不结算（不计入上表）"),
        (tally.neither, "两者都不结算（不计入上表）"),
        (tally.elsewhere, "不属于本统筹区和险种（未计算）"),
    ] {
        if count > 0 {
            let _ = writeln!(text, "{words}：{count}次");
        }
    }
    for ((under, code), (count, message)) in &tally.refusals {
        let policy = match under {
            Under::Old => "现行政策",
            Under::New => "新政策",
        };
        let _ = writeln!(text, "  {policy} {count}次：{message} ({code})");
    }
    text
}

/// An amount with its sign.
pub fn signed(amount: Fen) -> String {
    if amount > Fen::ZERO { format!("+{amount}") } else { amount.to_string() }
}

/// Rows in columns: the first column of words to the left, the others to the right.
pub fn table(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or_default();
    let widths: Vec<usize> = (0..columns)
        .map(|column| {
            rows.iter().filter_map(|row| row.get(column)).map(|cell| width(cell)).max().unwrap_or_default()
        })
        .collect();
    let line = |row: &Vec<String>| {
        let padded = row.iter().zip(&widths).enumerate().map(|(column, (cell, wide))| {
            let space = " ".repeat(wide - width(cell));
            if column == 0 { format!("{cell}{space}") } else { format!("{space}{cell}") }
        });
        padded.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    rows.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// How wide a terminal shows a text: Chinese characters take two places.
fn width(text: &str) -> usize {
    text.chars().map(|one| if u32::from(one) >= 0x1100 { 2 } else { 1 }).sum()
}

/// All groups as CSV, amounts in yuan.
pub fn csv(tally: &Tally) -> String {
    let mut text = "dimension,group,people,settlements,fund_before,fund_after,fund_change,person_before,person_after,paying_less,paying_more\n".to_owned();
    for dimension in Dimension::ALL {
        for (words, cell) in tally.of(dimension) {
            let cells = cells(words, &cell).join(",").replace('+', "");
            let _ = writeln!(text, "{},{cells}", dimension.chinese());
        }
    }
    for ((under, code), (count, _)) in &tally.refusals {
        let policy = if *under == Under::Old { "现行政策不予结算" } else { "新政策不予结算" };
        let _ = writeln!(text, "{policy},{code},,{count},,,,,,,");
    }
    text
}

const ROW: i64 = 44;
const LABELS: i64 = 230;
const BARS: i64 = 520;
const WIDE: i64 = 1_060;

/// A bar chart: of every group what the funds paid and would pay, in one scale for each dimension.
pub fn chart(title: &str, tally: &Tally) -> String {
    let mut body = String::new();
    let mut y = 84;
    for dimension in Dimension::ALL {
        let groups = tally.of(dimension);
        let Some(most) = groups.iter().map(|(_, cell)| cell.old.fund.max(cell.new.fund).0).max() else {
            continue;
        };
        let _ = writeln!(
            body,
            r#"<text x="20" y="{y}" font-size="17" font-weight="bold">{}</text>"#,
            dimension.chinese()
        );
        y += 16;
        for (words, cell) in &groups {
            bars(&mut body, y, words, cell, most.max(1));
            y += ROW;
        }
        y += 34;
    }
    let title = escaped(title);
    format!(
        r##"<svg xmlns="http://www.w3.org/2000/svg" width="{WIDE}" height="{y}" viewBox="0 0 {WIDE} {y}" font-family="Noto Sans CJK SC, Microsoft YaHei, PingFang SC, sans-serif" font-size="13" fill="#222">
<title>{title}</title>
<rect width="{WIDE}" height="{y}" fill="#fff"/>
<text x="20" y="32" font-size="20" font-weight="bold">{title}</text>
<rect x="20" y="46" width="14" height="12" fill="#9db4c8"/><text x="40" y="57">基金支付，现行政策</text>
<rect x="200" y="46" width="14" height="12" fill="#1f6fb2"/><text x="220" y="57">基金支付，新政策</text>
{body}</svg>
"##
    )
}

fn bars(body: &mut String, y: i64, words: &str, cell: &Cell, most: i64) {
    let long = |amount: Fen| i128::from(amount.0.max(0)) * i128::from(BARS) / i128::from(most);
    let _ = writeln!(
        body,
        r#"<text x="{}" y="{}" text-anchor="end">{}</text>"#,
        LABELS - 10,
        y + 22,
        escaped(words)
    );
    for (top, amount, colour) in [(y + 4, cell.old.fund, "#9db4c8"), (y + 20, cell.new.fund, "#1f6fb2")] {
        let _ = writeln!(
            body,
            r#"<rect x="{LABELS}" y="{top}" width="{}" height="14" fill="{colour}"/>"#,
            long(amount)
        );
    }
    let right = i128::from(LABELS + 8) + long(cell.old.fund.max(cell.new.fund));
    let _ = writeln!(
        body,
        r#"<text x="{right}" y="{}">{}万元（{}万元）</text>"#,
        y + 24,
        ten_thousands(cell.new.fund),
        signed_ten_thousands(cell.new.fund - cell.old.fund)
    );
}

/// Yuan by ten thousand, with two decimals.
fn ten_thousands(amount: Fen) -> Fen {
    Fen(amount.0 / 10_000)
}

fn signed_ten_thousands(amount: Fen) -> String {
    signed(ten_thousands(amount))
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
