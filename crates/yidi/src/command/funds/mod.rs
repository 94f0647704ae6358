//! `yidi funds`: the money between provinces, at a running node. One noun a file, thin over the management interface.
//!
//! To add a noun: its file with a `Command` and `run(node, command)`, its `mod`, its line in `Command` and in `run`.

mod area;
mod bank;
mod clearing;
mod document;
mod institution;
mod ledger;
mod notice;
mod order;
mod prepayment;
mod prove;
mod reconciliation;
mod statement;
mod urging;

use super::clerk::NodeArguments;
use crate::stop::Stop;
use clap::{Args, Subcommand};

/// 资金：账簿、对账、清算、预付金 (the money between provinces, at a running node)
#[derive(Debug, Args)]
pub struct Arguments {
    #[command(flatten)]
    node: NodeArguments,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// 付款、收款通知书 (notices of payment and receipt)
    #[command(subcommand)]
    Notice(notice::Command),
    /// 划拨单和应收款：提交财政、划拨、反馈、办结 (payment orders and expected receipts)
    #[command(subcommand)]
    Order(order::Command),
    /// 财政专户、付款文件、银行对账单、待查款项 (accounts and files of banks)
    #[command(subcommand)]
    Bank(bank::Command),
    /// 催缴、暂停和恢复跨省直接结算 (urging, suspension and its lifting, at the hub)
    #[command(subcommand)]
    Urging(urging::Command),
    /// 月度清算：试算、清算表、争议、通知书，在国家平台 (monthly clearing, at the hub)
    #[command(subcommand)]
    Clearing(clearing::Command),
    /// 文书：签发、下载、核验 (documents: issue, save, verify)
    #[command(subcommand)]
    Document(document::Command),
    /// 总账：凭证、明细账、科目余额表 (the general ledger)
    #[command(subcommand)]
    Ledger(ledger::Command),
    /// 核验：由分录、结算和费用分割重算全部账目 (recompute everything; say that all agree, or the first difference)
    Prove,
    /// 三方对账：每日结果、差异 (the daily comparison of the three books)
    #[command(subcommand)]
    Reconciliation(reconciliation::Command),
    /// 清算表：取得、核对、确认、争议，审核扣款，在省级平台 (a month's statement, at a province)
    #[command(subcommand)]
    Statement(statement::Command),
    /// 统筹区：分割、确认和异议、上解、省内异地划转，在省级平台 (pooling areas, at a province)
    #[command(subcommand)]
    Area(area::Command),
    /// 拨付定点医药机构：总额、保证金、分期、年终清算 (payment of institutions, at a province)
    #[command(subcommand)]
    Institution(institution::Command),
    /// 预付金：年度额度、使用情况、紧急调增、统筹区上解 (prepayments)
    #[command(subcommand)]
    Prepayment(prepayment::Command),
}

/// Hands over to the noun.
pub fn run(arguments: &Arguments) -> Result<(), Stop> {
    let node = &arguments.node;
    match &arguments.command {
        Command::Clearing(command) => clearing::run(node, command),
        Command::Notice(command) => notice::run(node, command),
        Command::Order(command) => order::run(node, command),
        Command::Bank(command) => bank::run(node, command),
        Command::Urging(command) => urging::run(node, command),
        Command::Document(command) => document::run(node, command),
        Command::Ledger(command) => ledger::run(node, command),
        Command::Prove => prove::run(node),
        Command::Statement(command) => statement::run(node, command),
        Command::Area(command) => area::run(node, command),
        Command::Institution(command) => institution::run(node, command),
        Command::Reconciliation(command) => reconciliation::run(node, command),
        Command::Prepayment(command) => prepayment::run(node, command),
    }
}
