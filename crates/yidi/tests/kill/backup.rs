//! A backup that is put back: what others had asked and not heard they ask again, and what is undone after that is undone in all three
//! books, also where the restored node has never heard of it.

use super::{Ask, Care, Country, POINTS, TURN, Victim, assert_later, patiently};
use country::{hospital::Settled, network::Fate};
use serde_json::json;
use std::{path::Path, time::Duration};
use terms::Fen;
use tokio::time::{Instant, sleep};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_is_restored_from_a_backup_taken_while_it_settles_and_catches_up_with_the_others() {
    let _turn = TURN.lock().await;
    let mut country = Country::start().await;
    let held = country.balance().await;
    let [hub_backup, beijing_backup] =
        ["backup-hub", "backup-beijing"].map(|name| country.folder.0.join(name));
    back_up(country.nodes.hub.data(), &hub_backup);
    // Beijing is saved while it settles a stay, which is undone again: it has it as it was before, or between, or after.
    let (data, to) = (country.nodes.beijing.data().to_owned(), beijing_backup.clone());
    let saved = tokio::task::spawn_blocking(move || back_up(&data, &to));
    let stay = country.settles(Care::Stay).await;
    country.agrees(1).await;
    country.takes_back(Care::Stay, &stay).await;
    saved.await.expect("no panic");
    country.agrees(0).await;
    let refused = country.nodes.hub.backs_up_into(&hub_backup);
    assert!(refused.contains("不是空目录"), "{refused}");

    // A second backup of Beijing, of before the bill: it commits that, its machine dies before anybody hears, and it starts anew.
    let before_the_bill = country.folder.0.join("backup-beijing-2");
    back_up(country.nodes.beijing.data(), &before_the_bill);
    let bill = country.settles_through_a_loss(&before_the_bill).await;
    let books = country.agrees(1).await;
    assert!(books.three[2].standing.contains_key(&bill.id().unwrap()), "settled again, under the same id");
    assert_eq!(
        country.balance().await,
        held - books.three[2].standing[&bill.id().unwrap()].account,
        "paid once"
    );
    assert!(books.three[2].standing[&bill.id().unwrap()].account > Fen::ZERO);

    // The hub knows nothing of the bill; undone, it is undone everywhere.
    country.restores(Victim::Hub, &hub_backup);
    country.takes_back(Care::Bill, &bill).await;
    country.agrees_on_what_the_hub_has_heard_of().await;
    assert_eq!(country.balance().await, held, "given back");
    country.ends();
}

fn back_up(data: &Path, to: &Path) {
    let (data, to) = (data.display().to_string(), to.display().to_string());
    let (yes, said) = super::process::program(&["backup", "--data", &data, "--to", &to]);
    assert!(yes, "{said}");
}

impl Country {
    /// 2304 or 2207, with nothing in its way.
    async fn settles(&self, care: Care) -> Settled {
        let Ask { settles, input, .. } = self.ask(care).clone();
        let answer = self.hospital.call(settles, Some(self.patient.insured), input).await;
        Settled::read(&answer.expect("all nodes run")).expect("an answer of the interface")
    }

    /// 2305 or 2208, with nothing in its way.
    async fn takes_back(&self, care: Care, settled: &Settled) {
        let Ask { cancels, visit, .. } = self.ask(care);
        let id = settled.id().expect("a settlement has an id").to_string();
        let (visit, person) = (visit.to_string(), self.patient.number.as_str());
        let input = json!({ "data": { "mdtrt_id": visit, "setl_id": id, "psn_no": person } });
        self.hospital.call(cancels, Some(self.patient.insured), input).await.expect("all nodes run");
    }

    /// The bill, of which Beijing loses what it had committed: it is restored as it was before.
    async fn settles_through_a_loss(&mut self, backup: &Path) -> Settled {
        let Ask { settles, input, .. } = self.ask(Care::Bill).clone();
        let msgid = self.hospital.next_msgid();
        let insured = Some(self.patient.insured);
        let Self { hospital, lines, nodes, .. } = self;
        lines.from_hub.next([Fate::HoldAnswer]);
        let send = async || hospital.call_with_msgid(&msgid, settles, insured, input.clone()).await;
        let (unheard, ()) = tokio::join!(send(), async {
            lines.from_hub.until_held(1).await;
            nodes.beijing.kill();
            lines.from_hub.lose(1);
        });
        assert_later(&POINTS[3], &unheard.expect_err("Beijing is dead"));
        nodes.beijing.restore(backup);
        nodes.beijing.start_again();
        lines.lead_to(nodes);
        let answer = patiently(&POINTS[3], &send, nodes).await;
        Settled::read(&answer).expect("an answer of the interface")
    }

    /// A node loses its machine, and starts on another out of a backup and its key.
    fn restores(&mut self, victim: Victim, backup: &Path) {
        let node = self.nodes.of(victim);
        node.kill();
        node.restore(backup);
        node.start_again();
        self.lines.lead_to(&self.nodes);
    }

    /// Nothing stands anywhere and nothing waits. Of what was settled and undone after its backup and before it was restored, the hub
    /// has heard nothing; that of the bill it has.
    async fn agrees_on_what_the_hub_has_heard_of(&self) {
        let began = Instant::now();
        let books = loop {
            let books = self.books().await;
            if books.waiting == 0 && books.three.iter().all(|book| book.open.is_empty()) {
                break books;
            }
            assert!(began.elapsed() < Duration::from_secs(20), "{books:#?}\n{}", self.nodes.logged());
            sleep(Duration::from_millis(20)).await;
        };
        let standing = books.three.each_ref().map(|book| book.standing.len());
        assert_eq!((standing, books.waiting), ([0; 3], 0), "{books:#?}");
        let [treatment, hub, insured] = books.three.each_ref().map(|book| &book.undone);
        assert_eq!(treatment, insured);
        assert_eq!((hub.len(), treatment.len()), (1, 2), "{books:#?}");
        assert!(hub.is_subset(treatment));
    }
}
