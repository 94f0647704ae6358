//! Orders of cross-region purchases (异地就医购药订单, 2166).

use crate::{
    Conn, Document, Error, Result, Work,
    document::document,
    row::{
        area_of, day_if, division, division_number, fen, moment, moment_if, parsed, parsed_if, stage,
        stage_number,
    },
};
use casework::purchase_order::Stage;
use sqlx::{Row, postgres::PgRow};
use terms::{
    CitizenId, Day, Fen, InstitutionCode, InsuredPlace, MessageId, Moment, PersonNumber, PoolingArea,
    Province, SettlementId,
};

/// An order.
#[derive(Clone, Debug, PartialEq)]
pub struct PurchaseOrder {
    /// 就诊登记号, unique in the province.
    pub number: String,
    /// The pharmacy's pooling area.
    pub area: PoolingArea,
    /// The pharmacy.
    pub institution: InstitutionCode,
    /// 就诊顺序号, unique in the pharmacy.
    pub serial: String,
    /// Where it stands, apart from its settlement.
    pub stage: Stage,
    /// 社会保障号码.
    pub citizen: CitizenId,
    /// 个人管理码.
    pub person: PersonNumber,
    /// Where the person is insured.
    pub insured: InsuredPlace,
    /// 医疗费总额.
    pub total: Fen,
    /// What the funds would pay, by the trial that was made with the order.
    pub fund_total: Fen,
    /// 购药日期.
    pub bought_on: Day,
    /// Person and lines, as they were put.
    pub content: Document,
    /// The settlement, once it is confirmed.
    pub settlement: Option<SettlementId>,
    /// Refunds that were sent no later than this are reversed.
    pub refund_void_until: Option<Moment>,
    /// The message that put it.
    pub msgid: MessageId,
    /// When it was put.
    pub ordered_at: Moment,
    /// Until when it may be confirmed.
    pub expires_at: Moment,
}

/// Puts an order; false if the pharmacy has used its serial before, or the number is another's.
pub async fn insert(work: &mut Work, order: &PurchaseOrder) -> Result<bool> {
    let done = sqlx::query(
        "insert into purchase_order (province, number, area, institution, serial, stage, citizen, person, insured, total,
                                     fund_total, bought_on, content, settlement, refund_void_until, msgid, ordered_at,
                                     expires_at, changed_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $17)
         on conflict do nothing",
    )
    .bind(division_number(order.area.province().division()))
    .bind(&order.number)
    .bind(area_of(order.area))
    .bind(order.institution.as_str())
    .bind(&order.serial)
    .bind(stage_number(&Stage::ALL, &order.stage))
    .bind(order.citizen.reveal())
    .bind(order.person.as_str())
    .bind(division_number(order.insured.division()))
    .bind(order.total.0)
    .bind(order.fund_total.0)
    .bind(order.bought_on.number())
    .bind(order.content.text())
    .bind(order.settlement.map(|id| id.to_string()))
    .bind(order.refund_void_until.map(Moment::millis))
    .bind(order.msgid.as_str())
    .bind(order.ordered_at.millis())
    .bind(order.expires_at.millis())
    .execute(work.conn())
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Writes what can change of an order.
pub async fn update(work: &mut Work, order: &PurchaseOrder, at: Moment) -> Result<()> {
    sqlx::query(
        "update purchase_order set stage = $3, settlement = $4, refund_void_until = $5, changed_at = $6
         where province = $1 and number = $2",
    )
    .bind(division_number(order.area.province().division()))
    .bind(&order.number)
    .bind(stage_number(&Stage::ALL, &order.stage))
    .bind(order.settlement.map(|id| id.to_string()))
    .bind(order.refund_void_until.map(Moment::millis))
    .bind(at.millis())
    .execute(work.conn())
    .await?;
    Ok(())
}

/// The order of a number, held until the unit of work ends.
pub async fn hold(work: &mut Work, province: Province, number: &str) -> Result<Option<PurchaseOrder>> {
    let row = sqlx::query("select * from purchase_order where province = $1 and number = $2 for update")
        .bind(division_number(province.division()))
        .bind(number)
        .fetch_optional(work.conn())
        .await?;
    row.as_ref().map(read).transpose()
}

/// Which orders to list.
#[derive(Clone, Copy, Debug)]
pub struct Selection<'a> {
    /// The province.
    pub province: Province,
    /// Whose.
    pub citizen: &'a CitizenId,
    /// Of this pharmacy only.
    pub institution: Option<&'a InstitutionCode>,
    /// This one only.
    pub number: Option<&'a str>,
}

/// A person's orders, oldest first, at most a thousand of the newest.
pub async fn list(conn: &mut Conn, selection: Selection<'_>) -> Result<Vec<PurchaseOrder>> {
    let rows = sqlx::query(
        "select * from (
            select * from purchase_order
            where province = $1 and citizen = $2 and ($3::text is null or institution = $3)
              and ($4::text is null or number = $4)
            order by ordered_at desc, number desc limit 1000
         ) newest order by ordered_at, number",
    )
    .bind(division_number(selection.province.division()))
    .bind(selection.citizen.reveal())
    .bind(selection.institution.map(InstitutionCode::as_str))
    .bind(selection.number)
    .fetch_all(conn)
    .await?;
    rows.iter().map(read).collect()
}

fn read(row: &PgRow) -> Result<PurchaseOrder> {
    let no_day = || Error::Corrupt { column: "bought_on", value: "null".to_owned() };
    Ok(PurchaseOrder {
        number: row.try_get("number")?,
        area: PoolingArea(division(row, "area")?),
        institution: parsed(row, "institution")?,
        serial: row.try_get("serial")?,
        stage: stage(row, &Stage::ALL)?,
        citizen: parsed(row, "citizen")?,
        person: parsed(row, "person")?,
        insured: InsuredPlace(division(row, "insured")?),
        total: fen(row, "total")?,
        fund_total: fen(row, "fund_total")?,
        bought_on: day_if(row, "bought_on")?.ok_or_else(no_day)?,
        content: document(row, "content")?,
        settlement: parsed_if(row, "settlement")?,
        refund_void_until: moment_if(row, "refund_void_until")?,
        msgid: parsed(row, "msgid")?,
        ordered_at: moment(row, "ordered_at")?,
        expires_at: moment(row, "expires_at")?,
    })
}
