//! The demonstration: seven people are treated away from home, through the real hospital interface of four provinces, and
//! everything that must hold is checked at the end.
//!
//! | story | what it shows |
//! |---|---|
//! | 甲 | a retired employee who lives away for long, filed |
//! | 乙 | a resident on a trip, filed as other temporary; cancelled and settled again |
//! | 丙 | an emergency without a filing, which counts as filed |
//! | 丁 | a resident who never filed |
//! | 戊 | the answer is lost on the way and found by sending the same message again |
//! | 己 | a bill beyond the yearly cap |
//! | 庚 | a hospital that gives up waiting and reverses |
//!
//! What becomes of their money is [`month`].

pub mod month;

use crate::{
    bills,
    checks::{self, Books},
    hospital::{CallError, Hospital, Patient, Settled, Stay},
    institutions::{BEIJING_FIRST, HANGZHOU_FIRST, MODELS, Model, TIANJIN_FIRST, WUHAN_FIRST},
    network::{Fate, Wire},
    people::{BEIJING, HANGZHOU, TIANJIN, WUHAN, person},
    statement::{Statement, three_books},
    world::{Trouble, World},
};
use benefit::{Breakdown, Split, YearToDate};
use casework::person::Person;
use store::{
    insured::{self, YearKey},
    treatment,
};
use terms::{
    AdminDivision, Clock, Fen, FilingCategory, InsuranceScheme, MemberStatus, PoolingArea, SettlementId,
    TreatmentPlace, VisitId,
};
use wire::peer::v1::Claim;

/// One stay of the demonstration.
#[derive(Clone, Copy, Debug)]
pub struct Story {
    /// 甲, 乙, …
    pub mark: &'static str,
    /// What it shows, in Chinese.
    pub title: &'static str,
    /// Where the person is insured.
    pub area: PoolingArea,
    /// In which scheme.
    pub scheme: InsuranceScheme,
    /// What the person is in it.
    pub status: MemberStatus,
    /// Which of the area's people.
    pub serial: u32,
    /// The hospital.
    pub model: Model,
    /// Under which category the person files beforehand, if at all.
    pub filing: Option<FilingCategory>,
    /// Whether the admission is an emergency.
    pub emergency: bool,
    /// 医疗费总额 in yuan; some fen come on top.
    pub yuan: i64,
    /// Lines of the bill.
    pub lines: usize,
}

const EMPLOYEE: InsuranceScheme = InsuranceScheme::Employee;
const RESIDENT: InsuranceScheme = InsuranceScheme::Resident;

