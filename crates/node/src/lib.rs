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
//! | `admission`, `details`, `settlement`, `queries` | use cases of the treatment place |
//! | `insured`, [`filing`] | use cases of the insured place |
//! | `routing` | use cases of the hub |
//! | `hospital`, `peer`, `api` | endpoints: hospital interface, node to node, management |
//! | `work` | what runs by itself |

pub mod api;
pub mod context;
pub mod filing;
pub mod hub;
pub mod province;
pub mod serve;

mod admission;
mod details;
mod hospital;
mod insured;
mod mapping;
mod peer;
mod queries;
mod routing;
mod settlement;
mod work;

pub use context::{Context, RandomIds, SystemClock};
pub use hub::Hub;
pub use province::{ProvinceNode, ProvinceSettings, UnconfirmedValues};
pub use serve::Running;
