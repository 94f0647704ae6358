//! Identity media (就医介质) at the treatment place: what a person shows at the counter is asked about at the place that issued it.
//!
//! Every use of a card or voucher asks the insured place, so that a loss that was reported there counts everywhere with the next
//! message. A voucher is good once; what stands for it afterwards is a token (令牌), which this node keeps, hashed, for the one
//! institution that read the voucher, and for a short time.

pub(crate) mod issuer;

use crate::{
    admission::find_person,
    context::{Failure, Outcome},
    intra_province::guests_of,
    province::ProvinceNode,
};
use casework::{
    institution::Institution,
    medium::{CardIdentification, VoucherCode, secret},
    person::Person,
};
use sign::medium::token_hash;
use std::time::Duration;
use store::medium::{self, Bearer};
use terms::{InsuredPlace, MessageId, PersonNumber, PoolingArea, Refusal};
use wire::{
    hospital::credential::{CardShown, Credential},
    peer::v1::{Answer, Medium, Question, ReadMedium},
};

/// How long media are good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lifetimes {
    /// A voucher's code, from when it is made (RECALLED: the phone renews its code about once a minute).
    pub voucher: Duration,
    /// A token, from when the voucher was read (RECALLED: about half an hour; it must last from the first message about a person
    /// to the one that opens the visit).
    pub token: Duration,
}

impl Default for Lifetimes {
    fn default() -> Self {
        Self { voucher: Duration::from_mins(1), token: Duration::from_mins(30) }
    }
}

/// Reads a voucher (1162): whose it is, and the token that stands for it at this institution.
pub async fn decode(
    node: &ProvinceNode,
    institution: &Institution,
    code: &VoucherCode,
    message: &MessageId,
) -> Outcome<(InsuredPlace, Person, String)> {
    let place = guests_of(institution.place, code.issued_by())?;
    let person = read_voucher(node, institution, code, message).await?;
    let token = secret([node.context.ids.serial(), node.context.ids.serial()]);
    keep_token(node, institution, &token, &person, place).await?;
    Ok((place, person, token))
}

/// Reads a card (1161): whose it is. `said` is where the institution says that it was issued, for a card that does not say so.
pub async fn read_card(
    node: &ProvinceNode,
    institution: &Institution,
    card: &CardShown,
    said: Option<InsuredPlace>,
    message: &MessageId,
) -> Outcome<Person> {
    let issued_by = card.identification.as_ref().map(CardIdentification::issued_by).or(said);
    let place = issued_by.ok_or_else(|| {
        Refusal::missing("card_sn", "读卡得到的32位卡识别码，或在insuplc_admdvs填写发卡的参保地")
    })?;
    ask(node, institution, guests_of(institution.place, place)?, (medium_of(card), None), message).await
}

/// Whom a medium names (1101). Only for those that are media.
pub async fn identify(
    node: &ProvinceNode,
    institution: &Institution,
    shown: &Credential,
    said: Option<InsuredPlace>,
    message: &MessageId,
) -> Outcome<Person> {
    match shown {
        Credential::Card(card) => read_card(node, institution, card, said, message).await,
        Credential::Token(token) => {
            let bearer = bearer(node, institution, token).await?.ok_or(Refusal::TokenInvalid {})?;
            find_person(node, institution, bearer.insured, (Some(bearer.person), None)).await
        }
        Credential::Voucher(code) => match bearer(node, institution, code.reveal()).await? {
            Some(bearer) => find_person(node, institution, bearer.insured, (Some(bearer.person), None)).await,
            None => read_voucher(node, institution, code, message).await,
        },
        Credential::Nothing | Credential::Citizen(_) => {
            Err(Refusal::missing("mdtrt_cert_no", "电子凭证令牌或社会保障卡卡号").into())
        }
    }
}

