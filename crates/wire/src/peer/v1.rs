//! Version 1 of what nodes say to each other. A published version only gains messages and optional fields; the golden
//! samples in `wire/samples/peer` hold it.

use super::kind::{self, Kinds};
use benefit::{
    bill::{Bill, Split},
    breakdown::Breakdown,
    year::YearToDate,
};
use casework::{
    announcement::Announcement,
    difference::{self, Note},
    emergency_increase::Increase,
    filing::Filing,
    medium::{CardIdentification, CardNumber, VoucherCode},
    person::Person,
    registration::{Kind, Registered, Registrar, Registration},
};
use funds::{
    Pair,
    clearing::{self, ClearedLine, ClearingLine, Deduction, Due, LeftOut},
    reconciliation::{BookLine, Bucket, BucketDigest, Cause, DifferenceKind, PairLine, Part, Side},
};
use serde::{Deserialize, Deserializer, Serialize, de::IgnoredAny};
use terms::{
    AdmissionKind, CareKind, CatalogClass, ChargeCategory, CitizenId, Day, DiseaseCode, FilingId, Fund,
    InstitutionCode, InsuranceScheme, InsuredPlace, MessageId, Moment, Month, Participant, PersonNumber,
    Province, Refusal, RegistrationId, SettlementId, SettlementLevel, TreatmentPlace, VisitId,
};

/// What one node asks another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Question {
    /// Who is this, and how are they insured? To the insured place; writes a record of the look.
    FindPerson(FindPerson),
    /// Which filings of the national register concern this person? To the hub.
    FindFilings(FindFilings),
    /// What would be paid (预结算)? To the insured place; writes nothing.
    Trial(Box<Claim>),
    /// Settle (结算). To the insured place; the same settlement asked again gets the first answer.
    Settle(Box<Settle>),
    /// Undo a settlement (撤销, 冲正). To the insured place; also for a settlement that it has not seen, which it then
    /// never accepts.
    Undo(Undo),
    /// The sums of a person's year. To the insured place.
    FindYear(FindYear),
    /// A filing for the national register (备案上报). To the hub; the highest generation wins.
    PublishFiling(Box<Filing>),
    /// An institution for the national register. To the hub; the later change wins.
    PublishInstitution(PublishedInstitution),
    /// Who takes part in the network? To the hub.
    FindParticipants,
    /// Which notices (付款、收款通知书) and letters of urging (催缴函) concern the province that asks? To the hub.
    FindNotices(FindNotices),
    /// What a province says of a payment order (划拨单) of its side. To the hub; the later report counts.
    ReportTransfer(Box<funds::payment_order::Report>),
    /// A fiscal special account (财政专户) of the province that asks. To the hub; the later change wins.
    PublishBankAccount(Box<funds::bank::BankAccount>),
    /// The fiscal special accounts of all provinces. To the hub.
    FindBankAccounts,
    /// Whose is this voucher or card, and is it good? To the insured place, which writes down that it was read and by whom; the
    /// same message reads the same voucher again.
    ReadMedium(Box<ReadMedium>),
    /// The details of a settlement that stands, in batches (明细延后传输). To the insured place; any batch may come again.
    SendDetails(Box<SendDetails>),
    /// Does a person enjoy the benefit of each fund (人员待遇享受检查)? To the insured place; writes a record of the look.
    CheckBenefit(CheckBenefit),
    /// What do the standing settlements of a day come to, in which the province that asks has this part (对账)? To the hub.
    FindDigests(FindDigests),
    /// The lines of buckets that differ, in pages. To the hub.
    FindBookLines(FindBookLines),
    /// What the comparison of a day came to at the province, and every difference that it ever had on that day, in pages. To the
    /// hub; the same again changes nothing.
    ReportReconciliation(Box<ReportReconciliation>),
    /// Which settlements of the province that asks as treatment place have insured places reported to differ? To the hub.
    FindOpenDifferences(FindOpenDifferences),
    /// Register a person's referral, chronic disease, choice or accident (人员备案). To the insured place; the same id asked
    /// again gets the first answer.
    Register(Box<Registration>),
    /// Take a registration back (备案撤销). To the insured place; once withdrawn it stays so.
    WithdrawRegistration(WithdrawRegistration),
    /// What is registered of a person? To the insured place; writes a record of the look.
    FindRegistrations(FindRegistrations),
    /// What a month's clearing (清算) comes to for the province that asks, once it is adopted: its lines both ways, in pages. To the
    /// hub.
    FindClearing(FindClearing),
    /// Which settlements are in a month's clearing with the province that asks, one by one, in pages. To the hub.
    FindClearedSettlements(FindClearedSettlements),
    /// The province confirms or disputes a month's clearing (清算确认). To the hub; the same answer again is the same.
    AnswerClearing(AnswerClearing),
    /// What the treatment place deducted after audit (审核扣款) from a settlement of its own, for the next month that closes. To the
    /// hub; the same number again gets the first answer.
    ReportDeduction(Box<Deduction>),
    /// The treatment place applies for an emergency increase of a prepayment (紧急调增). To the hub, which answers with the
    /// application as it stands there; asked again, it is the same application.
    ApplyIncrease(Box<Increase>),
    /// Which applications for an emergency increase that concern the asking province have changed? To the hub.
    FindIncreases(FindIncreases),
    /// Which notices of outages (停机公告) has the hub that are not over? To the hub.
    FindAnnouncements,
    /// The institutions of the national register, or those that have changed, in pages. To the hub.
    FindInstitutions(FindInstitutions),
    /// How many stays of guests, registered in a month, were settled directly (住院直接结算率)? The province that asks reports it as treatment
    /// place. To the hub; the later report counts.
    ReportStays(Box<ReportStays>),
    /// What does the book of a province say of one settlement (差异更正)? The hub asks, and keeps the signed answer as the record by which it
    /// corrects its own. To the province that is named.
    FindOwnLine(FindOwnLine),
}

