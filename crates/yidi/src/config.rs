//! How a node is set up: a file (`--config`), over it the environment (`YIDI_…`), over it the command line.
//!
//! The file is TOML with the names of the flags in snake_case, and `[filing_rules]` for what the national filing rules leave
//! to a province. To add a setting: a field of the settings and of the flags, and its name in the list of the role.

use crate::{key, stop::Stop};
use casework::{filing::Rules, institution::Secret};
use clap::{Args, ValueEnum};
use figment::{
    Figment,
    providers::{Format, Serialized, Toml},
    value::Dict,
};
use node::{Limits, SecureNetwork};
use serde::{Deserialize, Serialize};
use sign::sm2::PublicKey;
use std::{
    fs, io,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};
use terms::{AdminDivision, InsuranceScheme, Province};

/// What every node's command takes.
#[derive(Clone, Debug, Default, Args, Serialize)]
pub struct NodeFlags {
    /// 配置文件，TOML格式 (settings file; environment and flags win over it)
    #[arg(long, env = "YIDI_CONFIG", value_name = "FILE")]
    #[serde(skip)]
    pub config: Option<PathBuf>,
    /// 监听地址，如 0.0.0.0:8800 (address to listen on)
    #[arg(long, env = "YIDI_LISTEN", value_name = "ADDRESS")]
    #[serde(skip_serializing_if = "Option::is_none")]
    listen: Option<SocketAddr>,
    /// 数据目录，默认 ./data/<节点>，root 为 /var/lib/yidi/<节点> (data folder)
    #[arg(long, env = "YIDI_DATA", value_name = "FOLDER")]
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<PathBuf>,
    /// 已有的PostgreSQL，postgres://…；不填则用自带的数据库 (a server to use instead of the private one)
    #[arg(long, env = "YIDI_DATABASE", value_name = "URL", hide_env_values = true)]
    #[serde(skip_serializing_if = "Option::is_none")]
    database: Option<String>,
    /// 自带数据库的归档日志目录，供按时刻恢复；不填则不归档 (where the private database's journal is archived)
    #[arg(long, env = "YIDI_ARCHIVE", value_name = "FOLDER")]
    #[serde(skip_serializing_if = "Option::is_none")]
    archive: Option<PathBuf>,
    /// 数据库连接数上限，默认32 (connections to the database at most)
    #[arg(long, env = "YIDI_CONNECTIONS", value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(2..=1000))]
    #[serde(skip_serializing_if = "Option::is_none")]
    connections: Option<u32>,
    /// 签名密钥文件，默认为数据目录下的key，没有则自动生成 (signing key; made if the default one is not there)
    #[arg(long, env = "YIDI_KEY_FILE", value_name = "FILE")]
    #[serde(skip_serializing_if = "Option::is_none")]
    key_file: Option<PathBuf>,
    /// 管理令牌文件；不填则管理接口关闭 (file with the management token; without it the interface is closed)
    #[arg(long, env = "YIDI_MANAGEMENT_TOKEN_FILE", value_name = "FILE")]
    #[serde(skip_serializing_if = "Option::is_none")]
    management_token_file: Option<PathBuf>,
    /// 文书核验地址，如 http://portal.example.cn:8800，印在二维码中；不填则不印 (where documents are verified)
    #[arg(long, env = "YIDI_PORTAL", value_name = "URL")]
    #[serde(skip_serializing_if = "Option::is_none")]
    portal: Option<String>,
    /// 运维监听地址，如 127.0.0.1:8900，提供 /health、/ready、/metrics；不填则不开 (listener for those who run the node)
    #[arg(long, env = "YIDI_OPERATIONS_LISTEN", value_name = "ADDRESS")]
    #[serde(skip_serializing_if = "Option::is_none")]
    operations_listen: Option<SocketAddr>,
    /// 把每次请求的跟踪段送往OTLP收集器，如 http://127.0.0.1:4318/v1/traces；不填则不送 (where spans are told)
    #[arg(long, env = "YIDI_TRACES_TO", value_name = "URL")]
    #[serde(skip_serializing_if = "Option::is_none")]
    traces_to: Option<String>,
    /// 收到停止信号后先报告未就绪并继续服务的秒数，默认0；多实例时应大于负载均衡的探测间隔 (serve on for so long, not ready)
    #[arg(long, env = "YIDI_DRAIN_SECONDS", value_name = "SECONDS", value_parser = clap::value_parser!(u32).range(..=300))]
    #[serde(skip_serializing_if = "Option::is_none")]
    drain_seconds: Option<u32>,
    /// 资金日程每隔多少秒办理一次，默认60，0为不自动办理 (how often the timetable of the money is kept; 0 never)
    #[arg(long, env = "YIDI_TIMETABLE_SECONDS", value_name = "SECONDS", value_parser = clap::value_parser!(u32).range(..=86_400))]
    #[serde(skip_serializing_if = "Option::is_none")]
    timetable_seconds: Option<u32>,
    /// 同时办理的节点间请求数上限，默认512 (questions of other nodes that are worked on at once)
    #[arg(long, env = "YIDI_PEER_REQUESTS_AT_WORK", value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    #[serde(skip_serializing_if = "Option::is_none")]
    peer_requests_at_work: Option<u32>,
    /// 另可排队的节点间请求数，默认1024 (so many more of them wait for a place)
    #[arg(long, env = "YIDI_PEER_REQUESTS_WAITING", value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(..=100_000))]
    #[serde(skip_serializing_if = "Option::is_none")]
    peer_requests_waiting: Option<u32>,
    /// 请求排队的毫秒数上限，默认2000 (the longest that any request waits for a place)
    #[arg(long, env = "YIDI_REQUEST_WAIT_MILLIS", value_name = "MILLISECONDS", value_parser = clap::value_parser!(u32).range(1..=60_000))]
    #[serde(skip_serializing_if = "Option::is_none")]
    request_wait_millis: Option<u32>,
}

