//! The kinds of settlement, each ready to be asked for: how it is asked for, taken back and looked at.

use crate::play::{Play, hubei};
use casework::institution::Institution;
use country::{
    bills::{self, Line, Order},
    hospital::{
        Bill, CallError, Called, Hospital, Outpatient, Patient, Purchase, Settings, bill_input,
        purchase_input, read_fen,
    },
};
use serde_json::{Value, json};
use std::{collections::BTreeMap, sync::Arc, time::Duration};
use terms::{Clock, Fen, SettlementLevel, VisitId};

/// What is settled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Care {
    /// A stay in hospital.
    Stay,
    /// A bill of an outpatient visit.
    Bill,
    /// A purchase at a pharmacy, for a chronic disease.
    Purchase,
}

impl Care {
    /// The transaction that settles it.
    pub const fn settles(self) -> &'static str {
        match self {
            Self::Stay => "2304",
            Self::Bill => "2207",
            Self::Purchase => "2102",
        }
    }

    /// The transaction that cancels its settlement.
    pub const fn cancels(self) -> &'static str {
        match self {
            Self::Stay => "2305",
            Self::Bill => "2208",
            Self::Purchase => "2103",
        }
    }

    /// How many questions its settlement puts to the insured place: a purchase asks first who buys.
    pub const fn questions(self) -> usize {
        match self {
            Self::Stay | Self::Bill => 1,
            Self::Purchase => 2,
        }
    }
}

/// A kind of settlement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kind {
    /// What is settled.
    pub care: Care,
    /// Whether the personal account pays what it can.
    pub by_account: bool,
}

const fn kind(care: Care, by_account: bool) -> Kind {
    Kind { care, by_account }
}

/// The kinds that bad luck is tried on. What is paid in cash goes the same way, with less to go wrong.
pub const KINDS: [Kind; 3] = [kind(Care::Stay, true), kind(Care::Bill, true), kind(Care::Purchase, true)];

/// The same story of every kind, each in a world of its own, all at once.
pub async fn of_every_kind(story: impl AsyncFn(Case)) {
    let story = &story;
    let tell = |kind| Box::pin(async move { story(Case::prepare(kind).await).await });
    let [first, second, third] = KINDS.map(tell);
    tokio::join!(first, second, third);
}

/// A message that asks for a settlement, and whose software sends it.
pub struct Ask {
    /// What it settles.
    pub care: Care,
    /// The software of the hospital, or of the pharmacy.
    pub software: Hospital,
    /// What it says.
    pub input: Value,
}

/// Something that waits to be settled, in its world.
pub struct Case {
    /// The world.
    pub play: Play,
    /// Its kind.
    pub kind: Kind,
    /// The message that asks for it.
    pub ask: Ask,
}

impl Case {
    /// All that is left is to settle.
    pub async fn prepare(kind: Kind) -> Self {
        let play = Play::prepare().await;
        let ask = Ask::of(&play, kind).await;
        Self { play, kind, ask }
    }

    /// What the person has.
    pub async fn person(&self) -> Means {
        let mut year = self.play.year().await;
        year.retain(|_, sum| !sum.is_zero());
        let citizen = self.play.patient.citizen.reveal();
        let who = json!({ "data": {
            "mdtrt_cert_type": "02", "mdtrt_cert_no": citizen, "psn_cert_type": "01", "certno": citizen,
            "psn_name": self.play.patient.name,
        }});
        let answer = self.play.hospital.call("1101", Some(self.play.patient.insured), who).await.unwrap();
        Means { year, balance: read_fen(&answer["output"]["insuinfo"][0]["balc"]).unwrap() }
    }

    /// Sends a message once.
    pub async fn send(&self, msgid: &str, infno: &str, input: &Value) -> Called<Value> {
        let insured = Some(self.play.patient.insured);
        self.ask.software.call_with_msgid(msgid, infno, insured, input.clone()).await
    }

    /// Asks for the settlement once.
    pub async fn settle(&self, msgid: &str) -> Called<Value> {
        self.send(msgid, self.ask.care.settles(), &self.ask.input).await
    }