impl Question {
    /// Whom the question is for.
    pub fn addressee(&self) -> Participant {
        let insured = match self {
            Self::FindPerson(find) => find.insured,
            Self::Trial(claim) => claim.insured,
            Self::Settle(settle) => settle.claim.insured,
            Self::Undo(undo) => undo.insured,
            Self::FindYear(find) => find.insured,
            Self::Register(registration) => registration.insured,
            Self::WithdrawRegistration(withdraw) => withdraw.insured,
            Self::FindRegistrations(find) => find.insured,
            Self::CheckBenefit(check) => check.insured,
            Self::ReadMedium(read) => read.insured,
            Self::SendDetails(sent) => sent.insured,
            Self::FindOwnLine(find) => return Participant::Province(find.province),
            Self::FindFilings(_)
            | Self::PublishFiling(_)
            | Self::PublishInstitution(_)
            | Self::FindParticipants
            | Self::FindNotices(_)
            | Self::ReportTransfer(_)
            | Self::PublishBankAccount(_)
            | Self::FindBankAccounts
            | Self::FindDigests(_)
            | Self::FindBookLines(_)
            | Self::ReportReconciliation(_)
            | Self::FindOpenDifferences(_)
            | Self::FindClearing(_)
            | Self::FindClearedSettlements(_)
            | Self::AnswerClearing(_)
            | Self::ReportDeduction(_)
            | Self::ApplyIncrease(_)
            | Self::FindIncreases(_)
            | Self::FindAnnouncements
            | Self::FindInstitutions(_)
            | Self::ReportStays(_) => {
                return Participant::Hub;
            }
        };
        Participant::Province(insured.province())
    }

    /// What kind of question it is, as messages name it.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::FindPerson(_) => "find_person",
            Self::FindFilings(_) => "find_filings",
            Self::Trial(_) => "trial",
            Self::Settle(_) => "settle",
            Self::Undo(_) => "undo",
            Self::FindYear(_) => "find_year",
            Self::PublishFiling(_) => "publish_filing",
            Self::PublishInstitution(_) => "publish_institution",
            Self::FindParticipants => "find_participants",
            Self::FindNotices(_) => "find_notices",
            Self::ReportTransfer(_) => "report_transfer",
            Self::PublishBankAccount(_) => "publish_bank_account",
            Self::FindBankAccounts => "find_bank_accounts",
            Self::ReadMedium(_) => "read_medium",
            Self::SendDetails(_) => "send_details",
            Self::CheckBenefit(_) => "check_benefit",
            Self::FindDigests(_) => "find_digests",
            Self::FindBookLines(_) => "find_book_lines",
            Self::ReportReconciliation(_) => "report_reconciliation",
            Self::FindOpenDifferences(_) => "find_open_differences",
            Self::Register(_) => "register",
            Self::WithdrawRegistration(_) => "withdraw_registration",
            Self::FindRegistrations(_) => "find_registrations",
            Self::FindClearing(_) => "find_clearing",
            Self::FindClearedSettlements(_) => "find_cleared_settlements",
            Self::AnswerClearing(_) => "answer_clearing",
            Self::ReportDeduction(_) => "report_deduction",
            Self::ApplyIncrease(_) => "apply_increase",
            Self::FindIncreases(_) => "find_increases",
            Self::FindAnnouncements => "find_announcements",
            Self::FindInstitutions(_) => "find_institutions",
            Self::ReportStays(_) => "report_stays",
            Self::FindOwnLine(_) => "find_own_line",
        }
    }
}

impl<'de> Deserialize<'de> for Question {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        kind::deserialize(deserializer)
    }
}

impl Kinds for Question {
    const NAMES: &[&str] = &[
        "find_person",
        "find_filings",
        "trial",
        "settle",
        "undo",
        "find_year",
        "publish_filing",
        "publish_institution",
        "find_participants",
        "find_notices",
        "report_transfer",
        "publish_bank_account",
        "find_bank_accounts",
        "read_medium",
        "send_details",
        "check_benefit",
        "register",
        "withdraw_registration",
        "find_registrations",
        "find_digests",
        "find_book_lines",
        "report_reconciliation",
        "find_open_differences",
        "find_clearing",
        "find_cleared_settlements",
        "answer_clearing",
        "report_deduction",
        "apply_increase",
        "find_increases",
        "find_announcements",
        "find_institutions",
        "report_stays",
        "find_own_line",
    ];