/// What a province's command takes besides.
#[derive(Clone, Debug, Default, Args, Serialize)]
pub struct ProvinceFlags {
    /// 本省区划代码，如420000 (the province's division code)
    #[arg(long, env = "YIDI_PROVINCE", value_name = "CODE")]
    #[serde(skip_serializing_if = "Option::is_none")]
    province: Option<String>,
    /// 国家平台地址，如 http://10.0.0.1:8800 (where the hub is reached)
    #[arg(long, env = "YIDI_HUB_ADDRESS", value_name = "URL")]
    #[serde(skip_serializing_if = "Option::is_none")]
    hub_address: Option<String>,
    /// 国家平台公钥，04开头的十六进制数，或存有它的文件 (the hub's public key, or a file that holds it)
    #[arg(long, env = "YIDI_HUB_KEY", value_name = "KEY")]
    #[serde(skip_serializing_if = "Option::is_none")]
    hub_key: Option<String>,
    /// 待遇政策目录；不填则用内置的政策 (policy folder instead of the built-in one)
    #[arg(long, env = "YIDI_POLICY", value_name = "FOLDER")]
    #[serde(skip_serializing_if = "Option::is_none")]
    policy: Option<PathBuf>,
    /// 本省医保目录CSV，覆盖全国目录中的同码项目；不填则用政策目录中的 (the province's own catalog)
    #[arg(long, env = "YIDI_CATALOG", value_name = "FILE")]
    #[serde(skip_serializing_if = "Option::is_none")]
    catalog: Option<PathBuf>,
    /// 等待外省应答的秒数，默认8 (how long another province is waited for)
    #[arg(long, env = "YIDI_PATIENCE_SECONDS", value_name = "SECONDS")]
    #[serde(skip_serializing_if = "Option::is_none")]
    patience_seconds: Option<u64>,
    /// 医院时钟允许的偏差秒数，默认43200 (how far a hospital's clock may be off)
    #[arg(long, env = "YIDI_CLOCK_TOLERANCE_SECONDS", value_name = "SECONDS")]
    #[serde(skip_serializing_if = "Option::is_none")]
    clock_tolerance_seconds: Option<u64>,
    /// 单个报文字节上限，默认8388608 (largest body of a hospital's message)
    #[arg(long, env = "YIDI_BODY_BYTES_MAX", value_name = "BYTES")]
    #[serde(skip_serializing_if = "Option::is_none")]
    body_bytes_max: Option<usize>,
    /// 同时办理的医院请求数上限，默认256 (hospitals' messages that are worked on at once)
    #[arg(long, env = "YIDI_REQUESTS_AT_WORK", value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    #[serde(skip_serializing_if = "Option::is_none")]
    requests_at_work: Option<u32>,
    /// 另可排队的医院请求数，默认256，再多的当即拒绝 (so many more wait; what comes beyond is refused at once)
    #[arg(long, env = "YIDI_REQUESTS_WAITING", value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(..=100_000))]
    #[serde(skip_serializing_if = "Option::is_none")]
    requests_waiting: Option<u32>,
    /// 医保电子凭证二维码有效秒数，默认60 (how long a voucher made here may be read)
    #[arg(long, env = "YIDI_VOUCHER_SECONDS", value_name = "SECONDS", value_parser = clap::value_parser!(u32).range(10..=3600))]
    #[serde(skip_serializing_if = "Option::is_none")]
    voucher_seconds: Option<u32>,
    /// 电子凭证令牌有效分钟数，默认30 (how long a token of a voucher read here stands for the person)
    #[arg(long, env = "YIDI_TOKEN_MINUTES", value_name = "MINUTES", value_parser = clap::value_parser!(u32).range(1..=1440))]
    #[serde(skip_serializing_if = "Option::is_none")]
    token_minutes: Option<u32>,
    /// 异地就医购药订单等待参保人确认的分钟数，默认1440 (how long an order of a purchase waits for the person)
    #[arg(long, env = "YIDI_ORDER_MINUTES", value_name = "MINUTES", value_parser = clap::value_parser!(u32).range(1..=43_200))]
    #[serde(skip_serializing_if = "Option::is_none")]
    order_minutes: Option<u32>,
    /// 住院结算后多少秒向参保地传输费用明细，默认86400 (how long after a stay's settlement its details are sent on)
    #[arg(long, env = "YIDI_DETAILS_DELAY_SECONDS", value_name = "SECONDS", value_parser = clap::value_parser!(u32).range(..=2_592_000))]
    #[serde(skip_serializing_if = "Option::is_none")]
    details_delay_seconds: Option<u32>,
    /// 每批传输的费用明细条数上限，默认500 (the most lines of one batch of details)
    #[arg(long, env = "YIDI_DETAILS_BATCH_LINES", value_name = "LINES", value_parser = clap::value_parser!(u32).range(1..=5_000))]
    #[serde(skip_serializing_if = "Option::is_none")]
    details_batch_lines: Option<u32>,
    /// 用到待核实的政策值时：refuse 拒绝（默认），compute 照算，仅供测试 (policy values that nobody has confirmed)
    #[arg(long, env = "YIDI_UNCONFIRMED_VALUES", value_enum)]
    #[serde(skip_serializing_if = "Option::is_none")]
    unconfirmed_values: Option<UnconfirmedValues>,
}

