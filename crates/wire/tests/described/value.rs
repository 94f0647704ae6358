//! A value that each field of the interface takes. The fuzzing of readers (`fuzz/`) begins with it too.

use serde_json::{Value, json};
use wire::hospital::{describe::Field, shape::Kind};

/// A value that a field takes.
pub fn value_for(field: &Field) -> Value {
    match field.kind {
        Kind::Text => match field.name {
            "type" => json!("gend"),
            "ver" => json!("0"),
            "med_type" | "prfs" => json!("11"),
            "status" => json!("1106"),
            "caty" | "dscg_caty" => json!("A03.01"),
            // Where no row of the program says that it is an id.
            "mdtrt_id" => json!("420000179526000000000000000001"),
            "setl_id" => json!("420000179530260000000000000002"),
            "mdtrt_cert_no" | "certno" => json!("110101194106189151"),
            "ecQrCode" => json!("4201000000000000000000000001"),
            _ => json!("1"),
        },
        Kind::Flag => json!("1"),
        Kind::Amount | Kind::Quantity | Kind::Price | Kind::Rate | Kind::Age | Kind::Count | Kind::Number => {
            json!(1)
        }
        Kind::Day | Kind::Moment => json!("2026-11-22 09:00:00"),
        Kind::Person => json!("11000000000000900001"),
        Kind::Registration => json!("420000179526000000000000000006"),
        Kind::Disease => json!("M03900"),
        Kind::Visit => json!("420000179526000000000000000001"),
        Kind::Settlement => json!("420000179530260000000000000002"),
        Kind::Message => json!("m1"),
        Kind::Institution => json!("H42010600001"),
        // The hospital that a person is referred to lies there.
        Kind::Division if field.name == "mdtrtarea_admdvs" => json!("420106"),
        Kind::Division => json!("110101"),
        Kind::Scheme => json!("310"),
        Kind::Other => json!([80, 75]),
    }
}
