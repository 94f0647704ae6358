//! Every message format that this system speaks, by version.
//!
//! [`hospital`] is the national interface of designated institutions (定点医药机构接口); [`peer`] is what nodes say to each
//! other; [`adapter`] what a node asks an outside core system; [`oidc`] what it asks an identity provider; [`api`] is the
//! management interface; [`openapi`] describes all of them. How messages are signed is in the crate `sign`. Formats end here:
//! inside there are the values of the field crates. This crate must not know SQL, an HTTP server, or what time it is.

pub mod adapter;
pub mod api;
pub mod bank;
pub mod csv;
pub mod hospital;
pub mod oidc;
pub mod openapi;
pub mod otlp;
pub mod peer;
pub mod workbook;