    fn read<'de, D: Deserializer<'de>>(kind: &str, content: D) -> Result<Self, D::Error> {
        Ok(match kind {
            "find_person" => Self::FindPerson(Deserialize::deserialize(content)?),
            "find_filings" => Self::FindFilings(Deserialize::deserialize(content)?),
            "trial" => Self::Trial(Deserialize::deserialize(content)?),
            "settle" => Self::Settle(Deserialize::deserialize(content)?),
            "undo" => Self::Undo(Deserialize::deserialize(content)?),
            "find_year" => Self::FindYear(Deserialize::deserialize(content)?),
            "publish_filing" => Self::PublishFiling(Deserialize::deserialize(content)?),
            "publish_institution" => Self::PublishInstitution(Deserialize::deserialize(content)?),
            "find_participants" => {
                IgnoredAny::deserialize(content)?;
                Self::FindParticipants
            }
            "find_notices" => Self::FindNotices(Deserialize::deserialize(content)?),
            "report_transfer" => Self::ReportTransfer(Deserialize::deserialize(content)?),
            "publish_bank_account" => Self::PublishBankAccount(Deserialize::deserialize(content)?),
            "find_bank_accounts" => {
                IgnoredAny::deserialize(content)?;
                Self::FindBankAccounts
            }
            "read_medium" => Self::ReadMedium(Deserialize::deserialize(content)?),
            "send_details" => Self::SendDetails(Deserialize::deserialize(content)?),
            "check_benefit" => Self::CheckBenefit(Deserialize::deserialize(content)?),
            "register" => Self::Register(Deserialize::deserialize(content)?),
            "withdraw_registration" => Self::WithdrawRegistration(Deserialize::deserialize(content)?),
            "find_registrations" => Self::FindRegistrations(Deserialize::deserialize(content)?),
            "find_digests" => Self::FindDigests(Deserialize::deserialize(content)?),
            "find_book_lines" => Self::FindBookLines(Deserialize::deserialize(content)?),
            "report_reconciliation" => Self::ReportReconciliation(Deserialize::deserialize(content)?),
            "find_open_differences" => Self::FindOpenDifferences(Deserialize::deserialize(content)?),
            "find_clearing" => Self::FindClearing(Deserialize::deserialize(content)?),
            "find_cleared_settlements" => Self::FindClearedSettlements(Deserialize::deserialize(content)?),
            "answer_clearing" => Self::AnswerClearing(Deserialize::deserialize(content)?),
            "report_deduction" => Self::ReportDeduction(Deserialize::deserialize(content)?),
            "apply_increase" => Self::ApplyIncrease(Deserialize::deserialize(content)?),
            "find_increases" => Self::FindIncreases(Deserialize::deserialize(content)?),
            "find_announcements" => {
                IgnoredAny::deserialize(content)?;
                Self::FindAnnouncements
            }
            "find_institutions" => Self::FindInstitutions(Deserialize::deserialize(content)?),
            "report_stays" => Self::ReportStays(Deserialize::deserialize(content)?),
            "find_own_line" => Self::FindOwnLine(Deserialize::deserialize(content)?),
            other => return Err(kind::unknown::<Self, _>(other)),
        })
    }
}

/// What is answered: a value, or a refusal with its code and Chinese sentence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reply {
    /// The answer.
    Answer(Box<Answer>),
    /// No.
    Refused {
        /// The refusal's code.
        code: String,
        /// The refusal's sentence.
        message: String,
    },
}

impl Reply {
    /// From the outcome of a use case.
    pub fn from_outcome(outcome: Result<Answer, Refusal>) -> Self {
        match outcome {
            Ok(answer) => Self::Answer(Box::new(answer)),
            Err(refusal) => Self::Refused { code: refusal.code().to_owned(), message: refusal.message() },
        }
    }

    /// As an outcome; another node's refusal is passed on as it came.
    pub fn into_outcome(self) -> Result<Answer, Refusal> {
        match self {
            Self::Answer(answer) => Ok(*answer),
            Self::Refused { code, message } => Err(Refusal::Relayed { code, message }),
        }
    }
}

