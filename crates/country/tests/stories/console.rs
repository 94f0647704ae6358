//! What clerks look for on pages is found, page by page, and says the same at every node; and a cashier works at the window of one
//! institution.

use crate::{
    access::{Browser, person, program},
    play::{Play, beijing, hubei},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use country::people;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use terms::{Clock, Fen, Participant};
use wire::{
    api::{
        SettlementView,
        institution::Institutions,
        search::{FilingBatchReport, FoundFilings, FoundPeople, FoundSettlements, PersonView},
        statistics::{DirectFigures, DirectSettlement, Flows, Passing, Statistics, Today},
        work::WorkList,
    },
    hospital::archive,
};

fn urls(play: &Play) -> (String, String, String) {
    let of = |province| play.world.province(province).unwrap().url();
    (of(hubei()), of(beijing()), play.world.hub_url())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_settled_is_found_at_both_places_and_told_step_by_step() {
    let mut play = Play::prepare().await;
    let first = play.settle_patiently(&play.hospital.next_msgid()).await.settlement.unwrap();
    play.next_stay(2).await;
    let second = play.settle_patiently(&play.hospital.next_msgid()).await.settlement.unwrap();
    play.dust_settles().await;
    let (hubei_url, beijing_url, hub_url) = urls(&play);
    let (treats, insures) = (program(&hubei_url), program(&beijing_url));
    let today = play.world.clock.now().day();

    // Page by page, newest first, each once.
    let mut seen = Vec::new();
    let mut after: Option<String> = None;
    loop {
        let body = json!({ "limit": 1, "after": after, "insured": "110000", "from": today, "until": today });
        let page: FoundSettlements = treats.post("/api/v1/settlements/search", &body).await.unwrap();
        seen.extend(page.settlements.iter().map(|one| one.id));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(seen, [second, first]);

    // Each condition leaves what fits.
    let total = play.total;
    let certno = play.patient.citizen.reveal().to_owned();
    let hospital = play.hospital.settings().code.to_string();
    for (client, body, found) in [
        (&treats, json!({ "insured": "310000" }), 0),
        (&treats, json!({ "institution": hospital, "stage": "settled", "care": "21" }), 2),
        (&treats, json!({ "care": "41" }), 0),
        (&treats, json!({ "total_from": (total + Fen(1)).to_string(), "total_until": "9999999.00" }), 0),
        (&treats, json!({ "until": today.plus_days(-1) }), 0),
        (&treats, json!({ "certno": certno }), 0),
        (&insures, json!({ "side": "insured", "certno": certno }), 2),
        (&insures, json!({ "side": "insured", "treatment": "420000", "stage": "standing", "care": "21" }), 2),
        (&insures, json!({ "side": "insured", "care": "11" }), 0),
        (&insures, json!({ "side": "insured", "from": today, "until": today, "sort": "-total" }), 2),
    ] {
        let page: FoundSettlements = client.post("/api/v1/settlements/search", &body).await.unwrap();
        assert_eq!(page.settlements.len(), found, "{body}");
        assert!(page.settlements.iter().all(|one| one.person.contains('*')), "{body}");
    }
    for (body, code) in [
        (json!({ "sort": "total" }), "list-rule"),
        (json!({ "sort": "x" }), "field-invalid"),
        (json!({ "limit": 101 }), "field-invalid"),
        (json!({ "after": "x" }), "field-invalid"),
        (json!({ "side": "hub" }), "field-invalid"),
        (json!({ "name": "x" }), "field-invalid"),
    ] {
        let refused = treats.post::<Value>("/api/v1/settlements/search", &body).await.unwrap_err();
        assert!(format!("{refused:?}").contains(code), "{body}: {refused:?}");
    }

    // Step by step, the same at both places.
    let path = format!("/api/v1/settlements/{first}");
    let there: SettlementView = treats.get(&path).await.unwrap();
    let here: SettlementView = insures.get(&path).await.unwrap();
    assert_eq!((there.side.as_str(), here.side.as_str()), ("treatment", "insured"));
    assert_eq!(there.breakdown, here.breakdown);
    let walk = here.breakdown.unwrap();
    assert_eq!(walk.fund_total + walk.person_total, here.total);
    assert_eq!(walk.burdens.iter().map(|one| one.amount).sum::<Fen>(), walk.person_total);
    assert!(walk.steps.iter().any(|step| step.step.contains("起付") && !step.source.is_empty()));

    // The person at a glance: masked, and with what was used of the year.
    let name: String = play.patient.name.chars().take(2).collect();
    let body = json!({ "name": name, "insured": "110000" });
    let found: FoundPeople = insures.post("/api/v1/people/search", &body).await.unwrap();
    let row =
        found.people.iter().find(|one| one.person == play.patient.number).expect("by the name's beginning");
    assert!(row.name.contains('*') && row.certno.contains('*'), "{row:?}");
    let view: PersonView =
        insures.get(&format!("/api/v1/people/{}?insured={}", row.person, row.area)).await.unwrap();
    assert_eq!((view.settlements.len(), view.filings.len()), (2, 1));
    assert_eq!(view.years[0].admissions, 2);
    let spent = view.years[0].sums.iter().find(|sum| sum.code == "inpatient.total").unwrap();
    assert_eq!(spent.amount, total + there.total);
    let nobody = insures.get::<Value>(&format!("/api/v1/people/{}?insured=310000", row.person)).await;
    let elsewhere = format!("{:?}", nobody.unwrap_err());
    assert!(elsewhere.contains("field-invalid"), "nothing is said about other provinces: {elsewhere}");

    // The hub knows the pair, the hour and the filing.
    let hub = program(&hub_url);
    let flows: Flows = hub.get(&format!("/api/v1/flows?day={today}")).await.unwrap();
    let [pair] = &flows.pairs[..] else { panic!("{flows:?}") };
    assert_eq!(
        (pair.insured.to_string().as_str(), pair.treatment.to_string().as_str()),
        ("110000", "420000")
    );
    assert_eq!((pair.figures.settlements, pair.figures.inpatient, flows.sum), (2, 2, pair.figures));
    let so_far: Today = hub.get("/api/v1/today").await.unwrap();
    assert_eq!(so_far.sum, flows.sum);
    assert_eq!(so_far.hours.iter().map(|hour| hour.figures.settlements).sum::<i64>(), 2);
    for span in ["hour", "day"] {
        let passing: Passing = hub.get(&format!("/api/v1/passing?span={span}")).await.unwrap();
        let settled = passing.kinds.iter().find(|one| one.kind == "settle").expect("of this kind");
        assert_eq!((settled.ended.done, settled.ended.failed), (2, 0), "{passing:?}");
        let answered =
            passing.participants.iter().find(|one| one.participant == Participant::Province(beijing()));
        let answered = answered.expect("Beijing was asked");
        assert_eq!((answered.name.as_str(), answered.suspended.as_deref()), ("北京市", None));
        assert!(answered.ended.done >= 2 && answered.ended.slow_millis.is_some(), "{answered:?}");
        assert_eq!(answered.ended.failure_rate, "0.0%");
        let asked = passing.participants.iter().find(|one| one.participant == Participant::Province(hubei()));
        assert!(asked.is_none_or(|one| one.ended.all < answered.ended.all), "who asks does not answer");
    }
    let wrong = format!("{:?}", hub.get::<Passing>("/api/v1/passing?span=week").await.unwrap_err());
    assert!(wrong.contains("field-invalid"), "{wrong}");
    let month = today.month().first_day().to_string();
    let path = format!("/api/v1/statistics?month={}", &month[..7]);
    let national: Statistics = hub.get(&path).await.unwrap();
    assert_eq!(national.tables[0].sum.as_ref().unwrap()[1], "2");
    let of_insured: Statistics = insures.get(&path).await.unwrap();
    let of_treatment: Statistics = treats.get(&path).await.unwrap();
    let sum_of = |of: &Statistics, name: &str| {
        of.tables.iter().find(|table| table.name == name).unwrap().sum.clone().unwrap()
    };
    assert_eq!(sum_of(&of_insured, "insured_by_care"), sum_of(&of_treatment, "treatment_by_care"));
    assert_eq!(sum_of(&of_insured, "insured_by_care"), sum_of(&national, "by_care"));
    // How the period went is of the same settlements.
    let (months, peaks) = (sum_of(&national, "months"), sum_of(&national, "peaks"));
    let by_care = sum_of(&national, "by_care");
    assert_eq!(months[9..12], [by_care[1].clone(), by_care[2].clone(), by_care[3].clone()], "{months:?}");
    assert_eq!((peaks[2].as_str(), peaks[3].as_str()), ("2", today.to_string().as_str()));
    assert_eq!(peaks[4..6], by_care[2..4]);
    assert_eq!(sum_of(&national, "bands")[1], "2", "both are stays");
    assert_eq!(sum_of(&of_insured, "insured_months"), months);
    assert_eq!(sum_of(&of_treatment, "treatment_peaks"), peaks);
    let of_month = json!({ "from": national.from, "until": national.until });
    let filed: FoundFilings = hub.post("/api/v1/filings/search", &of_month).await.unwrap();
    assert_eq!(sum_of(&national, "filings")[1], filed.filings.len().to_string());
    assert_eq!(sum_of(&national, "filings"), sum_of(&national, "filings_by_category"));
    assert_eq!(sum_of(&of_insured, "filings_by_category")[1..], sum_of(&national, "filings")[1..]);
    let of_stage = json!({ "stage": "effective" });
    let valid: FoundFilings = hub.post("/api/v1/filings/search", &of_stage).await.unwrap();
    assert_eq!(sum_of(&national, "filings")[2], valid.filings.len().to_string());
    let open = sum_of(&national, "institutions");
    let own = sum_of(&of_treatment, "institutions");
    assert!(own[1].parse::<u32>().unwrap() > 0 && open[3].parse::<u32>().unwrap() > 0, "{open:?} {own:?}");
    let filed: FoundFilings = hub
        .post("/api/v1/filings/search", &json!({ "destination": "420000", "stage": "effective" }))
        .await
        .unwrap();
    assert_eq!(filed.filings.len(), 1);
    let none: FoundFilings =
        hub.post("/api/v1/filings/search", &json!({ "insured": "310000" })).await.unwrap();
    assert_eq!(none.filings, []);
    let known: Institutions =
        hub.get(&format!("/api/v1/institutions?code={hospital}&area=420000&open=true")).await.unwrap();
    assert_eq!(known.institutions.len(), 1);
    let own: Institutions = treats.get("/api/v1/institutions?limit=1").await.unwrap();
    assert_eq!((own.institutions.len(), own.next.is_some()), (1, true));
    // Sorted by the server, page after page, backwards too.
    let mut names = Vec::new();
    let mut after = String::new();
    loop {
        let path = format!("/api/v1/institutions?sort=-name&limit=1{after}");
        let page: Institutions = treats.get(&path).await.unwrap();
        names.extend(page.institutions.into_iter().map(|one| one.name));
        let Some(next) = page.next else { break };
        after = format!("&after={next}");
    }
    assert!(names.len() > 1 && names.windows(2).all(|pair| pair[0] >= pair[1]), "{names:?}");
    let wrong = treats.get::<Institutions>("/api/v1/institutions?sort=letters").await.unwrap_err();
    assert!(format!("{wrong:?}").contains("field-invalid"), "{wrong:?}");
    play.world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn filings_that_wait_are_found_where_they_are_to_be_decided() {
    let world = crate::play::world().await;
    let node = world.province(beijing()).unwrap().url();
    let clerk = program(&node);
    let someone =
        people::person(people::BEIJING, terms::InsuranceScheme::Employee, terms::MemberStatus::Retired, 11);
    world.add_people(&[(people::BEIJING, someone.clone())]).await.unwrap();
    let number = &someone.number;
    let csv = format!(
        "参保地,人员编号,险种,备案类型,就医地,承诺制\n110000,{number},310,异地长期居住人员,420100,是\n110000,{number},310,\
         异地长期居住人员,420100,是\n110000,4201,310,异地转诊人员,420100,\n110000,{number},310,没有的类型,420100,\n"
    );
    let checked: FilingBatchReport =
        clerk.post("/api/v1/filings/batch", &json!({ "csv": csv, "check_only": true })).await.unwrap();
    assert_eq!((checked.taken, checked.refused), (3, 1));
    let report: FilingBatchReport =
        clerk.post("/api/v1/filings/batch", &json!({ "csv": csv })).await.unwrap();
    assert_eq!((report.taken, report.refused), (1, 3));
    let codes: Vec<_> =
        report.lines.iter().map(|line| line.refusal.as_ref().map(|no| no.code.as_str())).collect();
    assert_eq!(codes, [None, Some("filing-rule"), Some("unknown-person"), Some("field-invalid")]);

    let waiting = json!({ "stage": "submitted", "sort": "filed_at" });
    let found: FoundFilings = clerk.post("/api/v1/filings/search", &waiting).await.unwrap();
    assert_eq!(found.filings.len(), 1);
    let by_certno = json!({ "certno": someone.citizen.reveal() });
    let same: FoundFilings = clerk.post("/api/v1/filings/search", &by_certno).await.unwrap();
    assert_eq!(same, found);
    let work: WorkList = clerk.get("/api/v1/work").await.unwrap();
    let item = work.work.iter().find(|item| item.kind == "filings").expect("it waits");
    assert_eq!((item.count, item.urgency == "overdue"), (1, false));
    world.clock.pass_seconds(20 * 86_400);
    let later: WorkList = clerk.get("/api/v1/work").await.unwrap();
    let item = later.work.iter().find(|item| item.kind == "filings").unwrap();
    assert_eq!(item.urgency, "overdue");
    let id = found.filings[0].id;
    let _: Value = clerk.post(&format!("/api/v1/filings/{id}/approve"), &json!({})).await.unwrap();
    let after: WorkList = clerk.get("/api/v1/work").await.unwrap();
    assert!(after.work.iter().all(|item| item.kind != "filings"));
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cashier_works_at_the_window_of_one_institution() {
    let play = Play::prepare().await;
    let settled = play.settle_patiently(&play.hospital.next_msgid()).await.settlement.unwrap();
    let (node, _, _) = urls(&play);
    let code = play.hospital.settings().code.to_string();
    let cashier = person(&node, "shoufei01", "李某收", "cashier", &code).await;
    let other = play
        .world
        .models()
        .map(|model| play.world.institution(&model.code()).unwrap())
        .find(|one| one.place.province() == hubei() && one.code.as_str() != code)
        .unwrap()
        .code
        .to_string();
    let elsewhere = person(&node, "shoufei02", "赵某收", "cashier", &other).await;

    let window = |infno: &str| format!("/web/window/{code}/{infno}");
    let data = json!({ "data": {
        "mdtrt_id": play.visit.to_string(), "setl_id": settled.to_string(), "psn_no": play.patient.number.as_str() } });
    let message = |msgid: &str| json!({ "msgid": msgid, "insured": "110101", "input": data });
    // Whoever is not of this institution, or has no session, or not the page's word, is let nowhere near.
    let denied = elsewhere.refused("post", &window("2305"), Some(&message("W1"))).await;
    assert_eq!(denied, (403, "not-permitted".to_owned()));
    let told = program(&node).post::<Value>(&window("2305"), &message("W1")).await.unwrap_err();
    assert!(format!("{told:?}").contains("not-authenticated"), "{told:?}");
    let nobody = Browser::at(&node);
    assert_eq!(nobody.refused("post", &window("2305"), Some(&message("W1"))).await.0, 401);

    // While it stands, the stay counts as settled directly at the hub, once the treatment place has reported it.
    let month = settled.month().to_string();
    let hub = program(&play.world.hub_url());
    let direct = async || {
        play.world.province(hubei()).unwrap().node.keep_timetable().await;
        let path = format!("/api/v1/direct-settlement?month={month}");
        hub.get::<DirectSettlement>(&path).await.unwrap()
    };
    let told = direct().await;
    let figures = |settled, elsewhere, under_way, rate: &str| DirectFigures {
        settled,
        elsewhere,
        under_way,
        rate: rate.to_owned(),
    };
    assert_eq!(told.sum, figures(1, 0, 0, "100.0%"));
    assert_eq!((told.treatment[0].name.as_str(), told.insured[0].name.as_str()), ("湖北省", "北京市"));
    assert!(told.definition.contains("撤销") && told.definition.contains("7天"), "{}", told.definition);

    // As a signed message: a query, then a cancellation that is answered once.
    let asked = cashier.post(&window("5203"), message("W0")).await;
    assert_eq!(asked["infcode"], json!(0), "{asked}");
    let first = cashier.post(&window("2305"), message("W1")).await;
    assert_eq!(first["infcode"], json!(0), "{first}");
    let again = cashier.post(&window("2305"), message("W1")).await;
    assert_eq!(again, first, "the first answer again");
    let mut changed = message("W1");
    changed["input"]["data"]["psn_no"] = "11010199999".into();
    let reused = cashier.post(&window("2305"), changed).await;
    assert!(reused["err_msg"].as_str().unwrap().contains("更换msgid"), "{reused}");
    let unknown = cashier.post(&window("9999"), message("W2")).await;
    assert_ne!(unknown["infcode"], json!(0), "{unknown}");
    let view: SettlementView = program(&node).get(&format!("/api/v1/settlements/{settled}")).await.unwrap();
    assert!(["undoing", "undone"].contains(&view.stage.as_str()), "{}", view.stage);
    // Who charges people answers for no month; the office for insurance does, of its own institution, and charges nobody.
    let office = person(&node, "yibao01", "孙某保", "institution-office", &code).await;
    let books = |infno: &str| format!("/web/office/{code}/{infno}");
    let not_permitted = (403, "not-permitted".to_owned());
    assert_eq!(cashier.refused("post", &window("3261"), Some(&message("W3"))).await, not_permitted);
    assert_eq!(cashier.refused("post", &books("3260"), Some(&message("W4"))).await, not_permitted);
    assert_eq!(office.refused("post", &window("3261"), Some(&message("O1"))).await, not_permitted);
    assert_eq!(office.refused("post", &books("2305"), Some(&message("O2"))).await, not_permitted);
    let elsewhere_books = books("3260").replace(&code, &other);
    assert_eq!(office.refused("post", &elsewhere_books, Some(&message("O3"))).await, not_permitted);
    let month = settled.given_at().day().month().number();
    let of_month = json!({ "data": {
        "trt_year": (month / 100).to_string(), "trt_month": format!("{:02}", month % 100), "startrow": "1" } });
    let lines = office.post(&books("3260"), json!({ "msgid": "O4", "input": of_month })).await;
    assert_eq!(lines["infcode"], json!(0), "{lines}");
    let named: Vec<&str> = lines["output"]["data"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|line| line["setl_sn"].as_str())
        .collect();
    assert!(named.contains(&settled.to_string().as_str()), "{lines}");
    // The books of a day line by line: the list goes up, what came of it comes down.
    let day = settled.given_at().day().to_string();
    let row = format!("{settled}\t{}\t{}\t1.00\t0.00\t0.00\t0\n", play.visit, play.patient.number.as_str());
    let list = STANDARD.encode(archive::pack("list.txt", &row));
    let upload = json!({ "msgid": "O5", "input": { "fsUploadIn": { "filename": "list.zip", "in": list } } });
    let taken = office.post(&books("9101"), upload).await;
    let compare = json!({ "msgid": "O6", "input": { "data": {
        "file_qury_no": taken["output"]["file_qury_no"], "stmt_begndate": day, "stmt_enddate": day, "clr_type": "21",
        "medfee_sumamt": 1, "fund_pay_sumamt": 0, "fixmedins_setl_cnt": 1, "refd_setl_flag": "" } } });
    let compared = office.post(&books("3202"), compare).await;
    let file =
        compared["output"]["fileinfo"]["file_qury_no"].as_str().unwrap_or_else(|| panic!("{compared}"));
    let fetch = |file: &str| json!({ "msgid": "O7", "input": { "fsDownloadIn": { "file_qury_no": file } } });
    let fetched = office.ask("post", &books("9102"), Some(&fetch(file))).await;
    assert_eq!((fetched.0, fetched.2), (200, Value::Null), "an archive, and no envelope");
    assert_eq!(office.post(&books("9102"), fetch("1")).await["infcode"], json!(-1));
    let elsewhere_file = elsewhere.post(&window("9102").replace(&code, &other), fetch(file)).await;
    assert_eq!(elsewhere_file["infcode"], json!(-1), "a file is its owner's");
    // What a cashier sees of settlements is the own institution's.
    let found = cashier.ask("post", "/api/v1/settlements/search", Some(&json!({}))).await;
    if found.0 == 200 {
        let codes: BTreeSet<&str> = found.2["settlements"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one["institution"].as_str().unwrap())
            .collect();
        assert_eq!(codes, BTreeSet::from([code.as_str()]));
    }
    play.dust_settles().await;

    // Undone and not settled again, the stay waits for a week, and counts as gone another way then.
    play.world.clock.pass_days(1);
    assert_eq!(direct().await.sum, figures(0, 0, 1, ""));
    play.world.clock.pass_days(30);
    assert_eq!(direct().await.sum, figures(0, 1, 0, "0.0%"));
    play.world.stop().await;
}