/// The stories, in the order in which they are told.
pub const STORIES: [Story; 7] = [
    Story {
        mark: "甲",
        title: "北京退休职工，异地安置武汉，已备案，三级医院住院",
        area: BEIJING,
        scheme: EMPLOYEE,
        status: MemberStatus::Retired,
        serial: 0,
        model: WUHAN_FIRST,
        filing: Some(FilingCategory::ResettledRetiree),
        emergency: false,
        yuan: 42_680,
        lines: 86,
    },
    Story {
        mark: "乙",
        title: "杭州居民，临时外出北京就医（未转诊），已备案；结算后撤销，再次结算",
        area: HANGZHOU,
        scheme: RESIDENT,
        status: MemberStatus::Adult,
        serial: 0,
        model: BEIJING_FIRST,
        filing: Some(FilingCategory::OtherTemporary),
        emergency: false,
        yuan: 28_315,
        lines: 60,
    },
    Story {
        mark: "丙",
        title: "武汉在职职工，天津急诊抢救住院，未备案，视同已备案",
        area: WUHAN,
        scheme: EMPLOYEE,
        status: MemberStatus::Employed,
        serial: 0,
        model: TIANJIN_FIRST,
        filing: None,
        emergency: true,
        yuan: 65_204,
        lines: 120,
    },
    Story {
        mark: "丁",
        title: "天津居民，杭州住院，未备案",
        area: TIANJIN,
        scheme: RESIDENT,
        status: MemberStatus::Elderly,
        serial: 0,
        model: HANGZHOU_FIRST,
        filing: None,
        emergency: false,
        yuan: 18_450,
        lines: 40,
    },
    Story {
        mark: "戊",
        title: "杭州退休职工，常住武汉，已备案；结算应答在途中丢失，用原报文ID重发查回",
        area: HANGZHOU,
        scheme: EMPLOYEE,
        status: MemberStatus::Retired,
        serial: 1,
        model: MODELS[1],
        filing: Some(FilingCategory::LongTermResident),
        emergency: false,
        yuan: 9_876,
        lines: 24,
    },
    Story {
        mark: "己",
        title: "武汉退休职工，转诊北京，已备案，费用超过年度最高支付限额",
        area: WUHAN,
        scheme: EMPLOYEE,
        status: MemberStatus::Retired,
        serial: 1,
        model: BEIJING_FIRST,
        filing: Some(FilingCategory::Referral),
        emergency: false,
        yuan: 388_000,
        lines: 200,
    },
    Story {
        mark: "庚",
        title: "北京在职职工，派驻杭州，已备案；医院未等到应答，冲正后重新结算",
        area: BEIJING,
        scheme: EMPLOYEE,
        status: MemberStatus::Employed,
        serial: 2,
        model: MODELS[11],
        filing: Some(FilingCategory::StationedWorker),
        emergency: false,
        yuan: 15_020,
        lines: 32,
    },
];

impl Story {
    /// The person.
    pub fn person(&self) -> Person {
        person(self.area, self.scheme, self.status, self.serial)
    }

    /// Where the hospital is.
    ///
    /// # Panics
    /// Never: the models have valid divisions.
    pub fn treatment(&self) -> TreatmentPlace {
        TreatmentPlace(AdminDivision::new(self.model.division).expect("a county's number"))
    }

    fn filing_text(&self) -> String {
        match (self.filing, self.emergency) {
            (Some(category), _) => category.chinese().to_owned(),
            (None, true) => "急诊视同已备案".to_owned(),
            (None, false) => "未备案".to_owned(),
        }
    }

    fn total(&self) -> Fen {
        Fen(self.yuan * 100 + self.yuan % 97)
    }
}

/// Where a demonstration tells its story.
pub type Say<'a> = &'a (dyn Fn(&str) + Sync);

/// Plays all stories in a world and checks what must hold. Gives what does not, in Chinese; empty if all is well.
pub async fn play(world: &World, say: Say<'_>) -> Result<Vec<String>, Trouble> {
    let mut failed = Vec::new();
    file_all(world, say).await?;
    world.clock.pass_days(2);
    let mut stays = Vec::new();
    say("\n【入院办理】");
    for story in &STORIES {
        match Open::admit(world, story, say).await {
            Ok(open) => stays.push(open),
            Err(error) => failed.push(format!("{}：入院办理失败：{error}", story.mark)),
        }
    }
    world.clock.pass_days(10);
    for open in &stays {
        say(&format!("\n【{}】{}", open.story.mark, open.story.title));
        match open.finish(world, say).await {
            Ok(found) => failed.extend(found.into_iter().map(|what| format!("{}：{what}", open.story.mark))),
            Err(error) => failed.push(format!("{}：{error}", open.story.mark)),
        }
    }
    world.until_quiet().await?;
    failed.extend(checks::failures(world).await?);
    summary(world, say).await?;
    Ok(failed)
}

async fn file_all(world: &World, say: Say<'_>) -> Result<(), Trouble> {
    say("\n【备案】");
    for story in &STORIES {
        if let Some(category) = story.filing {
            let person = story.person();
            world.file(&person, category, story.treatment(), world.clock.today()).await?;
            let (from, to) = (story.area.division(), story.treatment().division().pooling_area().division());
            let name = terms::person::masked_name(&person.name);
            say(&format!(
                "{} {name} {} → {}：{category}，已生效",
                story.mark,
                from.full_name(),
                to.full_name()
            ));
        }
    }
    Ok(())
}