/// The answers, one for each kind of question.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Answer {
    /// To [`Question::FindPerson`] and [`Question::ReadMedium`].
    Person(Box<Person>),
    /// To [`Question::FindFilings`].
    Filings {
        /// Those of the person that are in force or were, newest first.
        filings: Vec<Filing>,
    },
    /// To [`Question::Trial`].
    Trial(Box<Breakdown>),
    /// To [`Question::Settle`].
    Settled(Box<Settled>),
    /// To [`Question::Undo`].
    Undone(Undone),
    /// To [`Question::FindYear`].
    Year {
        /// The year asked for.
        year: i16,
        /// The sums by scheme.
        sums: Vec<(InsuranceScheme, YearToDate)>,
    },
    /// To what is published: taken, or there already.
    Taken,
    /// To [`Question::FindParticipants`].
    Participants {
        /// All of them.
        participants: Vec<ParticipantEntry>,
    },
    /// To [`Question::SendDetails`].
    DetailsTaken(DetailsTaken),
    /// To [`Question::FindNotices`].
    Notices(FoundNotices),
    /// To [`Question::FindBankAccounts`].
    BankAccounts(FoundBankAccounts),
    /// To [`Question::CheckBenefit`].
    Benefits {
        /// One entry a fund.
        funds: Vec<FundBenefit>,
    },
    /// To [`Question::Register`].
    Registered(RegistrationStands),
    /// To [`Question::WithdrawRegistration`].
    Withdrawn(RegistrationStands),
    /// To [`Question::FindRegistrations`].
    Registrations(FoundRegistrations),
    /// To [`Question::FindDigests`].
    Digests(FoundDigests),
    /// To [`Question::FindBookLines`].
    BookLines(FoundBookLines),
    /// To [`Question::FindOpenDifferences`].
    OpenDifferences(FoundOpenDifferences),
    /// To [`Question::FindClearing`].
    Clearing(Box<FoundClearing>),
    /// To [`Question::FindClearedSettlements`].
    ClearedSettlements(FoundClearedSettlements),
    /// To [`Question::AnswerClearing`].
    ClearingAnswered(ClearingAnswered),
    /// To [`Question::ReportDeduction`].
    DeductionTaken(DeductionTaken),
    /// To [`Question::ApplyIncrease`].
    Increase(Box<Increase>),
    /// To [`Question::FindIncreases`].
    Increases(FoundIncreases),
    /// To [`Question::FindAnnouncements`].
    Announcements(FoundAnnouncements),
    /// To [`Question::FindInstitutions`].
    Institutions(FoundInstitutions),
    /// To [`Question::FindOwnLine`].
    OwnLine(Box<OwnLine>),
}

impl<'de> Deserialize<'de> for Answer {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        kind::deserialize(deserializer)
    }
}

#[derive(Deserialize)]
struct Filings {
    filings: Vec<Filing>,
}

#[derive(Deserialize)]
struct Year {
    year: i16,
    sums: Vec<(InsuranceScheme, YearToDate)>,
}

#[derive(Deserialize)]
struct Participants {
    participants: Vec<ParticipantEntry>,
}

#[derive(Deserialize)]
struct Benefits {
    funds: Vec<FundBenefit>,
}

impl Kinds for Answer {
    const NAMES: &[&str] = &[
        "person",
        "filings",
        "trial",
        "settled",
        "undone",
        "year",
        "taken",
        "participants",
        "details_taken",
        "notices",
        "bank_accounts",
        "benefits",
        "registered",
        "withdrawn",
        "registrations",
        "digests",
        "book_lines",
        "open_differences",
        "clearing",
        "cleared_settlements",
        "clearing_answered",
        "deduction_taken",
        "increase",
        "increases",
        "announcements",
        "institutions",
        "own_line",
    ];

    fn read<'de, D: Deserializer<'de>>(kind: &str, content: D) -> Result<Self, D::Error> {
        Ok(match kind {
            "person" => Self::Person(Deserialize::deserialize(content)?),
            "filings" => {
                let Filings { filings } = Deserialize::deserialize(content)?;
                Self::Filings { filings }
            }
            "trial" => Self::Trial(Deserialize::deserialize(content)?),
            "settled" => Self::Settled(Deserialize::deserialize(content)?),
            "undone" => Self::Undone(Deserialize::deserialize(content)?),
            "year" => {
                let Year { year, sums } = Deserialize::deserialize(content)?;
                Self::Year { year, sums }
            }
            "taken" => {
                IgnoredAny::deserialize(content)?;
                Self::Taken
            }
            "participants" => {
                let Participants { participants } = Deserialize::deserialize(content)?;
                Self::Participants { participants }
            }
            "details_taken" => Self::DetailsTaken(Deserialize::deserialize(content)?),
            "notices" => Self::Notices(Deserialize::deserialize(content)?),
            "bank_accounts" => Self::BankAccounts(Deserialize::deserialize(content)?),
            "benefits" => {
                let Benefits { funds } = Deserialize::deserialize(content)?;
                Self::Benefits { funds }
            }
            "registered" => Self::Registered(Deserialize::deserialize(content)?),
            "withdrawn" => Self::Withdrawn(Deserialize::deserialize(content)?),
            "registrations" => Self::Registrations(Deserialize::deserialize(content)?),
            "digests" => Self::Digests(Deserialize::deserialize(content)?),
            "book_lines" => Self::BookLines(Deserialize::deserialize(content)?),
            "open_differences" => Self::OpenDifferences(Deserialize::deserialize(content)?),
            "clearing" => Self::Clearing(Deserialize::deserialize(content)?),
            "cleared_settlements" => Self::ClearedSettlements(Deserialize::deserialize(content)?),
            "clearing_answered" => Self::ClearingAnswered(Deserialize::deserialize(content)?),
            "deduction_taken" => Self::DeductionTaken(Deserialize::deserialize(content)?),
            "increase" => Self::Increase(Deserialize::deserialize(content)?),
            "increases" => Self::Increases(Deserialize::deserialize(content)?),
            "announcements" => Self::Announcements(Deserialize::deserialize(content)?),
            "institutions" => Self::Institutions(Deserialize::deserialize(content)?),
            "own_line" => Self::OwnLine(Deserialize::deserialize(content)?),
            other => return Err(kind::unknown::<Self, _>(other)),
        })
    }
}

