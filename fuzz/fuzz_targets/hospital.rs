//! The body of a POST at the hospital interface: the envelope, and by its number the input of the transaction.
#![no_main]

use fuzz::{fits, hospital};
use libfuzzer_sys::fuzz_target;
use wire::hospital::{Received, Request};

fuzz_target!(|body: &[u8]| {
    match Received::read(body) {
        Err(refusal) => fits(&refusal),
        Ok(received) => {
            if let Err(refusal) = received.sealed() {
                fits(&refusal);
            }
            // What was under seal may be anything too.
            if let Err(refusal) = received.clone().opened(body) {
                fits(&refusal);
            }
            match received.clear() {
                Ok(request) => hospital::check(&request),
                Err(refusal) => fits(&refusal),
            }
        }
    }
    assert!(Request::read(&[b"\xef\xbb\xbf= ", body].concat()).is_ok() || Request::read(body).is_err());
    hospital::told(body);
});
