//! `yidi hub`: the national hub.

use super::running::{listen, open_operations, runtime, until_told_to_stop};
use crate::{
    config::{self, NodeFlags, NodeSettings},
    database::Database,
    key, pages, say,
    stop::Stop,
};
use clap::Args;
use node::{Context, Hub, KnownEnds, RandomIds, SystemClock, serve};
use std::sync::Arc;
use store::{Store, clearing::Pace};
use terms::{Clock, Participant};

/// 运行国家平台。首次启动会建立数据库和签名密钥，并打印公钥；把公钥交给各省。
#[derive(Debug, Args)]
pub struct Arguments {
    #[command(flatten)]
    node: NodeFlags,
    /// 月度清分占用的时间百分数：与结算同时进行时宜小，夜间可为100 (share of its time that adding a month up may work)
    #[arg(long, env = "YIDI_CLEARING_PACE", value_name = "PERCENT", default_value_t = Pace::BESIDE)]
    clearing_pace: Pace,
    /// 只检查并打印配置，不启动 (check and print the settings, and stop)
    #[arg(long)]
    check: bool,
}

/// Runs the hub until it is told to stop.
pub fn run(arguments: &Arguments) -> Result<(), Stop> {
    let settings = config::of_hub(&arguments.node)?;
    let token = settings.management_token()?;
    let portal = settings.portal()?;
    let traces_to = settings.traces_to()?;
    let identity_providers = settings.identity_providers()?;
    if arguments.check {
        say(config::shown(&settings).trim_end());
        return Ok(());
    }
    let database = Database::start(&settings)?;
    runtime()?.block_on(async {
        let context = context(&settings, &database, Participant::Hub).await?;
        let hub = Hub::new(context.clone())
            .with_management_token(token)
            .with_portal(portal)
            .with_identity_providers(identity_providers)
            .with_pages(pages::built_in())
            .with_limits(settings.peer_load())
            .with_clearing_pace(arguments.clearing_pace);
        let hub = hub.with_timetable(settings.timetable()).with_traces_to(traces_to);
        let listener = listen(settings.listen).await?;
        let metrics = Arc::clone(&hub.metrics);
        let running = serve::hub(Arc::new(hub), listener).map_err(Stop::unable)?;
        let _operations = open_operations(settings.operations_listen, &running, &context, &metrics).await?;
        say(&format!("国家平台已启动 (the hub runs)：{}", running.url()));
        say(&format!("公钥，请交给各省 (public key)：{}", context.key.public().to_hex()));
        until_told_to_stop(running, &context, settings.drain()).await
    })
}

/// What the use cases of a node are given.
pub async fn context(settings: &NodeSettings, database: &Database, me: Participant) -> Result<Context, Stop> {
    let (path, may_be_made) = settings.key_file();
    let key = key::load_or_make((&path, may_be_made))?;
    let store = prepared(settings, database, me).await?;
    let (clock, ids, ends) = (Arc::new(SystemClock), Arc::new(RandomIds), KnownEnds::default());
    Ok(Context { me, store, clock, ids, key, ends })
}

/// The node's database, up to date.
pub async fn prepared(settings: &NodeSettings, database: &Database, me: Participant) -> Result<Store, Stop> {
    let store = database.open(settings.connections).await?;
    store.prepare(me, SystemClock.now()).await?;
    Ok(store)
}
