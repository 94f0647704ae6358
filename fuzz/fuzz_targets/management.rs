//! Bodies of the management interface: every kind that a clerk sends, and what is made of it.
#![no_main]

use fuzz::{Bytes, fits, json};
use libfuzzer_sys::fuzz_target;
use terms::{Moment, Refusal};
use wire::api;

/// Reads the body as each of these; the first byte says as which.
macro_rules! bodies {
    ($bytes:expr, $($kind:ty),* $(,)?) => {{
        let readers: &[fn(&[u8])] = &[$(|body| { json::<$kind>(body); }),*];
        let reader = *$bytes.one_of(readers);
        reader($bytes.0);
    }};
}

fuzz_target!(|data: &[u8]| {
    let mut bytes = Bytes(data);
    match bytes.byte() {
        b'p' => said(json::<api::PersonBody>(bytes.0).map(|body| {
            let person = body.into_person("11000000000000900001".parse().expect("a number"))?;
            let areas: Vec<_> = person.enrolments.iter().map(|one| one.insured.pooling_area()).collect();
            assert!(!areas.is_empty() && areas.iter().all(|area| *area == areas[0]));
            Ok(())
        })),
        b'i' => said(json::<api::InstitutionBody>(bytes.0).map(|body| {
            let at: Moment = "2026-11-22 09:00:00".parse().expect("a moment");
            body.into_institution("H42010600001".parse().expect("a code"), None, at).map(drop)
        })),
        b'm' => said(json::<Vec<api::money::PurseAmount>>(bytes.0).map(|amounts| {
            let money = api::money::read(&amounts)?;
            assert_eq!(api::money::read(&api::money::shown(&money)), Ok(money), "what is shown can be said");
            Ok(())
        })),
        b'd' => {
            if let Some(dispute) = json::<api::clearing_statement::StatementDispute>(bytes.0) {
                assert!(dispute.pair().is_none_or(|pair| pair.to_string().parse() == Ok(pair)));
            }
        }
        _ => bodies!(
            bytes,
            api::NewFiling,
            api::FilingChange,
            api::Reason,
            api::ParticipantBody,
            api::area_clearing::AreaReceiptBody,
            api::bank::AssignEntry,
            api::bank::BankAccountBody,
            api::bank::NewBankStatement,
            api::clearing::AdoptClearing,
            api::clearing::DecideDispute,
            api::clearing_statement::ConfirmStatement,
            api::clearing_statement::DisputeStatement,
            api::clearing_statement::NewDeductionBody,
            api::document::NewDocument,
            api::institution_payment::AccountBody,
            api::institution_payment::AdoptPayment,
            api::institution_payment::BankAnswer,
            api::institution_payment::BudgetBody,
            api::institution_payment::OrderInstalment,
            api::institution_payment::PenaltyBody,
            api::institution_payment::SettleYear,
            api::institution_payment::TermsBody,
            api::ledger::AccountClosing,
            api::ledger::NewCorrection,
            api::ledger::NewVoucher,
            api::ledger::SummaryOrder,
            api::ledger::YearClosing,
            api::media::Holder,
            api::media::NewCard,
            api::payment_order::NewMoney,
            api::payment_order::NewWriteBack,
            api::payment_order::OnDay,
            api::prepayment::AcceptIncrease,
            api::prepayment::AdoptPrepayments,
            api::prepayment::ApplyIncrease,
            api::prepayment::AreaMoney,
            api::prepayment::SetAreaPrepayment,
            api::prepayment::SetPrepayment,
            api::purchase::ConfirmPurchase,
            api::reconciliation::AssignDifference,
            api::reconciliation::DecideDifference,
            api::reconciliation::NewReconciliation,
            api::registration::NewRegistration,
            api::urging::Decision,
        ),
    }
});

fn said(read: Option<Result<(), Refusal>>) {
    if let Some(Err(refusal)) = read {
        fits(&refusal);
    }
}
