//! Identity media at the insured place: it issues cards and vouchers to its people, takes reports of loss, and says whose a medium
//! is, and whether it is good, to the treatment places where it is shown. Every look is written down.

use crate::{
    context::{Failure, Outcome},
    filing::{Looker, Who, find_person},
    insured::{as_told, record_look},
    province::ProvinceNode,
};
use casework::{
    medium::{Card, CardIdentification, CardNumber, Move, Shown, Voucher, VoucherCode, secret},
    person::Person,
};
use sign::medium::{cipher_hash, is_same, voucher_hash};
use store::{Work, medium, person};
use terms::{InsuredPlace, PersonNumber, PoolingArea, Refusal};
use wire::peer::v1::{Answer, Medium, ReadMedium};

/// How many vouchers of a person a list shows.
const VOUCHERS_SHOWN: i64 = 20;

/// Says whose a medium is, once for a voucher. That a wrong cipher was shown is kept also where the answer is no.
pub async fn read(node: &ProvinceNode, read: &ReadMedium) -> Outcome<Answer> {
    let area = read.insured.pooling_area();
    let mut work = node.context.store.begin().await?;
    let (number, purpose) = match &read.medium {
        Medium::Voucher { code } => {
            let reader = format!("{} {}", read.institution, read.message);
            let number = read_voucher(node, &mut work, area, code, &reader).await?;
            if read.holder.as_ref().is_some_and(|holder| *holder != number) {
                return Err(Refusal::MediumOfAnother {}.into());
            }
            (number, "1162")
        }
        Medium::Card { number, identification, cipher } => {
            let shown = (identification.as_ref(), cipher.as_deref(), read.holder.as_ref());
            let (person, answer) = show_card(node, &mut work, area, number, shown).await?;
            if let Err(refusal) = answer {
                work.save().await?;
                return Err(refusal.into());
            }
            (person, "1161")
        }
    };
    let found = person::find(work.conn(), area, &number).await?;
    let person = found.ok_or_else(|| Refusal::UnknownPerson { place: read.insured.to_string() })?;
    record_look(node, &mut work, area, &person.number, read.institution.as_str(), purpose).await?;
    work.save().await?;
    let enrolments = person.enrolments.into_iter().map(as_told).collect();
    Ok(Answer::Person(Box::new(Person { enrolments, ..person })))
}

async fn read_voucher(
    node: &ProvinceNode,
    work: &mut Work,
    area: PoolingArea,
    code: &VoucherCode,
    reader: &str,
) -> Outcome<PersonNumber> {
    let hash = voucher_hash(code);
    let voucher = medium::hold_voucher(work, area, &hash).await?.ok_or(Refusal::UnknownMedium {})?;
    let voucher = voucher.read(reader, node.context.now())?;
    medium::put_voucher(work, area, &hash, &voucher).await?;
    Ok(voucher.person)
}

type CardRead<'a> = (Option<&'a CardIdentification>, Option<&'a str>, Option<&'a PersonNumber>);

async fn show_card(
    node: &ProvinceNode,
    work: &mut Work,
    area: PoolingArea,
    number: &CardNumber,
    (identification, cipher, holder): CardRead<'_>,
) -> Outcome<(PersonNumber, Result<(), Refusal>)> {
    let held = medium::hold_card(work, area, number).await?;
    let (card, hash) = held.ok_or(Refusal::UnknownMedium {})?;
    let fits = |cipher: &str| is_same(&cipher_hash(&card.identification, cipher), &hash);
    let shown = Shown { cipher: cipher.map(fits), identification, holder };
    let (after, answer) = card.clone().show(shown, node.context.now());
    if after != card {
        medium::put_card(work, area, &after).await?;
    }
    Ok((after.person, answer))
}

/// A card that was just issued, with what its chip is to hold; the cipher is told this once.
#[derive(Debug)]
pub struct Issued {
    /// The card.
    pub card: Card,
    /// What proves it (密文).
    pub cipher: String,
}

