//! The sandbox (沙箱): a hub and two provinces with invented people, fixed addresses and known keys, into which any hospital's
//! software can be pointed, and a transcript of all that it says and hears.
//!
//! It is a [`World`] in real time. Nothing in it is secret and nobody in it exists, so it is no place for real data.

use crate::{
    institutions::private_key,
    people,
    transcript::{self, KEPT, Transcript},
    world::{Database, Fixed, Options, Rulebook, Trouble, World},
};
use axum::{response::Redirect, routing::get};
use casework::{
    institution::{Authentication, Institution},
    person::Person,
};
use node::api::client::{CallError, Client as Clerk};
use serde_json::{Value, json};
use sign::sm4;
use std::{
    collections::BTreeMap,
    fmt::Write as _,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::PathBuf,
    sync::Arc,
};
use terms::{
    Clock, Day, FilingCategory, InsuranceScheme, MemberStatus, Participant, PersonNumber, PoolingArea,
    Province, TreatmentPlace,
};
use tokio::{net::TcpListener, task::JoinHandle};
use wire::openapi::page::escaped;

/// What the keys and secrets of the sandbox are made of. Everybody knows it.
pub const SEED: &str = "yidi-sandbox";

/// The token of the provinces' management interface.
pub const MANAGEMENT_TOKEN: &str = "yidi-sandbox-token";

/// The port of the transcript; hub, Beijing and Hubei follow.
pub const PORT: u16 = 8790;

/// The two provinces: where the people of each are insured, and where those of the other are treated.
pub const AREAS: [PoolingArea; 2] = [people::BEIJING, people::WUHAN];

/// How the sandbox is started.
pub struct Settings {
    /// Policies and catalogs.
    pub rules: Rulebook,
    /// Where the nodes keep what they know.
    pub database: Database,
    /// The address on which all listen.
    pub address: IpAddr,
    /// The transcript's port, after which the others come; 0 for any free ones.
    pub port: u16,
    /// How many messages are kept in memory.
    pub kept: usize,
    /// A file that keeps them all.
    pub file: Option<PathBuf>,
    /// The pages of the nodes.
    pub pages: node::pages::Pages,
}

impl Settings {
    /// On this machine only, on the usual ports, in a temporary database.
    pub fn new(rules: Rulebook) -> Self {
        let address = IpAddr::V4(Ipv4Addr::LOCALHOST);
        let (database, pages) = (Database::Private(None), node::pages::Pages::default());
        Self { rules, database, address, port: PORT, kept: KEPT, file: None, pages }
    }
}

/// The sandbox, running.
pub struct Sandbox {
    /// Hub and provinces.
    pub world: World,
    /// What was said.
    pub transcript: Arc<Transcript>,
    address: SocketAddr,
    pages: JoinHandle<()>,
}

/// What is the same at every start.
pub const fn fixed(addresses: BTreeMap<Participant, SocketAddr>) -> Fixed {
    Fixed { addresses, seed: SEED }
}

impl Sandbox {
    /// Starts everything; `say` is told of each step.
    pub async fn start(settings: Settings, say: &(dyn Fn(&str) + Sync)) -> Result<Self, Trouble> {
        let transcript = Transcript::new("异地通沙箱", settings.kept, settings.file.as_deref())?;
        let provinces: Vec<Province> = AREAS.into_iter().map(PoolingArea::province).collect();
        let nodes =
            std::iter::once(Participant::Hub).chain(provinces.iter().copied().map(Participant::Province));
        let addresses = match settings.port {
            0 => BTreeMap::new(),
            first => nodes
                .zip(1..)
                .map(|(node, after)| (node, SocketAddr::new(settings.address, first.saturating_add(after))))
                .collect(),
        };
        let mut options = Options::new(settings.rules);
        options.provinces = provinces;
        options.database = settings.database;
        options.days_behind = 0;
        options.pages = settings.pages;
        options.management_token = Some(MANAGEMENT_TOKEN.to_owned());
        options.fixed = Some(fixed(addresses));
        let recorder = Arc::clone(&transcript);
        options.watch = Some(node::Watch::new(move |exchange| {
            recorder.record(exchange);
        }));
        let world = World::start(options, say).await?;
        let begins = world.clock.now().day().plus_days(-30);
        for (person, category, place) in filings() {
            // Over data that stayed, they are there already.
            if let Err(Trouble(why)) = world.file(&person, category, place, begins).await {
                say(&why);
            }
        }
        let besides = register(&world, begins, say).await?;
        transcript.open_with(keys_of(&world.institutions));
        let listener = TcpListener::bind(SocketAddr::new(settings.address, settings.port)).await?;
        let address = listener.local_addr()?;
        transcript.say_about(about(&world, &besides));
        let home = get(|| async { Redirect::temporary("/sandbox/") });
        let routes = transcript::routes(Arc::clone(&transcript)).route("/", home);
        let pages = tokio::spawn(async move {
            if let Err(error) = axum::serve(listener, routes).await {
                tracing::error!(%error, "the transcript's pages ended");
            }
        });
        Ok(Self { world, transcript, address, pages })
    }

