//! Node to node: asking through the hub, and the endpoint at which a node is asked.

pub mod ask;
pub mod carrier;
pub mod endpoint;
pub mod sealer;