/// Holds what is shown where a visit begins (2401, 2201) against the person that the message names. What says nothing is let pass:
/// the person is known by their number already.
pub async fn check(
    node: &ProvinceNode,
    institution: &Institution,
    (insured, person): (InsuredPlace, &Person),
    shown: &Credential,
    message: &MessageId,
) -> Outcome<()> {
    let area = insured.pooling_area();
    let is_theirs = match shown {
        Credential::Nothing => true,
        Credential::Citizen(citizen) => *citizen == person.citizen,
        Credential::Card(card) => {
            if card.identification.as_ref().is_some_and(|one| one.issued_by().pooling_area() != area) {
                return Err(Refusal::MediumOfAnother {}.into());
            }
            let holder = Some(person.number.clone());
            ask(node, institution, insured, (medium_of(card), holder), message).await?;
            true
        }
        Credential::Token(token) => {
            let bearer = bearer(node, institution, token).await?.ok_or(Refusal::TokenInvalid {})?;
            names(&bearer, area, person)
        }
        Credential::Voucher(code) => match bearer(node, institution, code.reveal()).await? {
            Some(bearer) => names(&bearer, area, person),
            None if code.issued_by().pooling_area() != area => false,
            None => read_voucher(node, institution, code, message).await?.number == person.number,
        },
    };
    if is_theirs { Ok(()) } else { Err(Refusal::MediumOfAnother {}.into()) }
}

fn names(bearer: &Bearer, area: PoolingArea, person: &Person) -> bool {
    bearer.insured.pooling_area() == area && bearer.person == person.number
}

fn medium_of(card: &CardShown) -> Medium {
    Medium::Card {
        number: card.number.clone(),
        identification: card.identification.clone(),
        cipher: card.cipher.clone(),
    }
}

/// Reads a voucher at the place that issued it. From then on its code stands for the person at this institution, for clients that
/// name it again instead of a token.
async fn read_voucher(
    node: &ProvinceNode,
    institution: &Institution,
    code: &VoucherCode,
    message: &MessageId,
) -> Outcome<Person> {
    let place = guests_of(institution.place, code.issued_by())?;
    let medium = Medium::Voucher { code: code.clone() };
    let person = ask(node, institution, place, (medium, None), message).await?;
    keep_token(node, institution, code.reveal(), &person, place).await?;
    Ok(person)
}

async fn ask(
    node: &ProvinceNode,
    institution: &Institution,
    insured: InsuredPlace,
    (medium, holder): (Medium, Option<PersonNumber>),
    message: &MessageId,
) -> Outcome<Person> {
    let read = ReadMedium {
        insured,
        medium,
        holder,
        institution: institution.code.clone(),
        message: message.clone(),
    };
    let question = Question::ReadMedium(Box::new(read));
    match node.ask(&question).await {
        Ok(Answer::Person(person)) => Ok(*person),
        Ok(_) => Err(Failure::Trouble(Refusal::PeerRejected { detail: "应答与请求不符".to_owned() })),
        // What a medium is good for may change at any time, so a refusal is not kept as the message's answer.
        Err(no_answer) => Err(Failure::Trouble(no_answer.refusal())),
    }
}

async fn bearer(node: &ProvinceNode, institution: &Institution, token: &str) -> Outcome<Option<Bearer>> {
    let mut conn = node.context.store.conn().await?;
    let of = (institution.place.0.pooling_area(), &institution.code);
    let hash = token_hash(&institution.code, token);
    Ok(medium::find_token(&mut conn, of, &hash, node.context.now()).await?)
}

async fn keep_token(
    node: &ProvinceNode,
    institution: &Institution,
    token: &str,
    person: &Person,
    insured: InsuredPlace,
) -> Outcome<()> {
    let now = node.context.now();
    let millis = i64::try_from(node.settings.media.token.as_millis()).unwrap_or(i64::MAX / 2);
    let of = (institution.place.0.pooling_area(), &institution.code);
    let hash = token_hash(&institution.code, token);
    let bearer = Bearer { insured, person: person.number.clone() };
    let mut work = node.context.store.begin().await?;
    medium::put_token(&mut work, of, &hash, &bearer, (now, now.plus_millis(millis))).await?;
    Ok(work.save().await?)
}