/// What becomes of a stay that needs a policy value which nobody has confirmed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum UnconfirmedValues {
    /// Trial and settlement are refused.
    Refuse,
    /// They are computed: a sandbox.
    Compute,
}

impl From<UnconfirmedValues> for node::UnconfirmedValues {
    fn from(values: UnconfirmedValues) -> Self {
        match values {
            UnconfirmedValues::Refuse => Self::Refuse,
            UnconfirmedValues::Compute => Self::Compute,
        }
    }
}

/// How any node is set up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeSettings {
    /// Where it listens.
    pub listen: SocketAddr,
    /// Where it keeps what it knows.
    pub data: PathBuf,
    /// A server of its own, if not the private one.
    pub database: Option<String>,
    /// Where the journal of the private one is archived; nowhere if not said.
    pub archive: Option<PathBuf>,
    /// Connections to the database at most.
    pub connections: u32,
    /// Its key; in the data folder if none is named.
    pub key_file: Option<PathBuf>,
    /// The file of the management token.
    pub management_token_file: Option<PathBuf>,
    /// Where its documents are verified, as the world reaches it.
    pub portal: Option<String>,
    /// Where it tells those who run it how it does; nowhere if not said.
    pub operations_listen: Option<SocketAddr>,
    /// Where what it does for each request is told to a collector; nowhere if not said.
    pub traces_to: Option<String>,
    /// By which people may log in beside their passwords.
    pub identity_providers: Vec<IdentityProvider>,
    /// How long it serves on, as one that is not ready, after it was told to stop, in seconds.
    pub drain_seconds: u32,
    /// How often the timetable (日程) of the money between provinces is kept, in seconds; 0 for never by itself.
    pub timetable_seconds: u32,
    /// How many questions of other nodes are worked on at once.
    pub peer_requests_at_work: u32,
    /// How many more of them wait for a place.
    pub peer_requests_waiting: u32,
    /// The longest that any request waits for a place, in milliseconds.
    pub request_wait_millis: u32,
}

