//! Management API.
/// Routes.
pub fn routes() -> axum::Router<std::sync::Arc<crate::hub::Hub>> { axum::Router::new() }