/// Asks the insured place for a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FindPerson {
    /// Where the person says to be insured.
    pub insured: InsuredPlace,
    /// By citizen identity number …
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub citizen: Option<CitizenId>,
    /// … or by the insured place's own number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<PersonNumber>,
    /// The institution that looks, for the record of looks.
    pub institution: InstitutionCode,
}

/// Asks the hub's register for filings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FindFilings {
    /// The person.
    pub person: PersonNumber,
    /// Their insured place.
    pub insured: InsuredPlace,
    /// Where they are treated.
    pub treatment: TreatmentPlace,
}

/// What the treatment place asks the insured place to pay: the bill by expense categories and what decides about it. The
/// details follow later ([`SendDetails`]).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    /// The stay.
    pub visit: VisitId,
    /// The person.
    pub person: PersonNumber,
    /// The scheme that is to pay.
    pub scheme: InsuranceScheme,
    /// Where the person is insured.
    pub insured: InsuredPlace,
    /// Where the person is treated.
    pub treatment: TreatmentPlace,
    /// The hospital.
    pub institution: InstitutionCode,
    /// Its name, for the statement.
    pub institution_name: String,
    /// The kind of admission; an emergency counts as filed.
    pub admission_kind: AdmissionKind,
    /// Whether the person pays from the personal account (个人账户使用标志, `acct_used_flag`), as far as it may pay.
    #[serde(default, skip_serializing_if = "is_false")]
    pub uses_account: bool,
    /// The settlements of the same stay that stand before this one (中途结算), oldest first: what is claimed is what came after
    /// them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub continues: Vec<SettlementId>,
    /// The expense categories, the days and the level.
    pub bill: Bill,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks with a reference")]
const fn is_false(flag: &bool) -> bool {
    !*flag
}

impl Claim {
    /// The level at which the hospital is settled.
    pub fn level(&self) -> SettlementLevel {
        self.bill.level
    }
}

/// Asks for a settlement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settle {
    /// Its id, given by the treatment place.
    pub settlement: SettlementId,
    /// When the hospital asked.
    pub asked_at: Moment,
    /// What is claimed.
    pub claim: Claim,
}

/// A settlement stands at the insured place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settled {
    /// Its id.
    pub settlement: SettlementId,
    /// When the insured place committed it.
    pub committed_at: Moment,
    /// Who pays what, and why.
    pub breakdown: Breakdown,
}

/// Why a settlement is undone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UndoKind {
    /// 撤销 (2305): the hospital takes a settlement back that it had got.
    Cancellation,
    /// 冲正 (2601): the hospital does not know what became of it.
    Reversal,
}

/// Asks to undo a settlement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Undo {
    /// The settlement.
    pub settlement: SettlementId,
    /// The undoing's own id.
    pub undo: SettlementId,
    /// Why.
    pub reason: UndoKind,
    /// Where the person is insured.
    pub insured: InsuredPlace,
    /// Where the person is treated.
    pub treatment: TreatmentPlace,
    /// When the hospital asked.
    pub asked_at: Moment,
}

/// A settlement no longer stands, and never will.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Undone {
    /// The settlement.
    pub settlement: SettlementId,
    /// The undoing that did it, the first one asked for.
    pub undo: SettlementId,
    /// Whether it had stood before.
    pub had_stood: bool,
    /// When.
    pub at: Moment,
}

/// Asks for the sums of a person's year.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FindYear {
    /// Where the person is insured.
    pub insured: InsuredPlace,
    /// The person.
    pub person: PersonNumber,
    /// The year.
    pub year: i16,
    /// The institution that looks, for the record of looks.
    pub institution: InstitutionCode,
}

/// An institution as the national register keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublishedInstitution {
    /// Its code.
    pub code: InstitutionCode,
    /// Its name.
    pub name: String,
    /// Where it is.
    pub place: TreatmentPlace,
    /// The level at which it is settled.
    pub level: SettlementLevel,
    /// Whether it may settle across regions.
    pub open: bool,
    /// When this was last changed.
    pub changed_at: Moment,
}

/// A participant as the hub's register keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ParticipantEntry {
    /// Who.
    pub participant: Participant,
    /// Name for people.
    pub name: String,
    /// SM2 public key in hexadecimal digits.
    pub public_key: String,
    /// Suspended by the hub.
    pub suspended: bool,
}