/// A story whose person is in hospital.
struct Open<'w> {
    story: &'static Story,
    person: Person,
    patient: Patient,
    hospital: &'w Hospital,
    stay: Stay,
    visit: VisitId,
}

/// Either kind of trouble that a story can run into.
#[derive(Debug)]
enum Stuck {
    Call(CallError),
    World(Trouble),
}

impl std::fmt::Display for Stuck {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Call(error) => error.fmt(f),
            Self::World(trouble) => trouble.fmt(f),
        }
    }
}

impl From<CallError> for Stuck {
    fn from(error: CallError) -> Self {
        Self::Call(error)
    }
}

impl From<Trouble> for Stuck {
    fn from(trouble: Trouble) -> Self {
        Self::World(trouble)
    }
}

impl From<store::Error> for Stuck {
    fn from(error: store::Error) -> Self {
        Self::World(error.into())
    }
}

impl<'w> Open<'w> {
    async fn admit(world: &'w World, story: &'static Story, say: Say<'_>) -> Result<Self, Stuck> {
        let person = story.person();
        let hospital = world.hospital(&story.model)?;
        hospital.sign_in().await?;
        let insured = Patient::of(&person).insured;
        let patient = hospital.find_person(&person.citizen, insured).await?;
        let now = world.clock.now();
        // The stay ends nine days and some hours later, before the clock is set to its settlement.
        let discharged = now.plus_millis((9 * 24 + 5) * 60 * 60 * 1_000);
        let mut stay = Stay::ordinary(&format!("ZY{}{}", now.day().number(), story.serial), now, discharged);
        if story.emergency {
            stay = stay.emergency();
        }
        let visit = hospital.admit(&patient, &stay).await?;
        let (name, path) = (story.model.name, story.model.form.path("2401"));
        say(&format!("{} {name}（{path}）入院，就诊ID {visit}", story.mark));
        Ok(Self { story, person, patient, hospital, stay, visit })
    }

    /// Uploads the bill; gives what the catalog makes of it.
    async fn upload(&self, world: &World, say: Say<'_>) -> Result<Split, Stuck> {
        let (story, stay) = (self.story, &self.stay);
        let order = bills::Order {
            level: story.model.level,
            admitted: stay.admitted,
            discharged: stay.discharged,
            total: story.total(),
            lines: story.lines,
            seed: u64::from(story.serial) + story.total().0.unsigned_abs(),
        };
        let catalog = world.rules.catalog(story.treatment().province());
        let bill = bills::bill(&catalog, &order);
        self.hospital.upload(&self.patient, self.visit, stay, &bill).await?;
        say(&format!("上传明细{}条，合计{}元", bill.len(), bills::total(&bill)));
        Ok(bills::split(&catalog, story.model.level, &bill))
    }

    /// Discharges, tries, settles and does what the story is about; gives what does not hold.
    async fn finish(&self, world: &World, say: Say<'_>) -> Result<Vec<String>, Stuck> {
        let total = self.story.total();
        let expected = self.upload(world, say).await?;
        self.hospital.discharge(&self.patient, self.visit, &self.stay).await?;
        let before = self.year(world).await?;
        let trial = self.hospital.try_settlement(&self.patient, self.visit, total).await?;
        let mut failed = Vec::new();
        if self.year(world).await? != before {
            failed.push("预结算改变了年度累计".to_owned());
        }
        let settled = match self.story.mark {
            "乙" => self.settle_cancel_settle(world, &before, &mut failed, say).await?,
            "戊" => self.settle_with_lost_answer(world, &mut failed, say).await?,
            "庚" => self.settle_reverse_settle(world, &before, &mut failed, say).await?,
            _ => self.hospital.settle(&self.patient, self.visit, total).await?,
        };
        failed.extend(settled.broken_identities());
        failed.extend(against_trial(&trial, &settled));
        failed.extend(against_bill(&expected, &settled));
        let id = settled.id()?;
        let asked = self.hospital.query_settlement(&self.patient, self.visit, id).await?;
        let queried = asked.pointer("/output/setlinfo/fund_pay_sumamt").and_then(crate::hospital::read_fen);
        if queried != Some(settled.fund_total) {
            failed.push("5203查询的基金支付总额与结算应答不一致".to_owned());
        }
        self.tell(world, id, &mut failed, say).await?;
        Ok(failed)
    }

