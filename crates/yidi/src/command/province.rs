//! `yidi province`: a province's node.

use super::{
    hub::context,
    running::{listen, open_operations, runtime, until_told_to_stop},
};
use crate::{
    config::{self, NodeFlags, ProvinceFlags, UnconfirmedValues},
    database::Database,
    pages, policies, say,
    stop::Stop,
};
use benefit::Catalog;
use clap::Args;
use node::{Lifetimes, ProvinceNode, ProvinceSettings, serve};
use std::{fs, path::Path, sync::Arc, time::Duration};
use terms::{Participant, Province};

/// 运行省级平台：为本省医院办理外省参保人就医，为本省参保人在外省就医结算。
///
/// 先向国家平台索取其地址和公钥；启动后把本省公钥交给国家平台登记（yidi participant add）。
#[derive(Debug, Args)]
pub struct Arguments {
    #[command(flatten)]
    node: NodeFlags,
    #[command(flatten)]
    own: ProvinceFlags,
    /// 只检查并打印配置，不启动 (check and print the settings, and stop)
    #[arg(long)]
    check: bool,
}

/// Runs a province until it is told to stop.
pub fn run(arguments: &Arguments) -> Result<(), Stop> {
    let (settings, own) = config::of_province(&arguments.node, &arguments.own)?;
    let province = own.province()?;
    let mut ready = node_settings(&own, province, settings.management_token()?)?;
    ready.portal = settings.portal()?;
    ready.identity_providers = settings.identity_providers()?;
    ready.pages = pages::built_in();
    ready.traces_to = settings.traces_to()?;
    ready.timetable_every = settings.timetable();
    ready.hospital_load = settings.hospital_load(&own);
    ready.peer_load = settings.peer_load();
    if arguments.check {
        say(format!("{}{}", config::shown(&settings), config::shown(&own)).trim_end());
        return Ok(());
    }
    let database = Database::start(&settings)?;
    runtime()?.block_on(async {
        let context = context(&settings, &database, Participant::Province(province)).await?;
        let listener = listen(settings.listen).await?;
        let node = ProvinceNode::new(context.clone(), province, ready);
        let metrics = Arc::clone(&node.metrics);
        let running = serve::province(Arc::new(node), listener).map_err(Stop::unable)?;
        let _operations =
            open_operations(settings.operations_listen, &running, &context, &metrics).await?;
        let name = province.division().name().unwrap_or_default();
        say(&format!("{name}省级平台已启动 (the province runs)：{}", running.url()));
        if own.unconfirmed_values == UnconfirmedValues::Compute {
            say("待核实的政策值照常参与计算，只能用于测试 (unconfirmed policy values are computed with: a sandbox)");
        }
        say(&format!("公钥，请交国家平台登记 (public key)：{}", context.key.public().to_hex()));
        until_told_to_stop(running, &context, settings.drain()).await
    })
}

fn node_settings(
    own: &config::ProvinceSettings,
    province: Province,
    token: Option<String>,
) -> Result<ProvinceSettings, Stop> {
    let mut files = policies::files(own.policy.as_deref())?;
    if let Some(path) = &own.catalog {
        // In the place of the policy folder's own, so that the same rules of splitting hold for it.
        let name = format!("{province}/catalog.csv");
        files.retain(|(file, _)| *file != name);
        files.push((name, catalog_in(path)?));
    }
    let rules = policies::rulebook(&files)?;
    let catalog = rules.catalog(province);
    let mut settings =
        ProvinceSettings::new(own.hub_address()?, own.hub_key()?, Arc::clone(&rules.library), catalog);
    settings.unconfirmed_values = own.unconfirmed_values.into();
    settings.patience = Duration::from_secs(own.patience_seconds);
    settings.clock_tolerance = Duration::from_secs(own.clock_tolerance_seconds);
    settings.body_bytes_max = own.body_bytes_max;
    settings.media = Lifetimes {
        voucher: Duration::from_secs(own.voucher_seconds.into()),
        token: Duration::from_mins(own.token_minutes.into()),
    };
    settings.order_lifetime = Duration::from_mins(own.order_minutes.into());
    settings.details_delay = Duration::from_secs(own.details_delay_seconds.into());
    settings.details_batch = usize::try_from(own.details_batch_lines).expect("a small number");
    settings.filing_rules = own.filing_rules;
    settings.outside_schemes = own.outside_schemes()?;
    settings.management_token = token;
    settings.audit = Arc::clone(&rules.audit);
    Ok(settings)
}

/// The text of a catalog, if it is one.
fn catalog_in(path: &Path) -> Result<String, Stop> {
    let shown = path.display().to_string();
    let cannot_read =
        |error| Stop::Unable(format!("目录文件{shown}无法读取，请核对 --catalog (cannot read: {error})"));
    let text = fs::read_to_string(path).map_err(cannot_read)?;
    Catalog::load(&shown, &text).map_err(|errors| {
        let errors: Vec<String> = errors.iter().map(ToString::to_string).collect();
        Stop::Unable(format!("目录文件有误，请逐条更正 (wrong catalog):\n{}", errors.join("\n")))
    })?;
    Ok(text)
}
