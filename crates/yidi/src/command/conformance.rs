//! `yidi conformance`: whether a platform's answers, or a client's messages, keep to the standard.

use super::running::{listen, runtime, told_to_stop};
use crate::{policies, say, stop::Stop, words};
use benefit::catalog::Price;
use casework::institution::{Authentication, Secret};
use clap::{ArgGroup, Args};
use country::{
    bills::{self, Line, Order},
    conformance::{self, Proxy, Report, Script},
    hospital::{AddressForm, Hospital, Settings},
    institutions::{MODELS, private_key},
    people, sandbox,
    transcript::{KEPT, Transcript, deviation_line},
};
use node::SystemClock;
use sign::{sm2, sm4};
use std::{
    collections::BTreeMap,
    fs,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::PathBuf,
    sync::Arc,
    time::Duration,
};
use terms::{
    AdminDivision, CitizenId, Clock, Fen, InstitutionCode, InsuranceScheme, InsuredPlace, MemberStatus,
    Moment, SettlementLevel, TreatmentPlace,
};

/// 检查一个平台的应答，或一个医院软件的报文，是否符合接口规范。
///
/// --target：以医院的身份走完签到、入院、明细、预结算、结算、撤销、冲正，逐步检查平台的应答，然后全部撤销。
/// --listen 和 --forward：作为代理放在医院软件和平台之间，标出每条报文与规范的差别；按 Ctrl-C 结束并给出报告。
/// 只用于测试环境。有不符合规范之处，返回码为1。
/// Plays a hospital against a platform, or stands between a client and its platform. Test environments only.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("what").required(true).args(["target", "listen"]))]
pub struct Arguments {
    /// 被检查的平台，http://host:port (the platform to check)
    #[arg(long, value_name = "URL", requires = "institution")]
    target: Option<String>,
    /// 定点医药机构编号 (the institution's code)
    #[arg(long, value_name = "CODE", value_parser = words::institution)]
    institution: Option<InstitutionCode>,
    /// 就医地医保区划；默认取自机构编号 (treatment place; out of the code if not said)
    #[arg(long, value_name = "DIVISION", value_parser = words::division)]
    place: Option<AdminDivision>,
    /// 签名方式：none、csb-hmac-sha1、tif-sha256、ca-hmac-sm3、sm2-sm4；沙箱的机构不用填 (way of authenticating)
    #[arg(long, value_name = "WAY")]
    way: Option<String>,
    /// 签名标识 (access key)
    #[arg(long, value_name = "TEXT")]
    access_key: Option<String>,
    /// 签名密钥；sm2-sm4 时为SM4密钥 (secret; the SM4 key for sm2-sm4)
    #[arg(long, env = "YIDI_SECRET", value_name = "SECRET", hide_env_values = true)]
    secret: Option<String>,
    /// 机构的SM2私钥，用于 sm2-sm4 (the institution's SM2 private key)
    #[arg(long, env = "YIDI_SM2_KEY", value_name = "HEX", hide_env_values = true)]
    sm2_key: Option<String>,
    /// 地址形式：call-service、numbered、services、csb、ebus (form of address)
    #[arg(long, value_name = "FORM", default_value = "call-service", value_parser = form)]
    form: AddressForm,
    /// 参保地医保区划 (insured place of the person)
    #[arg(long, value_name = "DIVISION", requires = "person", value_parser = words::division)]
    insured: Option<AdminDivision>,
    /// 参保人的公民身份号码；两项都不填则用沙箱的人员 (the person's identity number; one of the sandbox's if not said)
    #[arg(long, value_name = "ID", requires = "insured", value_parser = words::citizen)]
    person: Option<CitizenId>,
    /// 明细所用的医疗目录编码，可多次；不填则取自内置目录 (items of the bill; out of the built-in catalog if not said)
    #[arg(long, value_name = "CODE")]
    item: Vec<String>,
    /// 代理监听的端口，只在本机 (port of the proxy)
    #[arg(long, value_name = "PORT", requires = "forward")]
    listen: Option<u16>,
    /// 代理转发到的平台，http://host:port (the platform behind the proxy)
    #[arg(long, value_name = "URL", requires = "listen")]
    forward: Option<String>,
    /// 把报告写成JSON文件 (write the report as JSON)
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
}

