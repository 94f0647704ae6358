//! The words that outside texts are read as: amounts, days, places, people, ids, keys. What was read prints as what reads the same.
#![no_main]

use fuzz::{json, word};
use libfuzzer_sys::fuzz_target;
use terms::{
    AdminDivision, CitizenId, Day, DiseaseCode, Fen, FilingId, InstitutionCode, InsuredPlace, MessageId,
    Moment, Participant, PeerMessageId, PersonNumber, Province, RegistrationId, SettlementId, VisitId,
    money::parse_decimal,
};

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    amount(text);
    if let Some(day) = word::<Day>(text) {
        assert_eq!(Day::from_number(day.number()), Some(day));
        assert_eq!(day.start().day(), day);
        let (month, birth) = (day.month(), Day::new(1941, 6, 18).expect("a day"));
        assert_eq!(month.first_day().month(), month);
        let _ = (day.days_until(birth), day.years_until(birth), day.is_weekend());
    }
    if let Ok(moment) = text.parse::<Moment>() {
        let printed = moment.to_string();
        let again =
            printed.parse::<Moment>().unwrap_or_else(|_| panic!("{text:?} is printed as {printed:?}"));
        assert_eq!(
            again.millis().div_euclid(1_000),
            moment.millis().div_euclid(1_000),
            "{text:?}: {printed:?}"
        );
        assert_eq!((moment.compact().len(), moment.compact_millis().len()), (14, 17), "{text:?}");
        assert_eq!(Moment::from_millis(moment.millis()).map(Moment::day), Some(moment.day()));
    }
    if let Some(place) = word::<AdminDivision>(text) {
        assert!(place.province().division().contains(place));
        assert!(InsuredPlace(place).pooling_area().province() == place.province());
    }
    word::<Province>(text);
    word::<Participant>(text);
    if let Ok(citizen) = text.parse::<CitizenId>() {
        assert_eq!(citizen.reveal().parse(), Ok(citizen.clone()));
        assert_eq!(citizen.to_string().len(), 18, "covered");
        let _ = (citizen.birth(), citizen.is_male());
    }
    word::<PersonNumber>(text);
    word::<MessageId>(text);
    word::<DiseaseCode>(text);
    if let Some(institution) = word::<InstitutionCode>(text) {
        let _ = institution.division();
    }
    if let Some(visit) = word::<VisitId>(text) {
        let _ = (visit.province(), visit.month().next(), visit.given_at());
    }
    word::<SettlementId>(text);
    word::<FilingId>(text);
    word::<RegistrationId>(text);
    word::<PeerMessageId>(text);
    assert!(terms::person::masked_name(text).chars().count() == text.chars().count());
    keys(text);
    // The same as JSON, as other nodes send them.
    json::<Day>(data);
    json::<Moment>(data);
    json::<Fen>(data);
    json::<terms::Rate>(data);
    json::<terms::Month>(data);
});

/// Amounts are exact, and never beyond their limit.
fn amount(text: &str) {
    if let Some(fen) = word::<Fen>(text) {
        assert!(fen.0.abs() <= Fen::LIMIT.0);
        assert_eq!(parse_decimal(text, 2), Ok(i128::from(fen.0)));
        assert_eq!(parse_decimal(text, 4), Ok(i128::from(fen.0) * 100), "finer by two places");
    }
    for places in [0, 6] {
        // A number of more than thirty digits is not read.
        if let Ok(number) = parse_decimal(text, places)
            && number.unsigned_abs() < 10_u128.pow(30)
        {
            assert_eq!(parse_decimal(&number.to_string(), 0), Ok(number));
        }
    }
}

/// The keys of books, of which some come from statements, clerks and other nodes.
fn keys(text: &str) {
    word::<funds::Account>(text);
    word::<funds::Pair>(text);
    word::<funds::TransferId>(text);
    word::<funds::clearing::ClearingLine>(text);
    word::<funds::ledger::VoucherId>(text);
    word::<funds::notice::NoticeNumber>(text);
    word::<funds::payment_order::OrderNumber>(text);
    word::<benefit::year::Counter>(text);
    word::<benefit::catalog::Price>(text);
    for code in [
        text.parse::<casework::medium::VoucherCode>().ok().map(|code| code.reveal().to_owned()),
        text.parse::<casework::medium::CardIdentification>().ok().map(|code| code.reveal().to_owned()),
    ]
    .into_iter()
    .flatten()
    {
        assert_eq!(code, text.trim());
    }
}
