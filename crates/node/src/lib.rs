//! The running node: the hub or a province, its use cases, endpoints and workers.
//!
//! A use case gathers what it needs, decides in a pure function of the field crates, and writes in one unit of work that ends
//! in one visible `save`. Endpoints read and write formats through `wire` and hold no rule. This crate must not know the
//! simulated country or the command line.
//!
//! | module | what it holds |
//! |---|---|
//! | [`context`] | what every use case is given: store, clock, ids, key |
//! | [`province`], [`hub`] | the two roles and how they start |
//! | `admission`, `outpatient`, `details`, `settlement`, `queries`, `reconciliation`, `apportioning` | use cases of the treatment place |
//! | `details_on` | details sent on after the settlement, on both sides |
//! | `purchase`, `purchase_order` | purchases at pharmacies, settled at once or when the person confirms |
//! | `medium` | identity media: shown at the treatment place, issued at the insured place |
//! | `material` | papers of filings, at the insured place |
//! | `insured`, [`filing`] | use cases of the insured place |
//! | [`outside_scheme`] | benefits that an outside core system computes |
//! | `intra_province` | both sides in one node (省内异地) |
//! | `prepayment` | prepayments (预付金), at the hub and at provinces |
//! | `documents` | documents issued, kept, written again and verified |
//! | `routing` | use cases of the hub |
//! | `announcement` | notices of outages, and how provinces get those of the hub |
//! | `national_register` | what a province knows of institutions elsewhere |
//! | `transcript` | what an institution's software sends and is answered, while that is recorded |
//! | `stays` | how many stays were settled directly, reported to the hub |
//! | `clearing` | monthly clearing at the hub |
//! | `correction` | the hub's row of a settlement taken from both provinces' signed records |
//! | `job` | what takes long and is left to go on by itself |
//! | `access` | who may do what: sessions, the policy, the audit trail |
//! | `hospital`, `peer`, `api` | endpoints: hospital interface, node to node, management |
//! | [`load_limit`] | how much a node takes on at once |
//! | [`metrics`], [`operations`] | what a node counts about itself, and how whoever runs it asks |
//! | [`trace`] | following one request through the nodes |
//! | [`planted`] | bugs on purpose, in tests only |
//! | `work` | what runs by itself |

mod access;
pub mod api;
pub mod area_clearing;
pub mod clearing_statement;
pub mod context;
pub mod deduction;
pub mod filing;
pub mod hub;
pub mod institution_payment;
pub mod load_limit;
pub mod metrics;
pub mod operations;
pub mod planted;
pub mod province;
pub mod public;
pub mod serve;
pub mod trace;
mod window;

mod admission;
mod announcement;
mod apportioning;
mod area_dispute;
mod audit;
mod bank;
mod benefit_check;
mod clearing;
mod correction;
mod daily_reconciliation;
mod details;
mod details_on;
mod documents;
mod doorkeeper;
mod hospital;
mod insured;
mod intra_province;
mod job;
mod kept;
mod lately;
mod ledger;
mod leftover;
mod mapping;
mod material;
mod medium;
mod national_register;
mod notice;
mod office;
mod outpatient;
pub mod outside_scheme;
pub mod pages;
mod payment_order;
mod peer;
mod posting;
mod prepayment;
mod prove;
mod purchase;
mod purchase_order;
mod queries;
mod reconciliation;
mod registration;
mod routing;
mod settlement;
mod settlement_list;
mod statistics;
mod stays;
mod transcript;
mod urging;
pub mod watch;
mod work;

pub use access::{KnownEnds, oidc::IdentityProvider};
pub use context::{Context, RandomIds, SystemClock};
pub use hub::Hub;
pub use load_limit::Limits;
pub use medium::Lifetimes;
pub use metrics::Metrics;
pub use outside_scheme::OutsideScheme;
pub use peer::carrier::{Carried, Carrier, Network, SecureNetwork};
pub use province::{ProvinceNode, ProvinceSettings, UnconfirmedValues};
pub use serve::Running;
pub use watch::Watch;