/// An organisation's identity provider (统一身份认证): `[[identity_providers]]` in the settings file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IdentityProvider {
    /// Its name in addresses.
    pub id: String,
    /// Its name on pages.
    pub name: String,
    /// Its issuer, exactly as it says it.
    pub issuer: String,
    /// Whom it knows this node as.
    pub client_id: String,
    /// The file of the secret that both know; none for a client that is known by PKCE alone.
    #[serde(default)]
    pub client_secret_file: Option<PathBuf>,
    /// Certificates (PEM) of an authority of the organisation's own; those whom all browsers trust if none is named.
    #[serde(default)]
    pub authorities_file: Option<PathBuf>,
    /// The claim that tells people what they are called there.
    #[serde(default = "preferred_username")]
    pub name_claim: String,
    /// What is asked for, parted by spaces.
    #[serde(default = "scopes")]
    pub scopes: String,
}

fn preferred_username() -> String {
    "preferred_username".to_owned()
}

fn scopes() -> String {
    "openid profile".to_owned()
}

/// How a province is set up besides.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProvinceSettings {
    /// Which province.
    pub province: String,
    /// Where the hub is reached.
    pub hub_address: String,
    /// The hub's public key, or the file that holds it.
    pub hub_key: String,
    /// The policy folder, if not the one in the program.
    pub policy: Option<PathBuf>,
    /// The province's own catalog, if not the policy folder's.
    pub catalog: Option<PathBuf>,
    /// How long another province is waited for.
    pub patience_seconds: u64,
    /// How far a hospital's clock may be off.
    pub clock_tolerance_seconds: u64,
    /// The largest body of a hospital's message.
    pub body_bytes_max: usize,
    /// How many messages of hospitals are worked on at once.
    pub requests_at_work: u32,
    /// How many more of them wait for a place.
    pub requests_waiting: u32,
    /// How long a voucher made here may be read.
    pub voucher_seconds: u32,
    /// How long a token of a voucher read here stands for the person.
    pub token_minutes: u32,
    /// How long an order of a purchase waits for the person to confirm it.
    pub order_minutes: u32,
    /// How long after the settlement of a stay its details are sent on.
    pub details_delay_seconds: u32,
    /// The most lines of one batch of details.
    pub details_batch_lines: u32,
    /// What becomes of a stay that needs an unconfirmed policy value.
    pub unconfirmed_values: UnconfirmedValues,
    /// What the national filing rules leave to the province.
    pub filing_rules: Rules,
    /// The schemes whose benefit an outside core system computes.
    pub outside_schemes: Vec<OutsideScheme>,
}

