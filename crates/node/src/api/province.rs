//! Management API.
/// Routes.
pub fn routes() -> axum::Router<std::sync::Arc<crate::province::ProvinceNode>> { axum::Router::new() }