/// Some of the details of a settlement that stands, on their way to the insured place.
///
/// Which lines are in a batch is the sender's matter: a line is known by its serial, and one that comes again is the same line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SendDetails {
    /// The settlement.
    pub settlement: SettlementId,
    /// Where the person is insured.
    pub insured: InsuredPlace,
    /// Where the person is treated.
    pub treatment: TreatmentPlace,
    /// How often the lines were begun to be sent, from 1; what came in an earlier round counts no more.
    pub round: u32,
    /// The batch of the round, from 1.
    pub batch: u32,
    /// How many lines there are in all batches.
    pub count: u64,
    /// The sum of the lines in all batches.
    pub sum: Split,
    /// The lines of this batch.
    pub lines: Vec<DetailLine>,
}

/// A detail (费用明细) as the insured place is told of it: what was done and how it was split, and no names of people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DetailLine {
    /// 费用明细流水号, unique in the settlement.
    pub serial: String,
    /// 原费用流水号: the line that this one gives back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refunds: Option<String>,
    /// The day of 费用发生时间.
    pub day: Day,
    /// 医疗目录编码.
    pub item: String,
    /// 医药机构目录编码.
    pub local_item: String,
    /// 数量 in ten-thousandths.
    pub quantity: i64,
    /// 单价 in millionths of a yuan.
    pub price: i64,
    /// 医疗收费项目类别.
    pub category: ChargeCategory,
    /// 收费项目等级.
    pub class: CatalogClass,
    /// 中药使用方式 of a herb: alone or in a prescription.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub herb_use: Option<String>,
    /// The amount and its parts.
    pub split: Split,
}

/// What has come of a settlement's details.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DetailsTaken {
    /// The settlement.
    pub settlement: SettlementId,
    /// The latest round of which something has come.
    pub round: u32,
    /// How many lines of it have come.
    pub lines: u64,
    /// How it stands with them.
    pub standing: DetailsStanding,
    /// What differs, in Chinese.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub difference: Option<String>,
}

/// How it stands with the details of a settlement at the insured place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DetailsStanding {
    /// Lines are missing.
    UnderWay,
    /// All are there, and they are what was settled.
    Complete,
    /// All are there, and they are not what was settled.
    Different,
    /// The settlement does not stand: nothing of it is kept.
    Undone,
}

/// Asks whether a person enjoys the benefit of each fund, as a visit at an institution would be settled.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckBenefit {
    /// Where the person is insured.
    pub insured: InsuredPlace,
    /// The person.
    pub person: PersonNumber,
    /// The scheme that is to pay.
    pub scheme: InsuranceScheme,
    /// Where the person is treated.
    pub treatment: TreatmentPlace,
    /// The institution, which also looks.
    pub institution: InstitutionCode,
    /// The level at which it is settled.
    pub level: SettlementLevel,
    /// The kind of care.
    pub care: CareKind,
    /// An emergency, which counts as filed.
    pub emergency: bool,
    /// The chronic or special disease, if the care is for one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disease: Option<DiseaseCode>,
    /// The day that is asked for.
    pub from: Day,
    /// To which day; open if none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<Day>,
}

/// Whether a person enjoys the benefit of a fund.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FundBenefit {
    /// The fund.
    pub fund: Fund,
    /// From this day.
    pub from: Day,
    /// To this day, if an end is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<Day>,
    /// Why not, in Chinese; none if the person enjoys it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why_not: Option<String>,
}

/// Asks the insured place about a medium that was shown at a counter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadMedium {
    /// Where it was issued, as it says itself, or as the institution says of a card that does not.
    pub insured: InsuredPlace,
    /// The medium.
    pub medium: Medium,
    /// Who is said to hold it, where that is known already: then it must be theirs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub holder: Option<PersonNumber>,
    /// The institution at whose counter it was shown, for the record of looks.
    pub institution: InstitutionCode,
    /// The institution's message, which reads a voucher once.
    pub message: MessageId,
}

/// A medium as it was read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Medium {
    /// An electronic voucher (医保电子凭证).
    Voucher {
        /// What its two-dimensional code says.
        code: VoucherCode,
    },
    /// A social security card (社会保障卡).
    Card {
        /// 卡号.
        number: CardNumber,
        /// 卡识别码, if it was read.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        identification: Option<CardIdentification>,
        /// 密文, if it was read.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        cipher: Option<String>,
    },
}

/// Asks the insured place to take a registration back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WithdrawRegistration {
    /// Which.
    pub id: RegistrationId,
    /// Of which kind the asking side takes it to be; not `kind`, which is the question's.
    pub matter: Kind,
    /// Whose it is.
    pub person: PersonNumber,
    /// Where the person is insured.
    pub insured: InsuredPlace,
    /// The hospital that asks: the one that registered it.
    pub by: Registrar,
    /// Why, as it is given.
    pub reason: String,
}

/// Asks the insured place what is registered of a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FindRegistrations {
    /// Where the person is insured.
    pub insured: InsuredPlace,
    /// The person.
    pub person: PersonNumber,
    /// Of which kind; not `kind`, which is the question's. Referrals are told to the hospitals that they are from and to.
    pub matter: Kind,
    /// The institution that looks, for the record of looks.
    pub institution: InstitutionCode,
}