/// Issues a card (发卡). Who has one that is not stopped gets another only in its place (补换), which stops the first.
pub async fn issue(
    node: &ProvinceNode,
    (insured, who): (InsuredPlace, &Who),
    in_place: bool,
    looker: Looker<'_>,
) -> Result<Issued, Refusal> {
    let issue = async {
        let (now, ids, area) = (node.context.now(), &node.context.ids, insured.pooling_area());
        let mut work = node.context.store.begin().await?;
        let person = find_person(node, work.conn(), insured, who).await?;
        if let Some(former) = medium::hold_card_of(&mut work, area, &person.number).await? {
            if !in_place {
                let reason = "该人员已有未注销的卡，请先注销或按补换卡办理".to_owned();
                return Err(Refusal::CardRule { reason }.into());
            }
            medium::put_card(&mut work, area, &former.step(Move::Stop, now)?).await?;
        }
        let codes =
            (CardNumber::new(ids.serial()), CardIdentification::new(area, [ids.serial(), ids.serial()]));
        let cipher = secret([ids.serial(), ids.serial()]);
        let card = Card::issue(codes, person.number, now);
        medium::insert_card(&mut work, area, &card, &cipher_hash(&card.identification, &cipher)).await?;
        record_look(node, &mut work, area, &card.person, looker.name, looker.purpose).await?;
        work.save().await?;
        Ok(Issued { card, cipher })
    };
    issue.await.map_err(Failure::refusal)
}

/// Moves a person's card: 挂失, 解挂, 注销. With the next message it counts everywhere.
pub async fn step(
    node: &ProvinceNode,
    (insured, who): (InsuredPlace, &Who),
    step: Move,
    looker: Looker<'_>,
) -> Result<Card, Refusal> {
    let moved = async {
        let area = insured.pooling_area();
        let mut work = node.context.store.begin().await?;
        let person = find_person(node, work.conn(), insured, who).await?;
        let held = medium::hold_card_of(&mut work, area, &person.number).await?;
        let card =
            held.ok_or_else(|| Refusal::CardRule { reason: "该人员没有未注销的卡".to_owned() })?;
        let card = card.step(step, node.context.now())?;
        medium::put_card(&mut work, area, &card).await?;
        record_look(node, &mut work, area, &person.number, looker.name, looker.purpose).await?;
        work.save().await?;
        Ok(card)
    };
    moved.await.map_err(Failure::refusal)
}

/// Makes a voucher (生成电子凭证), as the person's phone would ask for it. Its code is told this once.
pub async fn make_voucher(
    node: &ProvinceNode,
    (insured, who): (InsuredPlace, &Who),
    looker: Looker<'_>,
) -> Result<(VoucherCode, Voucher), Refusal> {
    let make = async {
        let (made_at, ids, area) = (node.context.now(), &node.context.ids, insured.pooling_area());
        let lifetime = i64::try_from(node.settings.media.voucher.as_millis()).unwrap_or(i64::MAX / 2);
        let mut work = node.context.store.begin().await?;
        let person = find_person(node, work.conn(), insured, who).await?;
        let code = VoucherCode::new(area, [ids.serial(), ids.serial()]);
        let expires_at = made_at.plus_millis(lifetime);
        let voucher = Voucher { person: person.number, made_at, expires_at, used: None };
        medium::insert_voucher(&mut work, area, &voucher_hash(&code), &voucher).await?;
        record_look(node, &mut work, area, &voucher.person, looker.name, looker.purpose).await?;
        work.save().await?;
        Ok((code, voucher))
    };
    make.await.map_err(Failure::refusal)
}

/// A person's cards and their last vouchers, and a record of the look.
pub async fn list(
    node: &ProvinceNode,
    (insured, who): (InsuredPlace, &Who),
    looker: Looker<'_>,
) -> Result<(Vec<Card>, Vec<Voucher>), Refusal> {
    let look = async {
        let area = insured.pooling_area();
        let mut work = node.context.store.begin().await?;
        let person = find_person(node, work.conn(), insured, who).await?;
        let cards = medium::cards_of(work.conn(), area, &person.number).await?;
        let vouchers = medium::vouchers_of(work.conn(), area, &person.number, VOUCHERS_SHOWN).await?;
        record_look(node, &mut work, area, &person.number, looker.name, looker.purpose).await?;
        work.save().await?;
        Ok((cards, vouchers))
    };
    look.await.map_err(Failure::refusal)
}
