//! What an institution does at the end of a day and of a month: it compares its own account with the platform's, and confirms
//! what it is owed for.

use crate::desk::{Counter, with};
use crate::play::hubei;
use crate::raw::envelope;
use casework::confirmation::Stage;
use country::hospital::{amount, read_fen};
use serde_json::{Value, json};
use store::apportioning::{self, Key};
use terms::{Clock, Day, Fen, Month};
use wire::hospital::archive;

/// A settlement as the hospital keeps it.
#[derive(Clone)]
struct Kept {
    id: String,
    visit: String,
    total: Fen,
    fund: Fen,
}

impl Kept {
    fn of(output: &Value) -> Self {
        let info = &output["setlinfo"];
        let text = |field: &str| info[field].as_str().unwrap().to_owned();
        let fen = |field: &str| read_fen(&info[field]).unwrap();
        Self {
            id: text("setl_id"),
            visit: text("mdtrt_id"),
            total: fen("medfee_sumamt"),
            fund: fen("fund_pay_sumamt"),
        }
    }
}

/// The hospital's office, after the counter has done its work.
struct Office {
    counter: Counter,
    stays: u64,
}

impl Office {
    async fn open() -> Self {
        Self { counter: Counter::open().await, stays: 1 }
    }

    fn today(&self) -> Day {
        self.counter.play.world.clock.now().day()
    }

    /// Settles the stay that waits, and prepares the next one.
    async fn settle(&mut self) -> Kept {
        let settled = self.counter.done("2304", &self.counter.settle(self.counter.play.total)).await;
        self.stays += 1;
        self.counter.play.next_stay(self.stays).await;
        Kept::of(&settled)
    }

    /// Cancels a settlement; the cancellation is a settlement of its own with negative amounts.
    async fn cancel(&self, kept: &Kept) -> Kept {
        let input = json!({ "data": {
            "mdtrt_id": kept.visit, "setl_id": kept.id, "psn_no": self.counter.play.patient.number.as_str(),
        }});
        Kept::of(&self.counter.done("2305", &input).await)
    }

    /// What 3201 is asked about today's settlements.
    fn totals(&self, kept: &[&Kept]) -> Value {
        let sum = |of: fn(&Kept) -> Fen| kept.iter().map(|kept| of(kept)).sum::<Fen>();
        json!({ "data": {
            "insutype": "310", "clr_type": "21", "setl_optins": "420100",
            "stmt_begndate": self.today().to_string(), "stmt_enddate": self.today().to_string(),
            "medfee_sumamt": amount(sum(|kept| kept.total)), "fund_pay_sumamt": amount(sum(|kept| kept.fund)),
            "acct_pay": "0.00", "fixmedins_setl_cnt": kept.len(),
        }})
    }

    /// Whether 3201 agrees, and what it says.
    async fn stated(&self, input: &Value) -> (String, String) {
        let output = self.counter.done("3201", input).await;
        let said = |field: &str| output["stmtinfo"][field].as_str().unwrap().to_owned();
        (said("stmt_rslt"), said("stmt_rslt_dscr"))
    }

    /// A line of the hospital's list.
    fn line(&self, kept: &Kept, id: &str) -> String {
        let person = self.counter.play.patient.number.as_str();
        let flag = i32::from(kept.total.is_negative());
        format!("{id}\t{}\t{person}\t{}\t{}\t0.00\t{flag}", kept.visit, kept.total, kept.fund)
    }

    /// Uploads a list, and gives its number.
    async fn upload(&self, text: &str) -> String {
        let content: Vec<i8> = archive::pack("3202.txt", text).into_iter().map(u8::cast_signed).collect();
        let input = json!({ "fsUploadIn": { "in": content, "filename": "3202.zip", "fixmedins_code": "" } });
        let output = self.counter.done("9101", &input).await;
        output["file_qury_no"].as_str().unwrap().to_owned()
    }

    /// What 3202 is asked about a list that was uploaded.
    fn list(&self, file: &str, kept: &[&Kept]) -> Value {
        let mut input = self.totals(kept);
        input["data"]["file_qury_no"] = json!(file);
        input["data"]["cash_payamt"] = json!("");
        input
    }