    async fn settle_cancel_settle(
        &self,
        world: &World,
        before: &YearToDate,
        failed: &mut Vec<String>,
        say: Say<'_>,
    ) -> Result<Settled, Stuck> {
        let total = self.story.total();
        let first = self.hospital.settle(&self.patient, self.visit, total).await?;
        let id = first.id()?;
        say(&format!("第一次结算：基金{}元，个人{}元", first.fund_total, first.person_total));
        let back = self.hospital.cancel(&self.patient, self.visit, id).await?;
        say(&format!("撤销：退回基金{}元，个人{}元", -back.fund_total, -back.person_total));
        if (back.total, back.fund_total, back.person_total)
            != (-first.total, -first.fund_total, -first.person_total)
        {
            failed.push("撤销金额不是结算金额的负数".to_owned());
        }
        if self.year(world).await? != *before {
            failed.push("撤销后年度累计没有恢复".to_owned());
        }
        say(&three_books(
            id,
            &Books::read(world).await?.pages(world, id, self.patient.insured.province()).await?,
        ));
        let second = self.hospital.settle(&self.patient, self.visit, total).await?;
        if second.id()? == id {
            failed.push("再次结算沿用了已撤销的结算ID".to_owned());
        }
        failed.extend(against_trial(&first, &second));
        Ok(second)
    }

    async fn settle_with_lost_answer(
        &self,
        world: &World,
        failed: &mut Vec<String>,
        say: Say<'_>,
    ) -> Result<Settled, Stuck> {
        let total = self.story.total();
        let line = self.bad_line(world).await?;
        let hospital = self.hospital.behind(&line.address());
        let msgid = self.hospital.next_msgid();
        line.next([Fate::DropResponse]);
        match hospital.settle_with_msgid(&msgid, &self.patient, self.visit, total).await {
            Err(CallError::NoAnswer(_)) => say(&format!("医院未收到结算应答，用原报文ID {msgid} 重发")),
            _ => failed.push("应答没有按剧本丢失".to_owned()),
        }
        line.next([Fate::Double]);
        let found = hospital.settle_with_msgid(&msgid, &self.patient, self.visit, total).await?;
        let again = hospital.settle_with_msgid(&msgid, &self.patient, self.visit, total).await?;
        if found != again {
            failed.push("同一报文ID得到了不同的结算结果".to_owned());
        }
        say(&format!("查回原结算结果，结算ID {}；重复发送三次，只结算一次", found.id()?));
        Ok(found)
    }

    async fn settle_reverse_settle(
        &self,
        world: &World,
        before: &YearToDate,
        failed: &mut Vec<String>,
        say: Say<'_>,
    ) -> Result<Settled, Stuck> {
        let total = self.story.total();
        let line = self.bad_line(world).await?;
        let hospital = self.hospital.behind(&line.address());
        let msgid = self.hospital.next_msgid();
        line.next([Fate::DropResponse]);
        if hospital.settle_with_msgid(&msgid, &self.patient, self.visit, total).await.is_ok() {
            failed.push("应答没有按剧本丢失".to_owned());
        }
        self.hospital.reverse(&self.patient, &msgid, "2304").await?;
        world.until_quiet().await?;
        say(&format!("医院未收到结算应答，对报文 {msgid} 办理冲正，三方账同时冲回"));
        if self.year(world).await? != *before {
            failed.push("冲正后年度累计没有恢复".to_owned());
        }
        Ok(self.hospital.settle(&self.patient, self.visit, total).await?)
    }

