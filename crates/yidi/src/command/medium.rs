//! `yidi medium`: identity media at a running province, for its own people.

use super::clerk::NodeArguments;
use crate::{say, stop::Stop, words};
use clap::{Args, Subcommand};
use serde_json::to_value;
use terms::{AdminDivision, CitizenId, InsuredPlace, PersonNumber};
use wire::api::media::{CardView, Holder, IssuedCard, MadeVoucher, Media, NewCard};

/// 就医凭证：医保电子凭证、社会保障卡 (identity media, at a running province)
#[derive(Debug, Args)]
pub struct Arguments {
    #[command(flatten)]
    node: NodeArguments,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// 生成医保电子凭证二维码，代替手机应用，短时有效且只能用一次 (make a voucher, as the person's phone would)
    Voucher {
        #[command(flatten)]
        who: Who,
    },
    /// 发社会保障卡，写卡内容只显示这一次 (issue a card; what its chip is to hold is shown this once)
    Card {
        #[command(flatten)]
        who: Who,
        /// 补换：注销原卡 (in the place of the present one, which is stopped)
        #[arg(long)]
        replace: bool,
    },
    /// 社会保障卡挂失，即时全国生效 (report the card lost; counts everywhere at once)
    Loss {
        #[command(flatten)]
        who: Who,
    },
    /// 解除挂失或锁定 (lift a loss or a lock)
    Lift {
        #[command(flatten)]
        who: Who,
    },
    /// 社会保障卡注销 (stop the card for ever)
    Stop {
        #[command(flatten)]
        who: Who,
    },
    /// 列出一个人的就医凭证，每次查询都有记录 (list a person's; every look is recorded)
    List {
        #[command(flatten)]
        who: Who,
        /// 显示完整卡号的事由 (the duty for which numbers are shown whole)
        #[arg(long, value_name = "DUTY")]
        reveal: Option<String>,
    },
}

/// Who, at which insured place.
#[derive(Debug, Args)]
struct Who {
    /// 参保地区划代码，如420100 (the insured place)
    #[arg(long, value_parser = words::division)]
    insured: AdminDivision,
    /// 人员编号 (the person's number)
    #[arg(long, value_parser = words::person, required_unless_present = "certno", conflicts_with = "certno")]
    person: Option<PersonNumber>,
    /// 公民身份号码 (citizen identity number)
    #[arg(long, value_parser = words::citizen)]
    certno: Option<CitizenId>,
}

/// Issues, moves, lists.
pub fn run(arguments: &Arguments) -> Result<(), Stop> {
    let duty = match &arguments.command {
        Command::List { reveal, .. } => reveal.as_deref(),
        _ => None,
    };
    arguments.node.call(duty, async |client| {
        match &arguments.command {
            Command::Voucher { who } => {
                let made: MadeVoucher = client.post("/api/v1/vouchers", &holder(who)).await?;
                say(&format!("{}  有效至 {}", made.code.reveal(), made.expires_at));
            }
            Command::Card { who, replace } => {
                let new = NewCard {
                    insured: InsuredPlace(who.insured),
                    person: who.person.clone(),
                    certno: who.certno.clone(),
                    replace: *replace,
                };
                let new = to_value(new).expect("a card to issue is plain data");
                let card: IssuedCard = client.post("/api/v1/cards", &new).await?;
                say(&format!("卡号 {}  卡识别码 {}  密文 {}", card.number, card.card_sn, card.cipher));
            }
            Command::Loss { who } => show(&client.post("/api/v1/cards/loss", &holder(who)).await?),
            Command::Lift { who } => show(&client.post("/api/v1/cards/lift", &holder(who)).await?),
            Command::Stop { who } => show(&client.post("/api/v1/cards/stop", &holder(who)).await?),
            Command::List { who, .. } => {
                let media: Media = client.get(&list_path(who, duty.is_some())).await?;
                show_all(&media);
            }
        }
        Ok(())
    })
}

fn holder(who: &Who) -> serde_json::Value {
    let holder =
        Holder { insured: InsuredPlace(who.insured), person: who.person.clone(), certno: who.certno.clone() };
    to_value(holder).expect("a holder is plain data")
}

fn list_path(who: &Who, whole: bool) -> String {
    let named = match (&who.person, &who.certno) {
        (Some(number), _) => format!("person={number}"),
        (None, Some(citizen)) => format!("certno={}", citizen.reveal()),
        (None, None) => String::new(),
    };
    let reveal = if whole { "&reveal=true" } else { "" };
    format!("/api/v1/media?insured={}&{named}{reveal}", who.insured)
}

fn show(card: &CardView) {
    let CardView { number, stage_name, issued_at, changed_at, .. } = card;
    say(&format!("社会保障卡  {number}  {stage_name}  发卡 {issued_at}  变更 {changed_at}"));
}

fn show_all(media: &Media) {
    if media.cards.is_empty() && media.vouchers.is_empty() {
        say("没有就医凭证 (no media)");
    }
    media.cards.iter().for_each(show);
    for voucher in &media.vouchers {
        let used = match (&voucher.used_at, &voucher.used_by) {
            (Some(at), Some(by)) => format!("已使用 {at} {by}"),
            _ => "未使用".to_owned(),
        };
        say(&format!("医保电子凭证  {} 至 {}  {used}", voucher.made_at, voucher.expires_at));
    }
}