/// A scheme of a pooling area whose benefit an outside core system computes: `[[outside_schemes]]` in the settings file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OutsideScheme {
    /// The pooling area, six digits.
    pub area: String,
    /// The scheme: 310 or 390.
    pub scheme: String,
    /// Where the system takes questions: `http://host:port/path`.
    pub address: String,
    /// The file of the key that both share.
    pub key_file: PathBuf,
    /// How long it is waited for, in seconds.
    #[serde(default = "five")]
    pub patience_seconds: u64,
}

const fn five() -> u64 {
    5
}

const NODE_NAMES: [&str; 16] = [
    "listen",
    "data",
    "database",
    "archive",
    "connections",
    "key_file",
    "management_token_file",
    "portal",
    "operations_listen",
    "traces_to",
    "identity_providers",
    "drain_seconds",
    "timetable_seconds",
    "peer_requests_at_work",
    "peer_requests_waiting",
    "request_wait_millis",
];
const PROVINCE_NAMES: [&str; 18] = [
    "province",
    "hub_address",
    "hub_key",
    "policy",
    "catalog",
    "patience_seconds",
    "clock_tolerance_seconds",
    "body_bytes_max",
    "requests_at_work",
    "requests_waiting",
    "voucher_seconds",
    "token_minutes",
    "order_minutes",
    "details_delay_seconds",
    "details_batch_lines",
    "unconfirmed_values",
    "filing_rules",
    "outside_schemes",
];

/// The hub's settings.
pub fn of_hub(flags: &NodeFlags) -> Result<NodeSettings, Stop> {
    let figment = Figment::from(Serialized::defaults(node_defaults("hub", 8800)));
    read(&with_file(figment, flags)?.merge(Serialized::defaults(flags)), &NODE_NAMES)
}

/// A province's settings.
pub fn of_province(flags: &NodeFlags, own: &ProvinceFlags) -> Result<(NodeSettings, ProvinceSettings), Stop> {
    let figment = Figment::from(Serialized::defaults(node_defaults("province", 8801)))
        .merge(Serialized::default("patience_seconds", 8))
        .merge(Serialized::default("clock_tolerance_seconds", 12 * 60 * 60))
        .merge(Serialized::default("body_bytes_max", 8 << 20))
        .merge(Serialized::default("requests_at_work", Limits::HOSPITALS.at_work))
        .merge(Serialized::default("requests_waiting", Limits::HOSPITALS.waiting))
        .merge(Serialized::default("voucher_seconds", 60))
        .merge(Serialized::default("token_minutes", 30))
        .merge(Serialized::default("order_minutes", 24 * 60))
        .merge(Serialized::default("details_delay_seconds", 24 * 60 * 60))
        .merge(Serialized::default("details_batch_lines", 500))
        .merge(Serialized::default("unconfirmed_values", UnconfirmedValues::Refuse))
        .merge(Serialized::default("filing_rules", Rules::default()))
        .merge(Serialized::default("outside_schemes", Vec::<OutsideScheme>::new()));
    let figment =
        with_file(figment, flags)?.merge(Serialized::defaults(flags)).merge(Serialized::defaults(own));
    let names: Vec<&str> = NODE_NAMES.into_iter().chain(PROVINCE_NAMES).collect();
    for (name, flag) in
        [("province", "--province 420000"), ("hub_address", "--hub-address"), ("hub_key", "--hub-key")]
    {
        if figment.find_value(name).is_err() {
            return Err(Stop::Unable(format!(
                "缺少配置项[{name}]，请写入配置文件或加参数 {flag} (missing setting: {name})"
            )));
        }
    }
    let settings: ProvinceSettings = read(&figment, &names)?;
    let mut node: NodeSettings = read(&figment, &names)?;
    if node.data == default_folder("province") {
        node.data = default_folder(&format!("province-{}", settings.province));
    }
    Ok((node, settings))
}

