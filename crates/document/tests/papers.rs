//! Papers as files: the same bytes every time, all that they say in each form, on as many pages as they need.

use document::{
    Align, Cell, Column, Field, Format, Kind, Orientation, Paper, Seal, Table, missing_characters, write,
};
use flate2::read::{DeflateDecoder, ZlibDecoder};
use sha2::{Digest, Sha256};
use std::{collections::BTreeMap, io::Read};
use terms::Fen;

fn seal() -> Seal {
    Seal { code: "7K3MQ9XT2BHF".to_owned() }
}

/// A paper with all that a paper can have, and so many rows.
fn paper(rows: i64) -> Paper {
    let column = |name: &str, width, align| Column { name: name.to_owned(), width, align };
    let mut table = Table {
        title: "明细".to_owned(),
        columns: vec![
            column("序号", 8, Align::Center),
            column("就医地", 20, Align::Left),
            column("说明", 30, Align::Left),
            column("人次", 10, Align::Left),
            column("应清算金额", 20, Align::Left),
        ],
        rows: Vec::new(),
        totals: None,
    };
    for row in 0..rows {
        table.rows.push(vec![
            Cell::Text((row + 1).to_string()),
            Cell::Text("新疆生产建设兵团".to_owned()),
            Cell::Text(if row == 2 {
                "费用自2026年9月起，含迟报（共三笔），结算ID为310000202609211000000001".repeat(2)
            } else {
                String::new()
            }),
            Cell::Count(row * 1_000),
            Cell::Money(Fen(row * 12_345_678_901 - 5)),
        ]);
    }
    let sum =
        table.rows.iter().map(|row| if let Cell::Money(amount) = row[4] { amount } else { Fen::ZERO }).sum();
    table.totals =
        Some(vec![Cell::Text("合计".to_owned()), Cell::Empty, Cell::Empty, Cell::Empty, Cell::Money(sum)]);
    let field = |name: &str, value: &str, whole_line| Field {
        name: name.to_owned(),
        value: value.to_owned(),
        whole_line,
    };
    Paper {
        number: "FK-QS202610-420000-310000".parse().unwrap(),
        kind: Kind::PaymentNotice,
        title: "跨省异地就医费用付款通知书".to_owned(),
        issuer: "国家医疗保障经办机构".to_owned(),
        addressee: Some("湖北省医疗保障经办机构".to_owned()),
        day: "2026-11-30".parse().unwrap(),
        orientation: Orientation::Portrait,
        text: vec!["现就2026年10月跨省异地就医费用清算的资金划拨事项通知如下：由湖北省付款，收款方为上海市，请按规定的期限办理。".to_owned()],
        fields: vec![field("付款方", "湖北省", false), field("收款方", "上海市", false), field("事由", "清算", true)],
        tables: vec![table],
        total: Some(("合计金额".to_owned(), sum)),
        notes: vec!["第一条说明。".to_owned(), "第二条说明。".to_owned()],
        signatures: vec!["经办".to_owned(), "复核".to_owned(), "签发".to_owned()],
        portal: "http://10.0.0.1:8800".to_owned(),
    }
}

fn hash(bytes: &[u8]) -> String {
    let hash = Sha256::digest(bytes);
    format!("{:016x}", u64::from_be_bytes(hash[..8].try_into().unwrap()))
}

#[test]
fn the_same_paper_is_the_same_bytes() {
    for rows in [0, 3, 120] {
        for format in Format::ALL {
            let text = serde_json::to_string(&paper(rows)).unwrap();
            let kept: Paper = serde_json::from_str(&text).unwrap();
            assert_eq!(kept, paper(rows), "its JSON text is the whole paper");
            let (first, again) = (write(&paper(rows), &seal(), format), write(&kept, &seal(), format));
            assert!(first == again, "{format:?} of {rows} rows");
        }
    }
}

/// What this version of the program writes. A dependency that writes otherwise is seen here: papers that are out already will be
/// other files, with the same content.
#[test]
fn bytes_do_not_change_unnoticed() {
    let found: Vec<_> = Format::ALL.iter().map(|format| hash(&write(&paper(3), &seal(), *format))).collect();
    assert_eq!(found, ["e50c771b9c3ee8f3", "b8acdda7aa6eb546", "0c88722e0fde2ec9"]);
}

/// The streams of a PDF file, unpacked.
fn streams(pdf: &[u8]) -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    let mut left = pdf;
    let at = |bytes: &[u8], what: &[u8]| bytes.windows(what.len()).position(|window| window == what);
    while let Some(start) = at(left, b"stream\n") {
        let rest = &left[start + 7..];
        let end = at(rest, b"endstream").unwrap();
        let mut plain = Vec::new();
        if ZlibDecoder::new(&rest[..end]).read_to_end(&mut plain).is_ok() {
            found.push(plain);
        }
        left = &rest[end + 9..];
    }
    found
}

/// All characters that a PDF file can be searched for, by its tables from glyphs to Unicode.
fn characters(pdf: &[u8]) -> String {
    let mut found = String::new();
    for stream in streams(pdf) {
        let text = String::from_utf8_lossy(&stream).into_owned();
        for part in text.split("beginbfchar").skip(1) {
            for line in part.split("endbfchar").next().unwrap().lines() {
                let codes: Vec<&str> =
                    line.split(['<', '>']).filter(|code| !code.trim().is_empty()).collect();
                let [_, unicode] = codes[..] else { continue };
                let units: Vec<u16> = unicode
                    .as_bytes()
                    .chunks(4)
                    .map(|four| u16::from_str_radix(std::str::from_utf8(four).unwrap(), 16).unwrap())
                    .collect();
                found += &String::from_utf16(&units).unwrap();
            }
        }
    }
    found
}