    /// The lines of the result that 3202 names, fetched by 9102.
    async fn result(&self, input: &Value) -> Vec<Vec<String>> {
        let told = self.counter.done("3202", input).await["fileinfo"].take();
        let download = json!({ "fsDownloadIn": {
            "file_qury_no": told["file_qury_no"], "filename": told["filename"], "fixmedins_code": "",
        }});
        let message = self.counter.message(&self.counter.play.hospital.next_msgid(), "9102", &download);
        let (status, body) = self.counter.raw.post(message.to_string()).await;
        assert_eq!(status, 200);
        let text = archive::unpack(&body)
            .unwrap_or_else(|wrong| panic!("{wrong:?}: {}", envelope((status, body.clone()))));
        text.lines().map(|line| line.split('\t').map(str::to_owned).collect()).collect()
    }

    /// The rows of 3260.
    async fn extracted(&self, month: Month) -> Vec<Value> {
        let output = self.counter.done("3260", &of_month(month, "startrow", "1")).await;
        output["data"].as_array().unwrap().clone()
    }

    /// The number under which 3261 confirmed.
    async fn confirmed(&self, input: &Value) -> String {
        let answer = self.counter.ask("3261", input).await;
        assert_eq!((&answer["infcode"], &answer["output"]), (&json!(0), &json!(null)), "{answer}");
        answer["inf_refmsgid"].as_str().unwrap().to_owned()
    }

    /// The rows of a page of 2172 to 2175.
    async fn page(&self, infno: &str, input: &Value) -> Vec<Value> {
        let output = self.counter.done(infno, input).await;
        let rows = output["n_output"].as_array().unwrap().clone();
        assert_eq!(output["parameters"]["recordCounts"], json!(rows.len()), "{output}");
        rows
    }
}

/// The input of 3260 or 3262.
fn of_month(month: Month, field: &str, value: &str) -> Value {
    let number = month.number();
    json!({ "data": {
        "trt_year": (number / 100).to_string(), "trt_month": format!("{:02}", number % 100), field: value,
    }})
}

/// What 3261 is asked for rows of 3260.
fn confirmation(month: Month, rows: &[Value]) -> Value {
    let mut input = of_month(month, "totalrow", &rows.len().to_string());
    let detail: Vec<Value> = rows
        .iter()
        .map(|row| {
            let mut row = row.clone();
            row["cnfm_flag"] = json!("1");
            row
        })
        .collect();
    input["detail"] = json!(detail);
    input
}