/// What is known of a registration by its id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegistrationStands {
    /// Its id.
    pub id: RegistrationId,
    /// When the insured place registered it, or took it back.
    pub at: Moment,
    /// The filing that it brought with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filing: Option<FilingId>,
}

/// What is registered of a person, of one kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FoundRegistrations {
    /// Who the person is; only where referrals are asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<Box<Person>>,
    /// Those that stand, newest first.
    pub registrations: Vec<Registered>,
}

/// Asks for a page of a month's clearing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FindClearing {
    /// 清算年月.
    pub month: Month,
    /// The `next` of the page before; none for the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
}

/// A page of a month's clearing, as far as it concerns the province that asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FoundClearing {
    /// 清算年月.
    pub month: Month,
    /// Where the month stands. Before a plan is adopted there is nothing else to see.
    pub stage: clearing::stage::Stage,
    /// Which plan was adopted; 0 as long as none is.
    pub revision: u32,
    /// When it was adopted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub adopted_at: Option<Moment>,
    /// The last day on which provinces confirm or dispute (确认期限).
    pub confirmed_by: Day,
    /// The day on which notices are issued.
    pub notices_on: Day,
    /// What it comes to with each other province, and where that stands; the same on every page.
    pub pairs: Vec<ClearingPair>,
    /// Lines, in a stable order: those that the province owes first.
    pub lines: Vec<ClearingLine>,
    /// What to ask on with; none on the last page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// What a month comes to between two provinces, and what both say of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClearingPair {
    /// Which.
    pub pair: Pair,
    /// Where it stands.
    pub stage: clearing::stage::PairStage,
    /// What the insured province says.
    pub insured_answer: clearing::stage::Answer,
    /// What the treatment province says.
    pub treatment_answer: clearing::stage::Answer,
    /// What the insured province owes, by scheme and purse, without what upheld disputes took out; below nothing where the treatment
    /// province gives back.
    pub dues: Vec<Due>,
    /// What upheld disputes took out of the month: it comes in a later one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub withdrawn: Vec<ClearedLine>,
    /// What the disputes are.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub disputes: Vec<ClearingDispute>,
}

/// A dispute of a month, and what the hub decided.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClearingDispute {
    /// Who disputes.
    pub by: Participant,
    /// The settlements; none named means all of the pair.
    pub settlements: Vec<SettlementId>,
    /// Why, in words without personal data.
    pub reason: String,
    /// What came of it.
    pub answer: clearing::stage::Answer,
    /// What the hub said to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decision: Option<String>,
}

/// Asks for a page of the settlements of a month.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FindClearedSettlements {
    /// 清算年月.
    pub month: Month,
    /// The `next` of the page before; none for the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
}

/// A page of the settlements of a month, as far as they concern the province that asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FoundClearedSettlements {
    /// 清算年月.
    pub month: Month,
    /// Which plan was adopted; 0 as long as none is, and then there are no lines.
    pub revision: u32,
    /// What is in the month.
    pub lines: Vec<ClearedLine>,
    /// What should be and is left out; on the first page, all of it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<LeftOut>,
    /// What to ask on with; none on the last page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// A province's answer to a month's clearing: yes to every pair but those that it disputes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnswerClearing {
    /// 清算年月.
    pub month: Month,
    /// The plan that it has seen.
    pub revision: u32,
    /// What it disputes; nothing if it confirms all.
    pub disputes: Vec<DisputedPair>,
    /// The clerk who decided.
    pub by: String,
}

/// What a province disputes of a pair that it is one side of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DisputedPair {
    /// Which.
    pub pair: Pair,
    /// Which settlements; none named means all of the pair.
    pub settlements: Vec<SettlementId>,
    /// Why, in words without personal data.
    pub reason: String,
}

/// That an answer was taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClearingAnswered {
    /// 清算年月.
    pub month: Month,
    /// The plan.
    pub revision: u32,
    /// How every pair of the province stands now.
    pub pairs: Vec<ClearingPair>,
}

/// That a deduction was taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeductionTaken {
    /// Its number.
    pub number: String,
    /// The month of clearing that it falls into.
    pub month: Month,
}

/// Asks the hub which applications for an emergency increase (紧急调增) have changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FindIncreases {
    /// Changed at this moment or later.
    pub since: Moment,
}

/// Applications for an emergency increase that concern the asking province, the first change first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FoundIncreases {
    /// As many as one answer holds.
    pub increases: Vec<ChangedIncrease>,
}

/// An application as it stands at the hub.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangedIncrease {
    /// The application.
    pub increase: Increase,
    /// When it was last changed.
    pub changed_at: Moment,
}

/// Asks for digests of a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FindDigests {
    /// The day of the settlements' ids.
    pub day: Day,
    /// The part that the province that asks has in them.
    pub part: Part,
}

/// The digests of a day; a bucket in which nothing stands is not among them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FoundDigests {
    /// By bucket.
    pub digests: Vec<BucketDigest>,
}