    /// Where the transcript is read.
    pub fn url(&self) -> String {
        format!("http://{}/sandbox/", self.address)
    }

    /// Stops everything.
    pub async fn stop(self) {
        self.pages.abort();
        self.world.stop().await;
    }
}

/// The keys of institutions whose messages go under seal.
fn keys_of(institutions: &[Institution]) -> BTreeMap<String, sm4::Key> {
    let sealing = institutions.iter().filter(|one| one.authentication == Authentication::Sm2Sm4);
    sealing.filter_map(|one| Some((one.code.to_string(), sm4::Key::from_hex(&one.secret.0).ok()?))).collect()
}

/// Who is filed for where: of each area the first two retired employees for good, the first two employed and the first two
/// grown-up residents as referred; everybody else is not filed.
pub fn filings() -> Vec<(Person, FilingCategory, TreatmentPlace)> {
    let [beijing, wuhan] = AREAS;
    let kinds = [
        (InsuranceScheme::Employee, MemberStatus::Retired, FilingCategory::ResettledRetiree),
        (InsuranceScheme::Employee, MemberStatus::Employed, FilingCategory::Referral),
        (InsuranceScheme::Resident, MemberStatus::Adult, FilingCategory::Referral),
    ];
    let mut filings = Vec::new();
    for (home, away) in [(beijing, wuhan), (wuhan, beijing)] {
        for (scheme, status, category) in kinds {
            for serial in 0..2 {
                let person = people::person(home, scheme, status, serial);
                filings.push((person, category, TreatmentPlace(away.division())));
            }
        }
    }
    filings
}

/// Chronic diseases (门诊慢特病) that are registered: of each area, of the first retired employee and the first grown-up
/// resident.
pub fn chronic() -> Vec<(Person, &'static str, &'static str)> {
    let of = |area| {
        [
            (people::person(area, InsuranceScheme::Employee, MemberStatus::Retired, 0), "M03900", "高血压"),
            (people::person(area, InsuranceScheme::Resident, MemberStatus::Adult, 0), "M01600", "糖尿病"),
        ]
    };
    AREAS.into_iter().flat_map(of).collect()
}

/// Registers chronic diseases, and issues cards to the first employed and the first minor of each area, as clerks do it. What
/// the page says of each person.
async fn register(
    world: &World,
    begins: Day,
    say: &(dyn Fn(&str) + Sync),
) -> Result<BTreeMap<PersonNumber, Vec<String>>, Trouble> {
    let mut besides = BTreeMap::<PersonNumber, Vec<String>>::new();
    let clerk = |province: Province| {
        let node = world.province(province)?.url();
        let operator = Some("sandbox".to_owned());
        Ok::<_, Trouble>(Clerk { node, token: MANAGEMENT_TOKEN.to_owned(), operator, duty: None })
    };
    for (person, disease, name) in chronic() {
        let enrolment = &person.enrolments[0];
        let body = json!({
            "insured": enrolment.insured, "person": person.number, "scheme": enrolment.scheme, "disease": disease,
            "name": name, "begins": begins,
        });
        let answer = clerk(enrolment.insured.province())?.post::<Value>("/api/v1/registrations", &body).await;
        match answer {
            Ok(_) => besides.entry(person.number).or_default().push(format!("门诊慢特病：{disease} {name}")),
            Err(CallError::Refused(refused)) => say(&refused.message),
            Err(error) => return Err(Trouble(error.to_string())),
        }
    }
    for area in AREAS {
        for (scheme, status) in [
            (InsuranceScheme::Employee, MemberStatus::Employed),
            (InsuranceScheme::Resident, MemberStatus::Minor),
        ] {
            let person = people::person(area, scheme, status, 0);
            let body = json!({ "insured": person.enrolments[0].insured, "person": person.number });
            match clerk(area.province())?.post::<Value>("/api/v1/cards", &body).await {
                Ok(card) => {
                    let text = |name: &str| card[name].as_str().unwrap_or_default().to_owned();
                    let (number, chip, cipher) = (text("number"), text("card_sn"), text("cipher"));
                    let said = format!("社会保障卡：卡号{number}，卡识别码{chip}，密文{cipher}");
                    besides.entry(person.number).or_default().push(said);
                }
                Err(CallError::Refused(refused)) => say(&refused.message),
                Err(error) => return Err(Trouble(error.to_string())),
            }
        }
    }
    Ok(besides)
}