fn node_defaults(role: &str, port: u16) -> NodeSettings {
    NodeSettings {
        listen: SocketAddr::from(([127, 0, 0, 1], port)),
        data: default_folder(role),
        database: None,
        archive: None,
        connections: 32,
        key_file: None,
        management_token_file: None,
        portal: None,
        operations_listen: None,
        traces_to: None,
        identity_providers: Vec::new(),
        drain_seconds: 0,
        timetable_seconds: 60,
        peer_requests_at_work: 512,
        peer_requests_waiting: 1024,
        request_wait_millis: 2_000,
    }
}

/// Where a node keeps what it knows when it is not told: PostgreSQL runs as another user for root, who must get there.
fn default_folder(node: &str) -> PathBuf {
    let root = rustix::process::geteuid().is_root();
    Path::new(if root { "/var/lib/yidi" } else { "./data" }).join(node)
}

fn with_file(figment: Figment, flags: &NodeFlags) -> Result<Figment, Stop> {
    let Some(path) = &flags.config else { return Ok(figment) };
    if !path.is_file() {
        return Err(Stop::Unable(format!(
            "没有配置文件{}，请核对 --config (no such settings file)",
            path.display()
        )));
    }
    Ok(figment.merge(Toml::file_exact(path)))
}

fn read<'a, T: Deserialize<'a>>(figment: &Figment, names: &[&str]) -> Result<T, Stop> {
    let wrong =
        |error: figment::Error| Stop::Unable(format!("配置有误，请更正后重试 (wrong settings): {error}"));
    let all: Dict = figment.extract().map_err(wrong)?;
    if let Some(unknown) = all.keys().find(|key| !names.contains(&key.as_str())) {
        let names = names.join("、");
        return Err(Stop::Unable(format!("配置项[{unknown}]未知，可用的有：{names} (unknown setting)")));
    }
    figment.extract().map_err(wrong)
}

impl NodeSettings {
    /// The file of the node's key, and whether it may be made if it is not there.
    pub fn key_file(&self) -> (PathBuf, bool) {
        self.key_file.clone().map_or_else(|| (self.data.join("key"), true), |path| (path, false))
    }

    /// The collector that spans are told to.
    pub fn traces_to(&self) -> Result<Option<String>, Stop> {
        let Some(address) = &self.traces_to else { return Ok(None) };
        let address = address.trim();
        let path = address.strip_prefix("http://").and_then(|rest| rest.split_once('/'));
        if path.is_some_and(|(host, path)| !host.is_empty() && !path.is_empty()) {
            return Ok(Some(address.to_owned()));
        }
        let what = format!("收集器地址[{address}]应形如 http://host:4318/v1/traces (not an address)");
        Err(Stop::Unable(what))
    }

    /// How long it serves on, as one that is not ready, after it was told to stop.
    pub fn drain(&self) -> Duration {
        Duration::from_secs(self.drain_seconds.into())
    }

    /// How often the timetable of the money between provinces is kept; never by itself if it is switched off.
    pub fn timetable(&self) -> Option<Duration> {
        (self.timetable_seconds > 0).then(|| Duration::from_secs(self.timetable_seconds.into()))
    }

    /// How much of what other nodes ask is taken on at once.
    pub fn peer_load(&self) -> Limits {
        self.load(self.peer_requests_at_work, self.peer_requests_waiting)
    }

    /// How much of what hospitals ask of a province with these settings is taken on at once.
    pub fn hospital_load(&self, own: &ProvinceSettings) -> Limits {
        self.load(own.requests_at_work, own.requests_waiting)
    }

