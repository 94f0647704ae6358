//! What a hospital's software asks for itself and not for a patient: dictionaries, files, catalogs and its own mapping to them.

use crate::desk::{Counter, renamed, with};
use crate::play::hubei;
use crate::raw::{Came, envelope, sentence};
use country::{bills::Line, hospital::AddressForm};
use hyper::Method;
use serde_json::{Value, json};
use terms::{Clock, Fen, money::parse_decimal};
use wire::hospital::archive;

/// What 1901 is asked.
fn dictionary(table: &str, parent: &str, valid: &str) -> Value {
    json!({ "data": {
        "type": table, "parentValue": parent, "admdvs": "420100", "date": "2026-11-22", "Vali_Flag": valid,
    }})
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn code_tables_are_told_by_type_parent_and_flag() {
    let counter = Counter::open().await;
    for (table, parent, valid, count, first) in [
        ("med_type", "", "1", 24, "普通门诊"),
        ("MED_TYPE", "", "", 24, "普通门诊"),
        ("psn_type", "11", "1", 6, "农名工"),
        ("psn_type", "16", "1", 0, ""),
        ("gend", "", "0", 0, ""),
    ] {
        let output = counter.done("1901", &dictionary(table, parent, valid)).await;
        let list = output["list"].as_array().unwrap();
        assert_eq!(list.len(), count, "{table} {parent} {valid}: {output}");
        assert_eq!(list.first().map_or("", |row| row["label"].as_str().unwrap()), first, "{table}");
        assert!(list.iter().all(|row| parent.is_empty() || row["parentValue"] == parent), "{output}");
    }
    counter.refused("no such table", "1901", &dictionary("colours", "", "1"), "字段[type]不合规").await;
    counter.refused("no table named", "1901", &dictionary("", "", "1"), "字段[type]不能为空").await;
}

/// What 9101 is asked: bytes with a sign, as Java writes them.
fn upload(content: &[u8], name: &str) -> Value {
    let signed: Vec<i8> = content.iter().map(|byte| byte.cast_signed()).collect();
    json!({ "fsUploadIn": { "in": signed, "filename": name, "fixmedins_code": "" } })
}

/// What 9102 is asked.
fn download(id: &str, name: &str, owner: &str) -> Value {
    json!({ "fsDownloadIn": { "file_qury_no": id, "filename": name, "fixmedins_code": owner } })
}

/// What 9102 answers.
async fn downloaded(counter: &Counter, input: &Value) -> Came {
    let message = counter.message(&counter.play.hospital.next_msgid(), "9102", input);
    counter.raw.post(message.to_string()).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_is_sent_in_either_form_and_fetched_until_it_expires() {
    let counter = Counter::open().await;
    let own = counter.play.hospital.settings().code.to_string();
    let text = "一\tnull\n二\t2.00\n";
    let packed = archive::pack("stmt.txt", text);

    let message = counter.message("M-FILE-1", "9101", &upload(&packed, "stmt.zip"));
    let first = counter.raw.ask(&message).await;
    assert_eq!(first["infcode"], json!(0), "{first}");
    assert_eq!(counter.raw.ask(&message).await, first, "sent again, it is not kept twice");
    let file = first["output"].clone();
    assert_eq!((&file["filename"], &file["fixmedins_code"]), (&json!("stmt.zip"), &json!(own)));
    let id = file["file_qury_no"].as_str().unwrap();
    assert!(id.len() == 30 && file["dld_endtime"].as_str().is_some_and(|time| time.len() == 19), "{file}");
    for owner in [own.as_str(), ""] {
        let (status, body) = downloaded(&counter, &download(id, "stmt.zip", owner)).await;
        assert_eq!((status, body == packed), (200, true), "the bytes that were sent");
    }
    assert_eq!(archive::unpack(&packed).as_deref(), Ok(text));

    // The same as a form: the message in one part, the file in the other.
    let input = json!({ "fsUploadIn": { "filename": "form.zip", "fixmedins_code": own } });
    let message = counter.message("M-FILE-2", "9101", &input);
    let head = "--edge\r\nContent-Disposition: form-data; name=";
    let mut body =
        format!("{head}\"jsonStr\"\r\n\r\n{message}\r\n{head}\"file\"; filename=\"form.zip\"\r\n\r\n")
            .into_bytes();
    body.extend(&packed);
    body.extend(b"\r\n--edge--\r\n");
    let kind = [("content-type", "multipart/form-data; boundary=edge")];
    let path = AddressForm::CallService.path("9101");
    let answer = envelope(counter.raw.send(Method::POST, &path, &kind, body).await);
    assert_eq!(answer["infcode"], json!(0), "{answer}");
    let other = answer["output"]["file_qury_no"].as_str().unwrap();
    assert_eq!(downloaded(&counter, &download(other, "form.zip", &own)).await.1, packed);

    for (name, input, words) in [
        ("not an archive", upload(b"PK\x03\x04", "a.zip"), "不是完整的ZIP压缩包"),
        ("another ending", upload(&archive::pack("a.csv", text), "a.zip"), "应为TXT文件"),
        ("no bytes", json!({ "fsUploadIn": { "filename": "a.zip" } }), "字段[in]不能为空"),
        ("no name", upload(&packed, ""), "字段[filename]不能为空"),
        (
            "somebody else's",
            {
                let mut input = upload(&packed, "a.zip");
                input["fsUploadIn"]["fixmedins_code"] = json!("H42010600999");
                input
            },
            "字段[fixmedins_code]不合规",
        ),
    ] {
        counter.refused(name, "9101", &input, words).await;
    }
    for (name, input) in [
        ("another name", download(id, "other.zip", &own)),
        ("another's", download(id, "stmt.zip", "H42010600999")),
        ("the platform's", download(id, "stmt.zip", "plc")),
        ("never given", download("420000209901010000000000000001", "stmt.zip", &own)),
    ] {
        counter.refused(name, "9102", &input, "未查到文件查询号").await;
    }
    counter.play.world.clock.pass_days(8);
    let late = envelope(downloaded(&counter, &download(id, "stmt.zip", &own)).await);
    assert!(sentence(&late).contains("已过下载截止时间"), "{late}");
}

/// The file that a catalog's transaction names, fetched and unpacked.
async fn catalog(counter: &Counter, infno: &str, version: &str) -> (Value, String) {
    let told = counter.done(infno, &json!({ "data": { "ver": version } })).await;
    let (id, name) = (told["file_qury_no"].as_str().unwrap(), told["filename"].as_str().unwrap());
    let (_, body) = downloaded(counter, &download(id, name, "plc")).await;
    let text = archive::unpack(&body).unwrap();
    assert_eq!(told["data_cnt"], json!(text.lines().count()), "{infno}");
    (told, text)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn catalogs_come_as_files_since_the_version_that_the_hospital_has() {
    let counter = Counter::open().await;
    let own = counter.play.world.rules.catalog(hubei());
    for (infno, letters, columns) in [
        ("1301", "XZ", 97),
        ("1302", "T", 33),
        ("1303", "", 83),
        ("1305", "0123456789", 19),
        ("1306", "C", 71),
        ("1307", "", 24),
        ("1308", "", 24),
        ("1309", "", 16),
        ("1310", "", 15),
        ("1311", "", 15),
        ("1313", "", 11),
        ("1314", "", 14),
        ("1315", "", 14),
        ("1320", "", 44),
        ("1321", "", 34),
    ] {
        let (told, text) = catalog(&counter, infno, "0").await;
        let of_kind = |code: &str| code.starts_with(|first: char| letters.contains(first));
        let codes: Vec<&str> =
            own.items().map(|item| item.code.as_str()).filter(|code| of_kind(code)).collect();
        // The code stands first in every table that has rows here.
        let came: Vec<&str> = text.lines().map(|line| line.split('\t').next().unwrap()).collect();
        assert_eq!(came, codes, "{infno}");
        assert!(text.lines().all(|line| line.split('\t').count() == columns), "{infno}: {text}");
        // Whoever has the newest version has everything.
        let name = told["filename"].as_str().unwrap();
        let newest = name.trim_start_matches(&format!("{infno}_")).trim_end_matches(".zip");
        assert_eq!(catalog(&counter, infno, newest).await.1, "", "{infno} since {newest}");
        assert_eq!(catalog(&counter, infno, "0").await.0, told, "asked again, it is the same file");
    }
    counter.refused("no version", "1301", &json!({ "data": { "ver": "" } }), "字段[ver]不能为空").await;
    counter.refused("another's version", "1301", &json!({ "data": { "ver": "F001_A" } }), "字段[ver]").await;
    counter.refused("another edition", "1322", &json!({ "data": { "ver": "0" } }), "暂未开通").await;
}

/// A share in ten-thousandths.
fn permyriad(share: &Value) -> i64 {
    parse_decimal(&share.to_string(), 4).unwrap().try_into().unwrap()
}

/// Every page of a query.
async fn pages(counter: &Counter, infno: &str, narrowed: &Value) -> Vec<Value> {
    let mut rows = Vec::new();
    for page in 1.. {
        let mut input = json!({ "data": { "updt_time": "2000-01-01", "page_num": page, "page_size": 30 } });
        let data = input["data"].as_object_mut().unwrap();
        data.extend(narrowed.as_object().unwrap().clone());
        let output = counter.done(infno, &input).await;
        let came = output.as_array().unwrap();
        if came.is_empty() {
            break;
        }
        assert!(came.len() <= 30);
        rows.extend(came.iter().cloned());
    }
    rows
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_catalog_is_told_page_by_page() {
    let counter = Counter::open().await;
    let own = counter.play.world.rules.catalog(hubei());
    let level = counter.play.world.institution(&counter.play.hospital.settings().code).unwrap().level;
    let all = own.items().count();
    let today = counter.play.world.clock.now().day();
    let now = own.items().filter(|item| own.find(&item.code, today) == Some(*item)).count();
    let limits = own.items().flat_map(|item| item.limits).flatten().count();
    for (infno, narrowed, expected) in [
        ("1312", json!({}), all),
        ("1312", json!({ "vali_flag": "1" }), now),
        ("1312", json!({ "query_date": "2001-01-01" }), 0),
        ("1312", json!({ "updt_time": "2199-01-01" }), 0),
        ("1312", json!({ "hilist_name": "没有这一项" }), 0),
        ("1316", json!({}), all),
        ("1318", json!({}), limits),
    ] {
        assert_eq!(pages(&counter, infno, &narrowed).await.len(), expected, "{infno} {narrowed}");
    }
    let ethnic = counter.ask("1304", &json!({ "data": { "page_num": 1, "page_size": 10 } })).await;
    assert_eq!((&ethnic["infcode"], &ethnic["output"]), (&json!(0), &json!([])), "{ethnic}");
    // Item by item, what the queries tell is what a line is split by.
    for item in own.items().filter(|item| own.find(&item.code, today) == Some(*item)) {
        let one = json!({ "hilist_code": item.code, "query_date": today.to_string() });
        let told = pages(&counter, "1312", &one).await;
        let [row] = told.as_slice() else { panic!("{told:?}") };
        assert_eq!((&row["hilist_name"], &row["chrgitm_lv"]), (&json!(item.name), &json!(item.class.code())));
        let shares = pages(&counter, "1319", &one).await;
        let told: Vec<i64> = shares.iter().map(|row| permyriad(&row["selfpay_prop"])).collect();
        // A line of one yuan: no band of prices begins above it that another would not reach.
        let rate = i64::from(item.first_self_pay_of(level, Fen::yuan(1), 10_000).as_permyriad());
        assert!(told.contains(&rate), "{}: {rate} is not among {told:?}", item.code);
    }
}

/// What 3301 is asked for these lines: a pair for each of the hospital's own codes.
fn pairs(lines: &[Line], from: &str, to: &str) -> Value {
    let pair = |line: &Line| {
        json!({
            "fixmedins_hilist_id": line.own_code, "fixmedins_hilist_name": "院内项目", "list_type": "101",
            "med_list_codg": line.code, "begndate": from, "enddate": to, "spec": "10mg*24",
        })
    };
    json!({ "data": lines.iter().map(pair).collect::<Vec<_>>() })
}

/// The lines with nothing but the hospital's own codes.
fn with_own_codes_only(mut input: Value) -> Value {
    for row in input["feedetail"].as_array_mut().unwrap() {
        row["med_list_codg"] = json!("");
    }
    input
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hospital_that_maps_its_items_sends_only_what_it_has_mapped() {
    let mut counter = Counter::open().await;
    counter.done("2304", &counter.settle(counter.play.total)).await;
    let stay = counter.stay("ZY930");
    counter.admitted(&stay).await;
    let lines = counter.bill(&stay, 3);
    let (first, rest) = lines.split_first().unwrap();
    let others: Vec<Line> = rest.iter().filter(|line| line.own_code != first.own_code).cloned().collect();
    let unmapped = format!("[{}]", first.own_code);
    let one = counter.lines(&stay, std::slice::from_ref(first));

    // Without any pair, national codes are taken as they come, and nothing stands for one that is missing.
    counter.refused("no pair yet", "2301", &with_own_codes_only(one.clone()), &unmapped).await;
    counter.done("3301", &pairs(&others, "2020-01-01", "2099-12-31")).await;
    let all = counter.lines(&stay, &lines);
    counter.refused("one is missing", "2301", &with_own_codes_only(all.clone()), &unmapped).await;
    counter.refused("national, and not mapped", "2301", &one, &unmapped).await;

    // A pair holds from its first day to its last.
    let pair = pairs(std::slice::from_ref(first), "2020-01-01", "2020-12-31");
    counter.done("3301", &pair).await;
    counter.refused("the pair has ended", "2301", &one, &unmapped).await;
    let pair = with(&pair, "/data/0/enddate", json!("2099-12-31"));
    counter.done("3301", &pair).await;
    let another = with(&one, "/feedetail/0/med_list_codg", json!(others[0].code));
    counter.refused("mapped to another", "2301", &another, &unmapped).await;
    counter.done("2301", &with_own_codes_only(all)).await;
    let details = counter.done("5204", &counter.of_visit()).await;
    for line in details.as_array().unwrap() {
        let sent = lines.iter().find(|one| json!(one.serial) == line["feedetl_sn"]).unwrap();
        assert_eq!(line["med_list_codg"], json!(sent.code), "{line}");
    }

    let own = |input: &Value| json!({ "medins_list_codg": input["data"][0]["fixmedins_hilist_id"] });
    let told = pages(&counter, "1317", &own(&pair)).await;
    let [row] = told.as_slice() else { panic!("{told:?}") };
    assert_eq!((&row["med_list_codg"], &row["spec"]), (&json!(first.code), &json!("10mg*24")));
    for (name, input, words) in [
        ("no such item", with(&pair, "/data/0/med_list_codg", json!("X0")), "目录"),
        ("another item", with(&pair, "/data/0/med_list_codg", json!(others[0].code)), "已对照到"),
        ("ends before it begins", with(&pair, "/data/0/enddate", json!("2019-01-01")), "enddate"),
        ("nothing", json!({ "data": [] }), "字段[data]不能为空"),
    ] {
        counter.refused(name, "3301", &input, words).await;
    }
    let back = json!({
        "fixmedins_code": counter.play.hospital.settings().code.as_str(),
        "fixmedins_hilist_id": first.own_code, "list_type": "101", "med_list_codg": first.code,
    });
    counter.done("3302", &back).await;
    counter.refused("taken back twice", "3302", &back, &unmapped).await;
    assert!(pages(&counter, "1317", &own(&pair)).await.is_empty());
    counter.done("3301", &with(&pair, "/data/0/med_list_codg", json!(others[0].code))).await;

    // One call ends a version and begins the next; a line is of the version of its day.
    let ended = with(
        &pairs(&others[..1], "2020-01-01", "2020-12-31"),
        "/data/0/fixmedins_hilist_id",
        json!(first.own_code),
    );
    let begun = with(&pair, "/data/0/begndate", json!("2021-01-01"));
    counter.done("3301", &json!({ "data": [ended["data"][0], begun["data"][0]] })).await;
    let later = counter.lines(&stay, &[renamed(first, "LATER")]);
    counter.done("2301", &with_own_codes_only(later)).await;
    let details = counter.done("5204", &counter.of_visit()).await;
    let line = details.as_array().unwrap().iter().find(|line| line["feedetl_sn"] == "LATER").unwrap();
    assert_eq!(line["med_list_codg"], json!(first.code));
}