#[test]
fn all_that_a_paper_says_can_be_searched_for_in_its_pdf() {
    let paper = paper(3);
    let pdf = write(&paper, &seal(), Format::Pdf);
    assert!(pdf.starts_with(b"%PDF-1."));
    let characters = characters(&pdf);
    let capitals = paper.total.as_ref().unwrap().1.capitals();
    for text in [&paper.title, &paper.issuer, &capitals, "第页共", "0123456789,.-", "校验码"] as [&str; 6]
    {
        for character in text.chars() {
            assert!(characters.contains(character), "{character} of {text} in {characters}");
        }
    }
}

#[test]
fn many_rows_are_many_pages() {
    for (rows, pages) in [(0, 1), (3, 1), (25, 2), (120, 4)] {
        let pdf = write(&paper(rows), &seal(), Format::Pdf);
        let count = String::from_utf8_lossy(&pdf).matches("/Type/Page/").count()
            + String::from_utf8_lossy(&pdf).matches("/Type/Page\n").count();
        assert_eq!(count, pages, "{rows} rows");
    }
}

#[test]
fn a_rare_character_is_stood_in_for_and_named() {
    let mut rare = paper(1);
    assert_eq!(missing_characters(&rare), []);
    "上海𠮷野家医院".clone_into(&mut rare.fields[2].value);
    assert_eq!(missing_characters(&rare), ['𠮷']);
    let pdf = characters(&write(&rare, &seal(), Format::Pdf));
    assert!(pdf.contains('𠮷'), "copied out of the PDF, it is the character itself");
    assert!("U+20BB7".chars().all(|one| pdf.contains(one)));
    let files = unzip(&write(&rare, &seal(), Format::Xlsx));
    assert!(files["xl/sharedStrings.xml"].contains("上海𠮷野家医院"));
}

/// The files of a workbook, by name.
fn unzip(archive: &[u8]) -> BTreeMap<String, String> {
    let number = |at: usize, long: usize| -> usize {
        archive[at..at + long].iter().rev().fold(0, |sum, byte| sum << 8 | usize::from(*byte))
    };
    let end = (0..archive.len() - 21).rev().find(|at| archive[*at..].starts_with(b"PK\x05\x06")).unwrap();
    let mut at = number(end + 16, 4);
    let mut files = BTreeMap::new();
    while archive[at..].starts_with(b"PK\x01\x02") {
        let (packed, name, extra, comment) =
            (number(at + 20, 4), number(at + 28, 2), number(at + 30, 2), number(at + 32, 2));
        let local = number(at + 42, 4);
        let content = local + 30 + number(local + 26, 2) + number(local + 28, 2);
        let mut plain = Vec::new();
        let packed = &archive[content..content + packed];
        if number(at + 10, 2) == 8 {
            DeflateDecoder::new(packed).read_to_end(&mut plain).unwrap();
        } else {
            plain.extend(packed);
        }
        let name_text = String::from_utf8(archive[at + 46..at + 46 + name].to_vec()).unwrap();
        files.insert(name_text, String::from_utf8_lossy(&plain).into_owned());
        at += 46 + name + extra + comment;
    }
    files
}

#[test]
fn a_workbook_has_figures_to_reckon_with_and_prints_its_heads_on_each_page() {
    let paper = paper(3);
    let files = unzip(&write(&paper, &seal(), Format::Xlsx));
    let sheet = &files["xl/worksheets/sheet1.xml"];
    for figure in ["<v>-0.05</v>", "<v>123456788.96</v>", "<v>246913577.97</v>", "<v>2000</v>"] {
        assert!(sheet.contains(figure), "{figure}");
    }
    assert!(sheet.contains("paperSize=\"9\"") && sheet.contains("fitToHeight=\"0\""), "{sheet}");
    assert!(files["xl/workbook.xml"].contains("_xlnm.Print_Titles"));
    assert!(files["docProps/core.xml"].contains("2026-11-30T00:00:00Z"), "no other day than the paper's");
    let strings = &files["xl/sharedStrings.xml"];
    for text in
        [&paper.title, &paper.total.as_ref().unwrap().1.capitals(), "新疆生产建设兵团", "7K3MQ9XT2BHF"]
            as [&str; 4]
    {
        assert!(strings.contains(text), "{text}");
    }
    assert!(files.contains_key("xl/media/image1.png"), "the QR code");
}

#[test]
fn csv_is_for_programs() {
    let csv = String::from_utf8(write(&paper(3), &seal(), Format::Csv)).unwrap();
    let lines: Vec<&str> = csv.split("\r\n").collect();
    assert_eq!(lines[0], "编号,表,序号,就医地,说明,人次,应清算金额");
    assert_eq!(lines[1], "FK-QS202610-420000-310000,明细,1,新疆生产建设兵团,,0,-0.05");
    assert_eq!(lines.len(), 5, "heads, three rows, no sums: {csv}");
}

/// Files to look at: `YIDI_WRITE_PAPERS=folder cargo test -p document --test papers`.
#[test]
fn papers_to_look_at() {
    let Ok(folder) = std::env::var("YIDI_WRITE_PAPERS") else { return };
    for (name, rows) in [("short", 3), ("long", 60)] {
        for format in Format::ALL {
            let path = std::path::Path::new(&folder).join(format!("{name}.{}", format.extension()));
            std::fs::write(path, write(&paper(rows), &seal(), format)).unwrap();
        }
    }
}
