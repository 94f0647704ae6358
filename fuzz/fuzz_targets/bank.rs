//! Statements of banks (camt.053).
#![no_main]

use funds::bank::Statement;
use fuzz::is_without_nul;
use libfuzzer_sys::fuzz_target;
use wire::bank::camt053;

fuzz_target!(|data: &[u8]| {
    match camt053::statements(data) {
        Err(why) => {
            assert!(!why.to_string().is_empty());
            // It goes into a refusal.
            assert!(why.to_string().chars().count() <= 200, "{why}");
        }
        Ok(statements) => {
            assert!(!statements.is_empty());
            is_without_nul(&statements);
            for statement in &statements {
                assert_eq!(statement.check(), Ok(()));
                // Every entry stands in the file, with a dozen bytes at the least.
                assert!(statement.entries.len() <= data.len() / 12);
            }
            let long =
                |statement: &Statement| statement.entries.iter().any(|entry| entry.reference.len() > 64);
            if statements.iter().any(long) {
                // The parts of an entry have its reference and a number, which no entry of its own could have.
                return;
            }
            let written = fuzz::bank::written(&statements);
            match camt053::statements(written.as_bytes()) {
                Ok(again) => assert_eq!(plain(again), plain(statements), "written as {written}"),
                Err(why) => panic!("{why}: {statements:?} is written as {written}"),
            }
        }
    }
});

/// White space around a text is none of it, and a text without any is none.
fn plain(mut statements: Vec<Statement>) -> Vec<Statement> {
    for entry in statements.iter_mut().flat_map(|statement| &mut statement.entries) {
        let entry = &mut *entry;
        for text in [
            &mut entry.text,
            &mut entry.end_to_end,
            &mut entry.counterparty.name,
            &mut entry.counterparty.number,
        ] {
            *text = text.take().map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
        }
    }
    statements
}