fn sum(rows: &[Value], field: &str) -> Fen {
    rows.iter().map(|row| read_fen(&row[field]).unwrap()).sum()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn totals_agree_or_both_figures_are_told() {
    let mut office = Office::open().await;
    let first = office.settle().await;
    let second = office.settle().await;
    let undone = office.cancel(&second).await;
    assert_eq!((undone.total, undone.fund), (-second.total, -second.fund));

    let all = office.totals(&[&first, &second, &undone]);
    let of = |pointer: &str, value: Value| with(&all, pointer, value);
    let flagged = |kept: &[&Kept], flag: &str| {
        let mut input = office.totals(kept);
        input["data"]["REFD_SETL_FLAG"] = json!(flag);
        input
    };
    for (name, input) in [
        ("the day", all.clone()),
        ("all kinds of care", of("/data/clr_type", json!("99952"))),
        ("the province's number", of("/data/setl_optins", json!("420000"))),
        ("no agency named", of("/data/setl_optins", json!(""))),
        ("settlements alone", flagged(&[&first, &second], "0")),
        ("cancellations alone", flagged(&[&undone], "1")),
        ("nothing of residents", with(&office.totals(&[]), "/data/insutype", json!("390"))),
        ("nothing of outpatients", with(&office.totals(&[]), "/data/clr_type", json!("11"))),
    ] {
        assert_eq!(office.stated(&input).await, ("0".to_owned(), "平".to_owned()), "{name}");
    }
    let (result, words) = office.stated(&of("/data/medfee_sumamt", json!(0.01))).await;
    let expected = format!("不平：医疗费总额机构0.01中心{}", first.total);
    assert_eq!((result.as_str(), words), ("1", expected));
    let (result, words) = office.stated(&office.totals(&[&first, &second])).await;
    assert!(result == "1" && words.ends_with("结算笔数机构2中心3"), "{words}");

    for (name, input, words) in [
        ("another area", of("/data/setl_optins", json!("420500")), "清算经办机构420100"),
        ("no such kind", of("/data/clr_type", json!("51")), "字段[clr_type]不合规"),
        ("no count", of("/data/fixmedins_setl_cnt", json!("-1")), "字段[fixmedins_setl_cnt]不合规"),
        ("too long", of("/data/stmt_begndate", json!("2026-01-01")), "字段[stmt_enddate]不合规"),
        ("backwards", of("/data/stmt_begndate", json!("2199-01-01")), "字段[stmt_enddate]不合规"),
    ] {
        office.counter.refused(name, "3201", &input, words).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_list_is_compared_line_by_line() {
    let mut office = Office::open().await;
    let dear = office.settle().await;
    let forgotten = office.settle().await;
    let second = office.settle().await;
    let undone = office.cancel(&second).await;

    let dearer = Kept { total: dear.total + Fen(100), ..dear.clone() };
    let phantom = Kept { id: dear.id.replace(&dear.id[19..], "99999999999"), ..dear.clone() };
    let kept = [&dearer, &phantom, &second, &undone];
    let text = [
        office.line(&dearer, &dear.id),
        office.line(&phantom, &phantom.id),
        office.line(&second, &second.id),
        // Under the id of what is given back, as some clients have it.
        office.line(&undone, &second.id),
    ]
    .join("\r\n");
    let file = office.upload(&text).await;
    let input = office.list(&file, &kept);
    let rows = office.result(&input).await;
    // Result, 退费结算标志, 备注, 医疗费总额.
    let said: Vec<[&str; 4]> =
        rows.iter().map(|row| [4, 5, 6, 7].map(|column| row[column].as_str())).collect();
    let totals =
        [dear.total, phantom.total, second.total, undone.total, forgotten.total].map(|fen| fen.to_string());
    let differs = format!("医疗费总额机构{}中心{}", dearer.total, dear.total);
    let expected = [
        ["1", "0", &differs, &totals[0]],
        ["1", "0", "机构有、中心无此结算", &totals[1]],
        ["0", "0", "null", &totals[2]],
        ["0", "1", "null", &totals[3]],
        ["1", "0", rows[4][6].as_str(), &totals[4]],
    ];
    assert_eq!(said, expected);
    assert!(rows[4][6].starts_with("中心有、机构无此结算，结算时间"), "{:?}", rows[4]);
    // Of what only the platform has, the standard leaves both ids empty; the message says which it is.
    assert_eq!((rows[4][1].as_str(), rows[4][2].as_str()), ("null", "null"));
    let asked = office.counter.done("5203", &json!({ "data": {
        "mdtrt_id": forgotten.visit, "setl_id": forgotten.id, "psn_no": office.counter.play.patient.number.as_str(),
    }})).await;
    assert_eq!(json!(rows[4][3]), asked["setlinfo"]["medins_setl_id"]);
    assert_eq!([&rows[0][2], &rows[1][3]], [&dear.id, "null"]);

    // What stands here, at another time.
    let mut elsewhere = office.list(&file, &kept);
    for field in ["stmt_begndate", "stmt_enddate"] {
        elsewhere["data"][field] = json!(office.today().plus_days(-1).to_string());
    }
    let rows = office.result(&elsewhere).await;
    assert!(rows.len() == 4 && rows[0][6].contains("不在本次对账范围内"), "{rows:?}");

    for (name, input, words) in [
        ("another total", with(&input, "/data/medfee_sumamt", json!("1.00")), "与清单合计一致的"),
        ("another fund total", with(&input, "/data/fund_pay_sumamt", json!("1.00")), "字段[fund_pay_sumamt]"),
        ("another count", with(&input, "/data/fixmedins_setl_cnt", json!(3)), "与清单一致的笔数4（所传为3）"),
        ("no such file", office.list("420000202611220000000000000001", &kept), "未查到文件查询号"),
        ("no file", office.list("", &kept), "字段[file_qury_no]不能为空"),
    ] {
        office.counter.refused(name, "3202", &input, words).await;
    }
    for (name, text, words) in [
        ("a column is missing", text.replace("\t0.00\t1", "\t0.00"), "清单第4行]"),
        ("no amount", text.replace("\t0.00\t1", "\t元\t1"), "清单第4行第6列acct_pay]"),
    ] {
        let file = office.upload(&text).await;
        office.counter.refused(name, "3202", &office.list(&file, &kept), words).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_month_is_confirmed_taken_back_and_goes_on_in_the_next() {
    let mut office = Office::open().await;
    let first = office.settle().await;
    let second = office.settle().await;
    let paid = first.fund + second.fund;
    let month = office.today().month();
    let rows = office.extracted(month).await;
    let ids: Vec<&str> = rows.iter().map(|row| row["setl_sn"].as_str().unwrap()).collect();
    assert_eq!(ids, [&first.id, &second.id]);
    assert_eq!(
        (sum(&rows, "optins_pay_sumamt"), sum(&rows, "medfee_sumamt")),
        (paid, first.total + second.total)
    );
    assert_eq!(rows[0]["certno"], json!(office.counter.play.patient.citizen.reveal()));
    let second_page = office.counter.done("3260", &of_month(month, "startrow", "2")).await;
    assert_eq!(second_page["data"], json!([rows[1]]));
    let whole = confirmation(month, &rows);
    office.counter.refused("the month goes on", "3261", &whole, "尚未结束").await;

    office
        .counter
        .play
        .world
        .clock
        .pass_days(office.today().days_until(month.next().first_day()).unsigned_abs());
    let (before, next) = (month.first_day().plus_days(-1).month(), office.today().month());
    for (name, input, words) in [
        ("rows are missing", with(&whole, "/data/totalrow", json!("3")), "明细行数2（所传为3）"),
        ("another amount", with(&whole, "/detail/0/optins_pay_sumamt", json!(0.01)), "与平台清分明细"),
        ("another month's", confirmation(before, &rows), "的清分明细中"),
        ("twice in one message", confirmation(month, &[rows[0].clone(), rows[0].clone()]), "重复上传"),
        ("no flag", with(&whole, "/detail/1/cnfm_flag", json!("")), "字段[detail第2行.cnfm_flag]"),
    ] {
        office.counter.refused(name, "3261", &input, words).await;
    }
    // The hospital agrees to one line, disputes the other, and agrees to that one later.
    let part = with(&whole, "/detail/1/cnfm_flag", json!("0"));
    let part = with(&part, "/detail/1/optins_pay_sumamt", json!("0.01"));
    let earlier = office.confirmed(&part).await;
    let later = office.confirmed(&confirmation(month, &rows[1..])).await;
    office.counter.refused("confirmed already", "3261", &whole, "已经确认").await;
    let back = |number: &str| of_month(month, "otransid", number);
    office.counter.refused("another number", "3262", &back("420000202612010000000000000001"), "未查到").await;
    office.counter.done("3262", &back(&earlier)).await;
    office.counter.refused("taken back twice", "3262", &back(&earlier), "未查到").await;
    office.counter.refused("the other holds", "3261", &whole, "已经确认").await;
    office.counter.done("3262", &back("0")).await;
    office.counter.refused("nothing is left", "3262", &back("0"), "可回退的确认").await;
    let number = office.confirmed(&whole).await;
    assert!(number != earlier && number != later);

    // What is cancelled now comes in this month; the month that is over stays as it was confirmed.
    let undone = office.cancel(&second).await;
    assert_eq!(office.extracted(month).await, rows);
    let rows = office.extracted(next).await;
    let [row] = &rows[..] else { panic!("{rows:?}") };
    assert_eq!((&row["setl_sn"], sum(&rows, "optins_pay_sumamt")), (&json!(undone.id), -second.fund));
    assert_eq!((&row["mdtrt_id"], sum(&rows, "medfee_sumamt")), (&json!(second.visit), -second.total));

    // Once the month is cleared, its confirmation is not taken back any more.
    clear(&office, month, &number).await;
    office.counter.refused("cleared", "3262", &back(&number), "已进入清算").await;
    office.counter.refused("cleared, all of it", "3262", &back("0"), "已进入清算").await;

    the_same_figures_by_month_and_day(&office, [month, next], (&first, &second), &number).await;
}

/// Takes a confirmation for cleared, as the clearing between provinces will.
async fn clear(office: &Office, month: Month, number: &str) {
    let institution = &office.counter.play.hospital.settings().code;
    let area = office.counter.play.world.institution(institution).unwrap().place.0.pooling_area();
    let store = &office.counter.play.world.province(hubei()).unwrap().node.context.store;
    let mut work = store.begin().await.unwrap();
    let key = Key { area, institution, month };
    apportioning::set_stage(&mut work, key, (number, Stage::Cleared), None).await.unwrap();
    work.save().await.unwrap();
}

/// 2172 to 2176 of two months: in the first two settlements that are declared, in the second the cancellation of one.
async fn the_same_figures_by_month_and_day(
    office: &Office,
    [month, next]: [Month; 2],
    (first, second): (&Kept, &Kept),
    number: &str,
) {
    let own = office.counter.play.hospital.settings().code.to_string();
    let paid = first.fund + second.fund;
    let asked = |kind: &str, stage: &str| {
        json!({
            "fixmedins_code": own, "clr_type": kind, "start_clrym": month.number().to_string(),
            "end_clrym": next.number().to_string(), "clr_optins": "420100", "clr_stas": stage,
            "page_num": "1", "page_size": "1000",
        })
    };
    let rows = office.page("2172", &asked("310212", "10")).await;
    let [row] = &rows[..] else { panic!("{rows:?}") };
    assert_eq!((&row["setl_dcla_no"], &row["clr_psntime"]), (&json!(number), &json!(2)));
    assert_eq!((sum(&rows, "sumamt"), sum(&rows, "fund_pay_sumamt")), (first.total + second.total, paid));
    let rows = office.page("2172", &asked("310212", "0")).await;
    assert_eq!(
        (rows.len(), sum(&rows, "fund_pay_sumamt"), &rows[0]["clr_psntime"]),
        (1, -second.fund, &json!(-1))
    );
    assert_eq!(rows[0]["start_clrym"], json!(next.number().to_string()));
    assert_eq!(office.page("2172", &asked("21", "")).await.len(), 2, "both, by the general code");
    assert!(office.page("2172", &asked("390212", "")).await.is_empty());

    let lines = office.page("2173", &asked("310212", "")).await;
    assert_eq!((lines.len(), sum(&lines, "sumamt")), (3, first.total));
    assert_eq!(lines[0]["psn_name"], json!(office.counter.play.patient.name));
    let funds = office.page("2174", &asked("310212", "10")).await;
    assert_eq!(sum(&funds, "fund_appy_sum"), paid);
    let one = with(&json!({ "data": asked("310212", "10") }), "/data/mdtrt_regno", json!(first.visit));
    assert_eq!(sum(&office.page("2174", &one).await, "fund_appy_sum"), first.fund);

    let today = office.today();
    let day = json!({ "fixmedins_code": own, "query_date": today.to_string() });
    let rows = office.page("2175", &day).await;
    assert_eq!((sum(&rows, "dfr_sumamt"), sum(&rows, "dcla_sum")), (-second.fund, Fen::ZERO));
    let period = json!({
        "fixmedins_code": own, "start_date": month.first_day().to_string(), "end_date": today.to_string(),
    });
    let sums = office.counter.done("2176", &period).await;
    let sums = sums.as_array().unwrap();
    let figures =
        ["medfee_sumamt", "dfr_sumamt", "dcla_sum", "pay_sum", "no_pay_sum"].map(|field| sum(sums, field));
    assert_eq!((sums.len(), figures), (1, [first.total, first.fund, paid, Fen::ZERO, first.fund]));

    for (infno, input, words) in [
        (
            "2172",
            with(&json!({ "data": asked("310212", "") }), "/data/fixmedins_code", json!("H42010600999")),
            "本机构",
        ),
        ("2173", asked("310213", ""), "字段[clr_type]不合规"),
        ("2174", asked("310212", "50"), "字段[clr_stas]不合规"),
        (
            "2176",
            json!({ "start_date": today.to_string(), "end_date": "2020-01-01" }),
            "字段[end_date]不合规",
        ),
    ] {
        office.counter.refused(infno, infno, &input, words).await;
    }
}
