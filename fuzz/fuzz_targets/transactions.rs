//! The inputs of all transactions, made by their descriptions: most fields hold what they take, so that every reader is gone
//! through to its end, and some anything.
#![no_main]

use fuzz::{Bytes, hospital};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let mut bytes = Bytes(data);
    if bytes.byte() == u8::MAX {
        hospital::credential(&mut bytes);
    } else {
        hospital::check(&hospital::described(&mut bytes));
    }
});