    fn load(&self, at_work: u32, waiting: u32) -> Limits {
        let number = |number: u32| usize::try_from(number).expect("a small number");
        let patience = Duration::from_millis(self.request_wait_millis.into());
        Limits { at_work: number(at_work).max(1), waiting: number(waiting), patience }
    }

    /// The address at which documents are verified: `http://` or `https://` and a host; empty if none is set.
    pub fn portal(&self) -> Result<String, Stop> {
        let Some(portal) = &self.portal else { return Ok(String::new()) };
        let portal = portal.trim().trim_end_matches('/');
        let host = portal.strip_prefix("https://").or_else(|| portal.strip_prefix("http://"));
        let names_a_host = |host: &str| {
            !host.is_empty() && host.bytes().all(|one| one.is_ascii_alphanumeric() || b".-:[]".contains(&one))
        };
        if host.is_some_and(names_a_host) && portal.len() <= 100 {
            return Ok(portal.to_owned());
        }
        let what = "文书核验地址有误，请填写形如 http://portal.example.cn:8800 的地址 (wrong portal)";
        Err(Stop::Unable(what.to_owned()))
    }

    /// The identity providers by which people may log in, with the secrets that are shared with them.
    pub fn identity_providers(&self) -> Result<Vec<node::IdentityProvider>, Stop> {
        let mut providers: Vec<node::IdentityProvider> = Vec::new();
        for one in &self.identity_providers {
            let provider = one.read()?;
            if providers.iter().any(|other| other.id == provider.id || other.issuer == provider.issuer) {
                return Err(one.wrong("id或issuer与另一个重复，请删去一个"));
            }
            providers.push(provider);
        }
        if !providers.is_empty() && self.portal()?.is_empty() {
            let what =
                "identity_providers 需要配置 portal，认证后由此地址返回 (identity providers need a portal)";
            return Err(Stop::Unable(what.to_owned()));
        }
        Ok(providers)
    }

    /// The management token, if one is set up.
    pub fn management_token(&self) -> Result<Option<String>, Stop> {
        let Some(path) = &self.management_token_file else { return Ok(None) };
        let token = key::read_secret_file(path, "管理令牌")?;
        if token.len() < 16 {
            let hint = "管理令牌太短，至少16个字符，可执行 openssl rand -hex 24 生成 (the management token is too short)";
            return Err(Stop::Unable(hint.to_owned()));
        }
        Ok(Some(token))
    }
}

impl IdentityProvider {
    fn wrong(&self, what: &str) -> Stop {
        Stop::Unable(format!("identity_providers 中[{}]有误：{what} (wrong identity provider)", self.id))
    }

    fn read(&self) -> Result<node::IdentityProvider, Stop> {
        let secret = self.client_secret_file.as_ref();
        let secret =
            secret.map(|path| key::read_secret_file(path, "统一身份认证的客户端密钥")).transpose()?;
        let authorities = self.authorities_file.as_ref().map(fs::read).transpose();
        let authorities =
            authorities.map_err(|error| self.wrong(&format!("authorities_file读不出来，{error}")))?;
        let network = SecureNetwork::new(authorities.as_deref());
        let network =
            network.map_err(|error| self.wrong(&format!("authorities_file应为PEM格式的证书，{error}")))?;
        let provider = node::IdentityProvider {
            id: self.id.clone(),
            name: self.name.trim().to_owned(),
            issuer: self.issuer.clone(),
            client: self.client_id.clone(),
            secret: secret.map(Secret),
            name_claim: self.name_claim.clone(),
            scopes: self.scopes.clone(),
            carrier: Arc::new(network),
        };
        provider.wrong().map_or(Ok(()), |what| Err(self.wrong(what)))?;
        Ok(provider)
    }
}

impl ProvinceSettings {
    /// Which province.
    pub fn province(&self) -> Result<Province, Stop> {
        let wrong =
            || format!("本省区划[{}]应为省级六位代码，如420000 (not a province's code)", self.province);
        self.province.parse().map_err(|_| Stop::Unable(wrong()))
    }