    /// Sends a message until there is an answer that is not "later", as a patient cashier does.
    pub async fn patiently(&self, msgid: &str, infno: &str, input: &Value) -> Value {
        const LATER: [&str; 5] = ["重发", "正在处理", "稍后", "无法连通", "未通过校验"];
        for _ in 0..40 {
            match self.send(msgid, infno, input).await {
                Ok(answer) => return answer,
                Err(CallError::NoAnswer(_)) => {}
                Err(error) => {
                    let said = error.refusal().unwrap_or_default();
                    assert!(
                        LATER.iter().any(|word| said.contains(word)),
                        "{infno} refused for good: {error}"
                    );
                }
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("{infno} never answered");
    }

    /// Settles, sending again what is lost.
    pub async fn settle_patiently(&self, msgid: &str) -> Value {
        self.patiently(msgid, self.ask.care.settles(), &self.ask.input).await
    }

    /// The input of what cancels a settlement.
    pub fn cancellation(&self, told: &Told) -> Value {
        json!({ "data": {
            "mdtrt_id": told.visit, "setl_id": told.id, "psn_no": self.play.patient.number.as_str(),
        }})
    }

    /// The input of what reverses a message.
    pub fn reversal(&self, omsgid: &str) -> Value {
        json!({ "data": {
            "psn_no": self.play.patient.number.as_str(), "omsgid": omsgid, "oinfno": self.ask.care.settles(),
        }})
    }

    /// Reverses a message, on lines that work.
    pub async fn reverse(&self, omsgid: &str) {
        let msgid = self.ask.software.next_msgid();
        self.send(&msgid, "2601", &self.reversal(omsgid)).await.unwrap();
    }

    /// What is told of an undone settlement: that it is, by its own id and its cancellation's, and that no line is in it any more.
    pub async fn looks_undone(&self, told: &Told, cancellation: Option<&Told>) {
        let insured = Some(self.play.patient.insured);
        let ask = async |infno, input: &Value| {
            let answer = self.ask.software.call(infno, insured, input.clone()).await;
            answer.unwrap_or_else(|error| panic!("{infno} {input}: {error}"))
        };
        let found = ask("5203", &self.cancellation(told)).await;
        let info = &found["output"]["setlinfo"];
        assert_eq!(Told::read(&found).total, told.total, "{info}");
        assert_eq!(info["refd_setl_flag"], json!("1"), "{info}");
        if let Some(cancellation) = cancellation {
            let found = ask("5203", &self.cancellation(cancellation)).await;
            let back = Told::read(&found);
            assert_eq!((&back.id, back.total), (&cancellation.id, -told.total), "{found}");
        }
        let mut of_visit = self.cancellation(told);
        let of_settlement = ask("5204", &of_visit).await;
        of_visit["data"]["setl_id"] = json!("");
        let of_visit = ask("5204", &of_visit).await;
        let lines = |answer: &Value| answer["output"].as_array().unwrap().clone();
        assert!(!lines(&of_settlement).is_empty(), "{of_settlement}");
        for line in lines(&of_visit) {
            assert_ne!(line["setl_id"], json!(told.id), "{line}");
        }
    }
}

impl Ask {
    /// The message that asks for a new settlement of this kind.
    pub async fn of(play: &Play, kind: Kind) -> Self {
        let hospital = || play.hospital.behind(&play.counter.address());
        let (software, input) = match kind.care {
            Care::Stay => (hospital(), play.hospital.settlement_input(&play.patient, play.visit, play.total)),
            Care::Bill => (hospital(), OpenVisit::begin(play).await.charge(play, "P1", 3_000).await),
            Care::Purchase => purchase(play).await,
        };
        Self { care: kind.care, software, input: from_account(input, kind.by_account) }
    }
}

/// The same input, that asks the personal account to pay or not.
pub fn from_account(mut input: Value, by_account: bool) -> Value {
    let node = if input["data"].is_object() { "data" } else { "druginfo" };
    input[node]["acct_used_flag"] = json!(if by_account { "1" } else { "0" });
    input
}

/// What a person has at the insured place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Means {
    /// The sums of the year that are not nothing, by their codes.
    pub year: BTreeMap<String, Fen>,
    /// What the personal account holds.
    pub balance: Fen,
}

/// What a hospital is told of a settlement, or of its cancellation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// 就诊ID.
    pub visit: String,
    /// 结算ID.
    pub id: String,
    /// 医疗费总额.
    pub total: Fen,
    /// 基金支付总额.
    pub fund_total: Fen,
    /// 个人账户支出.
    pub account: Fen,
}

impl Told {
    /// Reads an answer.
    pub fn read(answer: &Value) -> Self {
        let info = &answer["output"]["setlinfo"];
        let text =
            |field: &str| info[field].as_str().unwrap_or_else(|| panic!("{field}: {answer}")).to_owned();
        let sum = |field: &str| read_fen(&info[field]).unwrap_or_else(|| panic!("{field}: {answer}"));
        Self {
            visit: text("mdtrt_id"),
            id: text("setl_id"),
            total: sum("medfee_sumamt"),
            fund_total: sum("fund_pay_sumamt"),
            account: sum("acct_pay"),
        }
    }
}

