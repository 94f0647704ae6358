//! 三大目录 and 目录对照 on pages: found by how a name is read, sorted, page by page, as files; pairs that do not fit; and institutions found by
//! pinyin, at a province, at the hub and on the portal.

use crate::{
    access::{Browser, person, program},
    desk::Counter,
    play::hubei,
};
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn items_and_pairs_are_looked_up_and_what_does_not_fit_is_shown() {
    let counter = Counter::open().await;
    let world = &counter.play.world;
    let node = world.province(hubei()).unwrap().url();
    let desk = program(&node);
    let code = counter.play.hospital.settings().code.to_string();

    let all: Value = desk.get("/api/v1/catalog?limit=100").await.unwrap();
    let items = all["items"].as_array().unwrap();
    assert_eq!(all["count"], json!(items.len()), "the sample is one page");
    let (mut after, mut seen) = (String::new(), Vec::new());
    loop {
        let page: Value = desk.get(&format!("/api/v1/catalog?limit=7&after={after}")).await.unwrap();
        seen.extend(page["items"].as_array().unwrap().clone());
        match page["next"].as_str() {
            Some(next) => after = next.to_owned(),
            None => break,
        }
    }
    assert_eq!(&seen, items, "page by page the same");
    let item = &items[0];
    let initials = item["initials"].as_str().unwrap().to_lowercase();
    let found: Value = desk.get(&format!("/api/v1/catalog?text={initials}")).await.unwrap();
    assert!(found["items"].as_array().unwrap().contains(item), "{initials}: {found}");
    assert!(desk.get::<Value>("/api/v1/catalog?sort=x").await.is_err());

    // The window hears the same initials.
    let input = json!({ "data": { "hilist_code": item["code"], "page_num": "1", "page_size": "10" } });
    let rows = counter.done("1312", &input).await;
    assert_eq!(rows[0]["pinyin"].as_str().unwrap().to_lowercase(), initials, "{rows}");

    // Three pairs: one that fits, one of another name, one that has ended.
    let pair = |own: &str, name: &str, item: &Value, to: &str| {
        json!({ "fixmedins_hilist_id": own, "fixmedins_hilist_name": name, "list_type": item["list"],
                "med_list_codg": item["code"], "begndate": "2020-01-01", "enddate": to })
    };
    let name = items[1]["name"].as_str().unwrap();
    let pairs = [
        pair("A1", name, &items[1], "2099-12-31"),
        pair("A2", "院内另一种东西", &items[2], "2099-12-31"),
        pair("A3", "旧的", &items[3], "2020-12-31"),
    ];
    counter.done("3301", &json!({ "data": pairs })).await;
    for (query, locals) in [
        ("", vec!["A1", "A2", "A3"]),
        ("&show=valid", vec!["A1", "A2"]),
        ("&show=ended", vec!["A3"]),
        ("&show=deviating", vec!["A2"]),
        ("&text=A3", vec!["A3"]),
        ("&institution=H0", vec![]),
        ("&limit=1&show=deviating", vec!["A2"]),
    ] {
        let found: Value = desk.get(&format!("/api/v1/mappings?x=1{query}")).await.unwrap();
        let found = found["mappings"].as_array().unwrap();
        let own: Vec<&str> = found.iter().map(|one| one["local_item"].as_str().unwrap()).collect();
        assert_eq!(own, locals, "{query}");
    }
    let first: Value = desk.get("/api/v1/mappings?limit=1").await.unwrap();
    let next = format!("/api/v1/mappings?limit=1&after={}", first["next"].as_str().unwrap());
    let second: Value = desk.get(&next).await.unwrap();
    assert_eq!(second["mappings"][0]["local_item"], json!("A2"));
    assert_eq!(second["mappings"][0]["deviations"][0]["kind"], json!("name_differs"));
    let progress: Value = desk.get("/api/v1/mappings/institutions?used=true").await.unwrap();
    let [mine] = progress["institutions"].as_array().unwrap().as_slice() else { panic!("{progress}") };
    assert_eq!((&mine["pairs"], &mine["valid"], &mine["institution"]), (&json!(3), &json!(2), &json!(code)));

    // The office of another institution sees its own, which has none; a cashier none at all.
    let other = world.models().map(|model| world.institution(&model.code()).unwrap());
    let mut other = other.filter(|one| one.place.province() == hubei() && one.code.as_str() != code);
    let other = other.next().unwrap().code.to_string();
    let office = person(&node, "yibao01", "医保某", "institution-office", &other).await;
    assert_eq!(office.get("/api/v1/mappings").await["mappings"], json!([]));
    let asked = format!("/api/v1/mappings?institution={code}");
    assert_eq!(office.get(&asked).await["mappings"], json!([]), "nobody else's");
    let own = office.get("/api/v1/mappings/institutions").await;
    assert_eq!(own["institutions"][0]["institution"], json!(other));
    let cashier = person(&node, "shoufei09", "收费某", "cashier", &code).await;
    assert_eq!(cashier.refused("get", "/api/v1/mappings", None).await.1, "not-permitted");
    assert_eq!(cashier.ask("get", "/api/v1/catalog?form=xlsx", None).await.0, 200);

    // Institutions by how their names are read: here, at the hub, and by anybody.
    let letters = terms::pinyin::initials(mine["name"].as_str().unwrap()).to_lowercase();
    let anybody = Browser::at(&node);
    let hub = program(&world.hub_url());
    for path in ["/api/v1/institutions", "/web/portal/institutions"] {
        let found = if path.starts_with("/web") {
            anybody.get(&format!("{path}?name={letters}")).await
        } else {
            desk.get(&format!("{path}?name={letters}")).await.unwrap()
        };
        let found = found["institutions"].as_array().unwrap();
        assert!(found.iter().any(|one| one["code"] == json!(code)), "{path}: {letters}");
    }
    let national: Value = hub.get(&format!("/api/v1/institutions?name={letters}&area=420000")).await.unwrap();
    assert!(national["institutions"].as_array().unwrap().iter().any(|one| one["code"] == json!(code)));
    let none: Value = desk.get("/api/v1/institutions?name=zzzzzzzz").await.unwrap();
    assert_eq!(none["institutions"], json!([]));
    counter.play.dust_settles().await;
}