/// Checks.
pub fn run(arguments: &Arguments) -> Result<(), Stop> {
    let report = match (&arguments.target, arguments.listen, &arguments.forward) {
        (Some(target), ..) => {
            let script = script(arguments, target)?;
            runtime()?.block_on(conformance::play(&script))
        }
        (None, Some(port), Some(forward)) => runtime()?.block_on(stand_between(port, forward))?,
        _ => return Err(Stop::unable("--listen 与 --forward 须一起使用 (both are needed)")),
    };
    say(report.text().trim_end());
    if let Some(path) = &arguments.report {
        fs::write(path, format!("{:#}\n", report.value()))
            .map_err(|error| Stop::Unable(format!("不能写报告{} (cannot write): {error}", path.display())))?;
    }
    if report.passed() {
        return Ok(());
    }
    Err(Stop::Refused("有不符合接口规范之处，见上 (something does not conform)".to_owned()))
}

fn form(text: &str) -> Result<AddressForm, String> {
    Ok(match text {
        "call-service" => AddressForm::CallService,
        "numbered" => AddressForm::CallServiceNumbered,
        "services" => AddressForm::Services,
        "csb" => AddressForm::Csb,
        "ebus" => AddressForm::Ebus,
        _ => return Err("应为call-service、numbered、services、csb或ebus".to_owned()),
    })
}

fn script(arguments: &Arguments, target: &str) -> Result<Script, Stop> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let settings = settings(arguments, target)?;
    let discharged = clock.now().plus_millis(-60 * 60 * 1_000);
    let admitted = discharged.plus_millis(-5 * 24 * 60 * 60 * 1_000);
    let lines = lines(arguments, settings.place, (admitted, discharged))?;
    let person = match (arguments.insured, &arguments.person) {
        (Some(insured), Some(citizen)) => (InsuredPlace(insured), citizen.clone()),
        _ => somebody_of_the_sandbox(settings.place),
    };
    Ok(Script {
        hospital: Hospital::new(settings, clock),
        person: Some(person),
        lines,
        stay: (admitted, discharged),
    })
}

/// A person who is filed at the place.
fn somebody_of_the_sandbox(place: TreatmentPlace) -> (InsuredPlace, CitizenId) {
    let [first, second] = sandbox::AREAS;
    let home = if place.0.province() == first.province() { second } else { first };
    let person = people::person(home, InsuranceScheme::Employee, MemberStatus::Retired, 0);
    (person.enrolments[0].insured, person.citizen)
}

fn settings(arguments: &Arguments, target: &str) -> Result<Settings, Stop> {
    let Some(code) = arguments.institution.clone() else {
        return Err(Stop::unable("请用 --institution 给出定点医药机构编号 (which institution?)"));
    };
    let known = MODELS.iter().find(|model| model.code() == code && arguments.way.is_none());
    if let Some(model) = known {
        let secret = sandbox::fixed(BTreeMap::new()).secret(code.as_str());
        let institution = model.institution(secret, SystemClock.now());
        let mut settings = Settings::of(&institution, target).form(arguments.form);
        if let Some(secret) = &arguments.secret {
            settings.secret = Secret(secret.clone());
        }
        return Ok(settings);
    }
    let way = arguments.way.as_deref().unwrap_or("none");
    let names = Authentication::ALL.map(Authentication::name).join("、");
    let authentication = Authentication::from_name(way)
        .ok_or_else(|| Stop::Unable(format!("签名方式[{way}]应为{names} (no such way)")))?;
    let place = arguments.place.or_else(|| code.division());
    let place =
        place.ok_or_else(|| Stop::unable("请用 --place 给出就医地医保区划 (where is the institution?)"))?;
    let secret = arguments.secret.clone().unwrap_or_default();
    let keys = match authentication {
        Authentication::Sm2Sm4 => Some(keys(&secret, arguments.sm2_key.as_deref())?),
        _ => None,
    };
    Ok(Settings {
        address: target.trim_end_matches('/').to_owned(),
        name: "测试机构".to_owned(),
        place: TreatmentPlace(place),
        authentication,
        access_key: arguments.access_key.clone().unwrap_or_default(),
        secret: Secret(secret),
        keys,
        platform_key: None,
        form: arguments.form,
        operator: ("0901".to_owned(), "测试员".to_owned()),
        timeout: Duration::from_mins(1),
        code,
    })
}

