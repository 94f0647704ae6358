//! A small year of the country: hub and four provinces, a few settlements a month, everything that goes wrong in a year once, and at
//! the end every account of every node explained. The whole country is played by `yidi year`.

use crate::play::{databases, rules};
use country::year::{self, Options};
use std::sync::Mutex;
use terms::{AdminDivision, Fen, Province};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_year_ends_with_every_account_explained() {
    const PROVINCES: usize = 4;
    let of = |number: &u32| AdminDivision::new(*number).unwrap().province();
    let provinces: Vec<Province> = year::land::PROVINCES[..PROVINCES].iter().map(of).collect();
    let begins = "2026-01-01 09:00:00".parse().unwrap();
    let options = Options {
        provinces: PROVINCES,
        seed: 7,
        settlements_a_month: 8,
        rules: rules(),
        database: databases(&provinces, begins, 4).await,
    };
    let story = Mutex::new(String::new());
    let say = |line: &str| {
        eprintln!("{line}");
        let mut story = story.lock().unwrap();
        story.push_str(line);
        story.push('\n');
    };
    let ended = year::play(options, &say).await.unwrap();
    let (figures, story) = (ended.figures, story.into_inner().unwrap());
    eprintln!("{figures}");
    assert!(ended.failed.is_empty(), "{:#?}\n{story}", ended.failed);

    // The year was one in which all of it happened.
    // Besides those who were turned away, everybody was settled; one was turned away to show it, when the suspension began.
    let turned_away = figures.turned_away - figures.suspensions;
    assert_eq!(figures.stays + figures.bills + turned_away, 12 * 8, "{figures}");
    assert!(figures.bills > 0 && figures.cancelled > 0 && figures.cancelled_late > 0, "{figures}");
    assert!(figures.deductions > 0 && figures.prepayments > 0 && figures.increases > 0, "{figures}");
    assert_eq!((figures.upheld, figures.rejected), (2, 1), "{figures}");
    assert_eq!((figures.in_parts, figures.returned, figures.fees), (1, 1, 1), "{figures}");
    assert!(figures.letters > 3 && figures.turned_away > 0, "{figures}");
    assert_eq!(figures.suspensions, 1);
    assert!(figures.moved_deadlines > 0 && figures.moved > Fen::ZERO, "{figures}");
    for words in ["催缴函", "暂停", "恢复", "医院办理入院被告知", "退汇", "紧急调增", "因节假日"]
    {
        assert!(story.contains(words), "{words}\n{story}");
    }
}
