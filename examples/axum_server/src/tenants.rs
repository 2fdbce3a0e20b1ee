use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use serde_json::json;

use crate::problem::Problem;
use crate::service::Service;
use crate::tenant::Tenant;

/// Creates a tenant, with the whole schema.
pub(crate) async fn create(
    State(service): State<Service>,
    Path(name): Path<String>,
) -> Result<impl IntoResponse, Problem> {
    let tenant = Tenant::parse(&name)?;
    service.gate.create(tenant.context()).await?;
    Ok((StatusCode::CREATED, Json(json!({ "tenant": tenant.to_string() }))))
}