/// An outpatient visit to which bills may be charged.
pub struct OpenVisit {
    /// Its id.
    pub id: VisitId,
    outpatient: Outpatient,
}

impl OpenVisit {
    /// Registers and describes it.
    pub async fn begin(play: &Play) -> Self {
        let outpatient = Outpatient::ordinary("MZ900001", play.world.clock.now().plus_millis(-2 * HOUR));
        let id = play.hospital.register(&play.patient, &outpatient).await.unwrap();
        play.hospital.describe(&play.patient, id, &outpatient).await.unwrap();
        Self { id, outpatient }
    }

    /// Charges a new bill; the input of 2207 that settles it.
    pub async fn charge(&self, play: &Play, bill: &str, yuan: i64) -> Value {
        let institution = play.world.institution(&play.hospital.settings().code).unwrap();
        let lines = lines(play, institution.level, bill, yuan);
        play.hospital.charge(&play.patient, self.id, &self.outpatient, (bill, &lines)).await.unwrap();
        let bill = Bill { name: bill, total: bills::total(&lines), outpatient: &self.outpatient };
        Hospital::bill_settlement_input(&play.patient, self.id, &bill)
    }

    /// The input of 2204 that charges one more line to a bill.
    pub fn one_more(&self, play: &Play, bill: &str) -> Value {
        let lines = lines(play, SettlementLevel::Primary, &format!("{bill}+"), 100);
        bill_input(&play.patient, self.id, &self.outpatient, (bill, &lines[..1]))
    }
}

/// Milliseconds of an hour.
const HOUR: i64 = 3_600_000;

/// Some lines of the last two hours, whose serials begin with a name.
fn lines(play: &Play, level: SettlementLevel, name: &str, yuan: i64) -> Vec<Line> {
    let now = play.world.clock.now();
    let (admitted, discharged) = (now.plus_millis(-2 * HOUR), now.plus_millis(-HOUR));
    let order = Order { level, admitted, discharged, total: Fen::yuan(yuan), lines: 5, seed: 7 };
    let mut lines = bills::small_bill(&play.world.rules.catalog(hubei()), &order);
    for line in &mut lines {
        line.serial = format!("{name}-{}", line.serial);
    }
    lines
}

/// A pharmacy, and the input of 2102 for medicines that the person may have for a chronic disease.
async fn purchase(play: &Play) -> (Hospital, Value) {
    const DISEASE: (&str, &str) = ("M07803", "肾衰竭血液透析");
    let pharmacy = Institution {
        code: "P42010600001".parse().unwrap(),
        name: "武汉市示范大药房".to_owned(),
        kind: "2".to_owned(),
        level: SettlementLevel::Primary,
        ..play.world.institution(&play.hospital.settings().code).unwrap().clone()
    };
    play.world.province(hubei()).unwrap().node.put_institution(&pharmacy).await.unwrap();
    // Only what the hub's register has open settles.
    play.world.until_quiet().await.unwrap();
    let clock = Arc::clone(&play.world.clock) as Arc<dyn Clock>;
    let software = Hospital::new(Settings::of(&pharmacy, &play.counter.address()), clock);
    let registered = disease_registration(&play.patient, &pharmacy, DISEASE, play.world.clock.now().day());
    software.call("2503", Some(play.patient.insured), registered).await.unwrap();
    let lines = lines(play, pharmacy.level, "Y", 900);
    let at = play.world.clock.now().plus_millis(-HOUR / 2);
    let bought = Purchase { at, disease: Some(DISEASE), lines: &lines };
    (software, purchase_input(&play.patient, &bought))
}

/// The input of 2503: the disease has been there for a while.
fn disease_registration(
    patient: &Patient,
    institution: &Institution,
    (code, name): (&str, &str),
    today: terms::Day,
) -> Value {
    let since = today.plus_days(-9).to_string();
    json!({ "data": {
        "psn_no": patient.number.as_str(), "insutype": patient.scheme.code(), "opsp_dise_code": code,
        "opsp_dise_name": name, "insu_optins": patient.insured.to_string(),
        "ide_fixmedins_no": institution.code.as_str(), "ide_fixmedins_name": institution.name,
        "hosp_ide_date": since, "diag_dr_codg": "D900000000001", "diag_dr_name": "医师某", "begndate": since,
        "enddate": "",
    }})
}