fn keys(secret: &str, private: Option<&str>) -> Result<(sm2::PrivateKey, sm4::Key), Stop> {
    let wrong = |what: &str| Stop::Unable(format!("{what}，sm2-sm4需要 (needed for sm2-sm4)"));
    let sm4_key = sm4::Key::from_hex(secret).map_err(|_| wrong("--secret 应为SM4密钥，32位十六进制数"))?;
    let signer = match private {
        Some(hex) => {
            sm2::PrivateKey::from_hex(hex).map_err(|_| wrong("--sm2-key 应为SM2私钥，64位十六进制数"))?
        }
        None => private_key(&Secret(secret.to_owned())),
    };
    Ok((signer, sm4_key))
}

/// A small bill: of the items that were named, or of the built-in catalog's.
fn lines(
    arguments: &Arguments,
    place: TreatmentPlace,
    (admitted, discharged): (Moment, Moment),
) -> Result<Vec<Line>, Stop> {
    if arguments.item.is_empty() {
        let catalog = policies::rulebook(&policies::files(None)?)?.catalog(place.0.province());
        let order = Order {
            level: SettlementLevel::Tertiary,
            admitted,
            discharged,
            total: Fen(1_234_567),
            lines: 6,
            seed: 1,
        };
        return Ok(bills::small_bill(&catalog, &order));
    }
    let price = Price::micro_yuan(100_000_000).expect("a hundred yuan");
    let line = |(index, code): (usize, &String)| Line {
        serial: (index + 1).to_string(),
        code: code.clone(),
        own_code: format!("HIS-{code}"),
        name: "测试项目".to_owned(),
        amount: Fen(20_000),
        quantity: 20_000,
        price,
        at: admitted.plus_millis(60 * 60 * 1_000),
    };
    Ok(arguments.item.iter().enumerate().map(line).collect())
}

/// Stands between a client and its platform until it is told to stop.
async fn stand_between(port: u16, forward: &str) -> Result<Report, Stop> {
    if !forward.starts_with("http://") {
        return Err(Stop::unable("--forward 应形如 http://host:port (not an address)"));
    }
    let transcript = Transcript::new("接口符合性代理", KEPT, None).map_err(Stop::unable)?;
    let proxy = Proxy::new(forward, Arc::clone(&transcript), Arc::new(SystemClock), |entry| {
        say(&format!("{} {} {}：{}", entry.number, entry.infno, entry.msgid, entry.outcome));
        entry.asked.iter().for_each(|deviation| say(&format!("    {}", deviation_line(deviation))));
        entry.answered.iter().for_each(|deviation| say(&format!("    应答 {}", deviation_line(deviation))));
    });
    let listener = listen(SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port)).await?;
    let address = listener.local_addr().map_err(Stop::unable)?;
    say(&format!("代理已启动：把医院软件指向 http://{address}，它把报文转发到 {forward} (the proxy runs)"));
    say(&format!(
        "报文记录：http://{address}/sandbox/；按 Ctrl-C 结束并给出报告 (Ctrl-C ends it with a report)"
    ));
    let serving = conformance::serve(listener, proxy);
    tokio::select! {
        ended = serving => ended.map_err(Stop::unable)?,
        told = told_to_stop() => told?,
    }
    Ok(conformance::report_of(&transcript.entries()))
}