/// What the page says of people, institutions and keys, as HTML.
fn about(world: &World, besides: &BTreeMap<PersonNumber, Vec<String>>) -> String {
    const ANY: &str = "a string takes any text";
    let mut html =
        "<h1>人员、机构和密钥</h1><p>沙箱里的人都是虚构的，密钥人人可知。不要在这里使用真实数据。</p>\
        <h2>地址</h2><ul>"
            .to_owned();
    for (province, side) in &world.provinces {
        let name = province.division().name().unwrap_or_default();
        let url = side.url();
        write!(
            html,
            "<li>{name} {province}：<code>{url}</code>，<a href=\"{url}/api/\">接口说明</a>；平台SM2公钥<code>{}</code></li>",
            side.node.context.key.public().to_hex()
        )
        .expect(ANY);
    }
    write!(html, "</ul><p>管理令牌：<code>{MANAGEMENT_TOKEN}</code></p><h2>定点医疗机构</h2><div class=\"wide\"><table>\
        <tr><th>编号</th><th>名称</th><th>就医地</th><th>签名方式</th><th>标识</th><th>密钥</th></tr>")
    .expect(ANY);
    for one in &world.institutions {
        let (access_key, secret) = match one.authentication {
            Authentication::None => (String::new(), String::new()),
            Authentication::Sm2Sm4 => {
                let signer = private_key(&one.secret).to_hex();
                (one.access_key.clone(), format!("SM4：{}；SM2私钥：{signer}", one.secret.0))
            }
            _ => (one.access_key.clone(), one.secret.0.clone()),
        };
        write!(
            html,
            "<tr><td><code>{}</code></td><td>{}</td><td>{}</td><td>{}</td><td><code>{access_key}</code></td><td><code>{secret}</code></td></tr>",
            one.code,
            escaped(&one.name),
            one.place,
            one.authentication.name(),
        )
        .expect(ANY);
    }
    html.push_str(
        "</table></div><h2>参保人员</h2><div class=\"wide\"><table><tr><th>姓名</th><th>公民身份号码</th>\
         <th>人员编号</th><th>险种</th><th>参保地</th><th>备案</th><th>其他</th></tr>",
    );
    let filed = filings();
    for (area, person) in people::demo_people() {
        let Some(enrolment) = person.enrolments.first().filter(|_| AREAS.contains(&area)) else { continue };
        let filing = filed.iter().find(|(who, ..)| who.number == person.number);
        let filing = filing.map_or("无".to_owned(), |(_, category, place)| {
            format!("{}，{}", category.chinese(), place.division().full_name())
        });
        write!(
            html,
            "<tr><td>{}</td><td><code>{}</code></td><td><code>{}</code></td><td>{} {}</td><td>{}</td><td>{filing}</td><td>{}</td></tr>",
            escaped(&person.name),
            person.citizen.reveal(),
            person.number,
            enrolment.scheme.code(),
            enrolment.scheme.chinese(),
            enrolment.insured,
            escaped(&besides.get(&person.number).map(|lines| lines.join("；")).unwrap_or_default()),
        )
        .expect(ANY);
    }
    html.push_str("</table></div>");
    html
}