/// Asks for the lines of buckets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FindBookLines {
    /// The day of the settlements' ids.
    pub day: Day,
    /// The part that the province that asks has in them.
    pub part: Part,
    /// Which buckets.
    pub buckets: Vec<Bucket>,
    /// The last settlement of the page before; none for the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<SettlementId>,
}

/// A page of lines.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FoundBookLines {
    /// In the order of ids, whatever their stage.
    pub lines: Vec<PairLine>,
    /// Whether there are more after the last.
    pub more: bool,
}

/// A difference as a province tells the hub of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportedDifference {
    /// The settlement.
    pub settlement: SettlementId,
    /// The other province, if it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counterpart: Option<terms::Province>,
    /// The side that has to look.
    pub owner: Side,
    /// The province or pooling area of that side; none for the hub.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agency: Option<terms::AdminDivision>,
    /// How the books differ, or did last.
    pub kinds: Vec<DifferenceKind>,
    /// What explains it.
    pub cause: Cause,
    /// How far it has come.
    pub stage: difference::Stage,
    /// What was said about it.
    pub notes: Vec<Note>,
}

/// What the comparison of a day came to at a province.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportReconciliation {
    /// The day of the settlements' ids.
    pub day: Day,
    /// Which of its books was compared.
    pub part: Part,
    /// How many settlements stand in it.
    pub standing: i64,
    /// Their 医疗费总额.
    pub total: terms::Fen,
    /// On how many settlements the books differ.
    pub differing: i64,
    /// Of how many settlements messages are still on their way.
    pub under_way: i64,
    /// When it was compared.
    pub ran_at: Moment,
    /// By whom.
    pub ran_by: String,
    /// Its differences, those that are mended or explained among them.
    pub differences: Vec<ReportedDifference>,
    /// Whether this is the last page: only then the day counts as reconciled.
    pub last: bool,
}

/// Asks a province what its book says of one settlement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FindOwnLine {
    /// Who is asked.
    pub province: Province,
    /// In which of its books.
    pub part: Part,
    /// The other province of the settlement.
    pub counterpart: Province,
    /// Which settlement.
    pub settlement: SettlementId,
}

/// What a province's book says of a settlement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnLine {
    /// Which settlement.
    pub settlement: SettlementId,
    /// In which of its books.
    pub part: Part,
    /// Whether the row is what its settlement made of it.
    pub genuine: bool,
    /// The line; none if the book says nothing of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<BookLine>,
}

/// Asks for settlements that others have reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FindOpenDifferences {
    /// The last settlement of the page before; none for the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<SettlementId>,
}

/// Settlements on which others differ and which nobody has explained.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FoundOpenDifferences {
    /// In the order of months and ids.
    pub settlements: Vec<SettlementId>,
    /// Whether there are more after the last.
    pub more: bool,
}

/// Asks for the notices and letters that concern the province that asks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FindNotices {
    /// The serial of the last notice that it has; 0 before the first.
    pub after: u64,
    /// Letters that were issued since then, in milliseconds since 1970 UTC; those of that moment may come again.
    pub letters_since: i64,
}

/// Notices and letters, some of them if there are many: then one asks again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FoundNotices {
    /// In the order in which they were issued.
    pub notices: Vec<SentNotice>,
    /// Letters of urging to the province that asks, oldest first.
    pub letters: Vec<funds::urging::Letter>,
}

/// A notice as the hub sends it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SentNotice {
    /// The order in which it was issued.
    pub serial: u64,
    /// The notice.
    pub notice: funds::notice::Notice,
}

/// Fiscal special accounts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FoundBankAccounts {
    /// By owner and scheme.
    pub accounts: Vec<funds::bank::BankAccount>,
}

/// Asks for institutions of the national register.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FindInstitutions {
    /// Only those that have changed since; none: all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Moment>,
    /// The last of the page before; none on the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<InstitutionMark>,
}

/// Where a page of the national register ended, which is in the order of provinces and codes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InstitutionMark {
    /// The institution's province.
    pub province: Province,
    /// The institution.
    pub code: InstitutionCode,
}

/// A page of the national register.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FoundInstitutions {
    /// In the order of provinces and codes.
    pub institutions: Vec<PublishedInstitution>,
    /// Whether more follow the last of them.
    pub more: bool,
}

/// Notices of outages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FoundAnnouncements {
    /// All of the hub's that are not over, those that were taken back among them.
    pub announcements: Vec<Announcement>,
}

/// What became of stays of guests.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportStays {
    /// In which month they were registered.
    pub month: Month,
    /// When they were counted.
    pub at: Moment,
    /// By insured province; one of whose people nobody was registered is not named.
    pub stays: Vec<StaysOf>,
}

/// What became of the stays of one insured province's people.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StaysOf {
    /// The insured province.
    pub insured: Province,
    /// Settled directly.
    pub settled: u32,
    /// The registration was taken back, or they were discharged and not settled within the time for it.
    pub elsewhere: u32,
    /// In hospital, being settled, or just discharged.
    pub under_way: u32,
}
