//! What those who run the service ask.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde_json::{Value, json};
use tokio::time::timeout;

use crate::eager::Progress;
use crate::service::Service;
use crate::store;

/// The process lives.
pub(crate) async fn health() -> Json<Value> {
    Json(json!({ "status": "alive" }))
}

/// Longer than a database that is well takes to say so.
const PATIENCE: Duration = Duration::from_secs(2);

/// Requests may be sent here: the database answers, and the eager run is done where one was asked for. A refused tenant
/// does not change that, for the others are served.
pub(crate) async fn ready(State(service): State<Service>) -> (StatusCode, Json<Value>) {
    let answers = matches!(timeout(PATIENCE, store::answers(&service.db)).await, Ok(Ok(())));
    let eager = *service.eager.borrow();
    let is_ready = answers && eager != Progress::Running;
    let status = if is_ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(json!({ "ready": is_ready, "database": answers, "eager": eager })))
}

/// How many tenants are in which state, of those that were asked for or that the eager run met.
pub(crate) async fn metrics(State(service): State<Service>) -> Json<Value> {
    let eager = *service.eager.borrow();
    Json(json!({ "contexts": service.gate.counts(), "eager": eager }))
}