    /// The hub's key.
    pub fn hub_key(&self) -> Result<PublicKey, Stop> {
        let given = self.hub_key.trim();
        if let Ok(key) = PublicKey::from_hex(given) {
            return Ok(key);
        }
        let wrong = |detail: &str| {
            let what = "国家平台公钥应为04开头的130位十六进制数，或存有它的文件，请向国家平台索取 (the hub's public key)";
            Stop::Unable(format!("{what}: {detail}"))
        };
        let text = fs::read_to_string(given).map_err(|error: io::Error| wrong(&error.to_string()))?;
        PublicKey::from_hex(text.trim()).map_err(|_| wrong(given))
    }

    /// The schemes that outside core systems compute, with the keys that are shared with them.
    pub fn outside_schemes(&self) -> Result<Vec<node::OutsideScheme>, Stop> {
        let province = self.province()?;
        let mut schemes: Vec<node::OutsideScheme> = Vec::new();
        for one in &self.outside_schemes {
            let scheme = one.read(province)?;
            if schemes.iter().any(|other| (other.area, other.scheme) == (scheme.area, scheme.scheme)) {
                return Err(Stop::Unable(format!(
                    "outside_schemes 中统筹区{}的险种{}重复，请删去一个 (twice the same scheme)",
                    one.area, one.scheme
                )));
            }
            schemes.push(scheme);
        }
        Ok(schemes)
    }

    /// The hub's address without a slash at its end.
    pub fn hub_address(&self) -> Result<String, Stop> {
        let address = self.hub_address.trim().trim_end_matches('/');
        if address.starts_with("http://") && address.len() > "http://".len() {
            return Ok(address.to_owned());
        }
        Err(Stop::Unable(format!("国家平台地址[{address}]应形如 http://host:port (not an address)")))
    }
}

impl OutsideScheme {
    fn read(&self, province: Province) -> Result<node::OutsideScheme, Stop> {
        let wrong =
            |what: String| Stop::Unable(format!("outside_schemes 有误：{what} (wrong outside scheme)"));
        let area = self.area.parse::<AdminDivision>().ok().map(AdminDivision::pooling_area);
        let area = area.filter(|area| area.province() == province && area.to_string() == self.area);
        let area = area.ok_or_else(|| wrong(format!("area[{}]应为本省的统筹区六位代码", self.area)))?;
        let scheme = InsuranceScheme::ALL.iter().copied().find(|one| one.code() == self.scheme);
        let scheme = scheme.ok_or_else(|| wrong(format!("scheme[{}]应为310或390", self.scheme)))?;
        if !self.address.starts_with("http://") {
            return Err(wrong(format!("address[{}]应形如 http://host:port/path", self.address)));
        }
        if !(1..=60).contains(&self.patience_seconds) {
            return Err(wrong("patience_seconds应为1至60".to_owned()));
        }
        let key = key::read_secret_file(&self.key_file, "外部核心系统共享密钥")?;
        if key.len() < 16 {
            return Err(wrong("共享密钥太短，至少16个字符，可执行 openssl rand -hex 24 生成".to_owned()));
        }
        let patience = Duration::from_secs(self.patience_seconds);
        Ok(node::OutsideScheme { area, scheme, address: self.address.clone(), key: Secret(key), patience })
    }
}

/// Settings as text, one a line; an address of a database may hold a password and is covered.
pub fn shown(settings: &impl Serialize) -> String {
    let value = serde_json::to_value(settings).expect("settings are plain data");
    let line = |(name, value): (&String, &serde_json::Value)| match (name.as_str(), value) {
        (_, serde_json::Value::Null) => format!("{name} =\n"),
        ("database", _) => format!("{name} = (…)\n"),
        _ => format!("{name} = {value}\n"),
    };
    value.as_object().into_iter().flatten().map(line).collect()
}
