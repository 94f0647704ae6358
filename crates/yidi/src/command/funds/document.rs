//! `yidi funds document`: documents of a running node.

use crate::{command::clerk::NodeArguments, say, stop::Stop};
use clap::Subcommand;
use serde_json::json;
use std::{fs, path::PathBuf};
use wire::api::document::{DocumentView, Documents, VerifiedDocument};

#[derive(Debug, Subcommand)]
pub enum Command {
    /// 签发一份文书；已签发的给出原件 (issue one, or get the one that was issued)
    Issue {
        /// 种类，如 voucher、payment_notice、national_clearing (its kind)
        kind: String,
        /// 对象：通知书、凭证、拨付单编号，或202610、202610-420000、2026-11-21 (what it is about)
        subject: String,
    },
    /// 列出已签发的文书 (list those that were issued)
    List {
        /// 只列一种 (only of this kind)
        #[arg(long)]
        kind: Option<String>,
    },
    /// 下载文书：扩展名pdf、xlsx或csv决定格式 (save one as a file)
    Save {
        /// 文书编号 (its number)
        number: String,
        /// 保存为，如 通知书.pdf (where to)
        to: PathBuf,
    },
    /// 核验一份文书 (verify one that somebody holds)
    Verify {
        /// 文书编号 (its number)
        number: String,
        /// 校验码 (its code)
        code: String,
    },
}

/// Issues, lists, saves, verifies.
pub fn run(node: &NodeArguments, command: &Command) -> Result<(), Stop> {
    node.call(None, async |client| {
        match command {
            Command::Issue { kind, subject } => {
                let body = json!({ "kind": kind, "subject": subject });
                let issued: DocumentView = client.post("/api/v1/funds/documents", &body).await?;
                show(&issued);
                say(&issued.verification);
            }
            Command::List { kind } => {
                let mut after = None::<String>;
                loop {
                    let of = [("kind", kind), ("after", &after)];
                    let pairs = of
                        .into_iter()
                        .filter_map(|(name, value)| Some(format!("{name}={}", value.as_ref()?)));
                    let asked = pairs.collect::<Vec<_>>().join("&");
                    let page: Documents = client.get(&format!("/api/v1/funds/documents?{asked}")).await?;
                    page.documents.iter().for_each(show);
                    after = page.next;
                    if after.is_none() {
                        break;
                    }
                }
            }
            Command::Save { number, to } => {
                let end = to.extension().and_then(|end| end.to_str()).unwrap_or("pdf");
                let file = client.fetch(&format!("/api/v1/funds/documents/{number}.{end}")).await?;
                fs::write(to, &file).map_err(|error| {
                    Stop::Unable(format!("文件{}无法写入，请核对路径 (cannot write: {error})", to.display()))
                })?;
                say(&format!("已保存 (saved)：{}，{}字节", to.display(), file.len()));
            }
            Command::Verify { number, code } => {
                let verified: VerifiedDocument =
                    client.get(&format!("/api/v1/verify/{number}?code={code}")).await?;
                let Some(document) = verified.document else {
                    return Err(Stop::Refused(
                        "核验未通过：编号与校验码不符，或本平台没有签发过这份文书".to_owned(),
                    ));
                };
                let total = document.total.unwrap_or_default();
                say(&format!("核验通过：{}  {}  {}  {total}", document.title, document.issuer, document.day));
            }
        }
        Ok(())
    })
}

fn show(view: &DocumentView) {
    let DocumentView { number, title, day, code, issued_by, .. } = view;
    let total = view.total.as_deref().unwrap_or("-");
    say(&format!("{number}  {title}  {day}  {total}  {code}  {issued_by}"));
    if !view.missing_characters.is_empty() {
        let missing = view.missing_characters.join("、");
        say(&format!("  PDF字库没有这些字，以〓代替 (not in the PDF's font)：{missing}"));
    }
}
