//! Golden messages to and from an outside core system: what version 1 looks like on the wire, both ways. A sample that changes
//! here is a break with every such system.
//!
//! `UPDATE_SAMPLES=1 cargo test -p wire --test adapter` writes them anew.

use benefit::{Bill, CategoryAmount, FilingStanding, Split, outside::Amounts};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use std::{collections::BTreeMap, fmt::Debug, fs, path::PathBuf};
use terms::{
    CareKind, ChargeCategory, Fen, FilingCategory, Fund, InsuranceScheme, InsuredPlace, Set, SettlementId,
    SettlementLevel, TreatmentPlace, VisitId,
};
use wire::adapter::v1::{Answer, Asked, Claim, Question, VERSION};

fn parsed<T: std::str::FromStr<Err: Debug>>(text: &str) -> T {
    text.parse().unwrap()
}

fn id(serial: u64) -> SettlementId {
    SettlementId::new(parsed("110000"), parsed("2026-11-21 10:30:00"), serial)
}

fn claim() -> Box<Claim> {
    let split = Split {
        total: Fen(1_234_567),
        out_of_scope: Fen(34_567),
        over_limit: Fen::ZERO,
        first_self_pay: Fen(50_000),
        in_scope: Fen(1_150_000),
        in_full: Fen::ZERO,
    };
    Box::new(Claim {
        person: parsed("42010099001"),
        year: 2026,
        visit: VisitId::new(parsed("110000"), parsed("2026-11-12 09:00:00"), 1),
        insured: InsuredPlace(parsed("420106")),
        treatment: TreatmentPlace(parsed("110105")),
        institution: parsed("H11010500001"),
        institution_name: "北京市示范第二医院".to_owned(),
        emergency: false,
        standing: FilingStanding::Filed(FilingCategory::LongTermResident),
        uses_account: false,
        continues: Vec::new(),
        total: split.total,
        bill: Bill {
            care: CareKind::Inpatient,
            level: SettlementLevel::Secondary,
            marks: Set::new(),
            diseases: Vec::new(),
            admission: parsed("2026-11-12"),
            discharge: parsed("2026-11-21"),
            transferred_with: None,
            categories: vec![CategoryAmount { category: ChargeCategory::ALL[0], split }],
        },
    })
}

fn amounts() -> Amounts {
    Amounts {
        total: Fen(1_234_567),
        funds: BTreeMap::from([(Fund::ResidentPool, Fen(770_000))]),
        person_total: Fen(464_567),
        account: Fen::ZERO,
        deductible: Fen(50_000),
        policy: "示例外部险种待遇办法（虚构）第三条".to_owned(),
    }
}

fn holds<T: Serialize + DeserializeOwned + PartialEq + Debug>(name: &str, message: &T) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("samples/adapter").join(format!("{name}.json"));
    let written = format!("{:#}\n", serde_json::to_value(message).unwrap());
    if std::env::var_os("UPDATE_SAMPLES").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, &written).unwrap();
    }
    let kept = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    assert_eq!(kept, written, "{name}");
    assert_eq!(serde_json::from_str::<T>(&kept).unwrap(), *message, "{name}");
    // A newer partner may add fields that an older one passes over.
    let mut more: Value = serde_json::from_str(&kept).unwrap();
    more["added_later"] = Value::Bool(true);
    assert_eq!(serde_json::from_value::<T>(more).unwrap(), *message, "{name}");
}

#[test]
fn questions_are_written_and_read_as_ever() {
    let asked_at = parsed("2026-11-21 10:30:00");
    for (name, question) in [
        ("trial", Question::Trial { claim: claim() }),
        ("settle", Question::Settle { settlement: id(1), asked_at, claim: claim() }),
        ("undo", Question::Undo { settlement: id(1), undo: id(2), reason: "cancellation".to_owned() }),
        ("find", Question::Find { settlement: id(1) }),
    ] {
        let (area, scheme) = (parsed("420100"), InsuranceScheme::Resident);
        holds(name, &Asked { version: VERSION, area, scheme, question });
    }
}

#[test]
fn answers_are_written_and_read_as_ever() {
    let settlement = id(1);
    for (name, answer) in [
        ("answer_trial", Answer::Trial { amounts: amounts() }),
        ("answer_settled", Answer::Settled { settlement, amounts: amounts() }),
        ("answer_undone", Answer::Undone { settlement, had_stood: true }),
        ("answer_unknown", Answer::Unknown { settlement }),
        ("answer_refused", Answer::Refused { reason: "未参加该险种，请核对后重新结算".to_owned() }),
        ("answer_later", Answer::Later { reason: "系统维护".to_owned() }),
    ] {
        holds(name, &answer);
    }
}