    async fn bad_line(&self, world: &World) -> Result<Wire, Stuck> {
        let province = world.province(self.story.treatment().province())?;
        Ok(Wire::between(&province.url()).await.map_err(Trouble::from)?)
    }

    async fn year(&self, world: &World) -> Result<YearToDate, Stuck> {
        let node = &world.province(self.patient.insured.province())?.node;
        let mut conn = node.context.store.conn().await?;
        let key = YearKey {
            area: self.story.area,
            person: &self.person.number,
            scheme: self.story.scheme,
            year: self.stay.discharged.day().year(),
        };
        Ok(insured::year(&mut conn, key).await?)
    }

    /// Prints the statement and the books.
    async fn tell(
        &self,
        world: &World,
        id: SettlementId,
        failed: &mut Vec<String>,
        say: Say<'_>,
    ) -> Result<(), Stuck> {
        let node = &world.province(id.province())?.node;
        let stored = treatment::find(&mut *node.context.store.conn().await?, id).await?;
        let Some((claim, breakdown, settled_at)) = stored.and_then(|stored| {
            let claim: Claim = stored.claim.read().ok()?;
            let breakdown: Breakdown = stored.breakdown?.read().ok()?;
            Some((claim, breakdown, stored.settled_at?))
        }) else {
            failed.push("就医地没有保存结算单".to_owned());
            return Ok(());
        };
        let statement = Statement {
            settlement: id,
            settled_at,
            name: &self.person.name,
            citizen: &self.person.citizen,
            insured: self.patient.insured,
            scheme: self.story.scheme,
            status: self.story.status,
            filing: &self.story.filing_text(),
            hospital: self.story.model.name,
            level: self.story.model.level,
            treatment: self.story.treatment(),
            admitted: self.stay.admitted,
            discharged: self.stay.discharged,
            categories: &claim.bill.categories,
            breakdown: &breakdown,
        };
        say(&statement.print());
        let pages = Books::read(world).await?.pages(world, id, self.patient.insured.province()).await?;
        say(&three_books(id, &pages));
        Ok(())
    }
}

/// A settlement is what its trial said it would be.
fn against_trial(trial: &Settled, settled: &Settled) -> Option<String> {
    let amounts = |one: &Settled| {
        (one.total, one.parts, one.deductible, one.fund_total, one.person_total, one.funds.clone())
    };
    (amounts(trial) != amounts(settled)).then(|| "结算与预结算金额不一致".to_owned())
}

/// The platform split the bill as the catalog does, and every part shows.
fn against_bill(expected: &Split, settled: &Settled) -> Vec<String> {
    let Split { out_of_scope, over_limit, first_self_pay, in_scope, .. } = *expected;
    let expected = [out_of_scope, over_limit, first_self_pay, in_scope];
    let mut failed = Vec::new();
    if settled.parts != expected {
        failed.push(format!("费用分割{:?}与目录计算的{expected:?}不一致", settled.parts));
    }
    if expected.iter().any(|part| part.0 <= 0) {
        failed.push("账单没有覆盖全部四类费用".to_owned());
    }
    failed
}

/// Says what stands in the three books together.
pub async fn summary(world: &World, say: Say<'_>) -> Result<(), Trouble> {
    let books = Books::read(world).await?;
    let standing = |lines: &[funds::BookLine]| {
        let lines = lines.iter().filter(|line| line.stage == funds::reconciliation::LineStage::Standing);
        lines.fold((0, Fen::ZERO, Fen::ZERO), |(count, total, fund), line| {
            (count + 1, total + line.total, fund + line.fund_total)
        })
    };
    say("\n【对账】");
    for (side, lines) in [("就医地", &books.treatment), ("国家平台", &books.hub), ("参保地", &books.insured)]
    {
        let (count, total, fund) = standing(lines);
        say(&format!("{side}：有效结算{count}笔，总额{total}元，基金支付{fund}元"));
    }
    Ok(())
}
