//! What the service is for.

use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::http::StatusCode;
use axum::{Extension, Json};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::problem::Problem;
use crate::service::Service;
use crate::store;
use crate::tenant::Tenant;

#[derive(Deserialize)]
pub(crate) struct Note {
    text: String,
    #[serde(default)]
    tags: Vec<String>,
}

/// How many notes are listed.
const LIMIT: u32 = 100;

pub(crate) async fn write(
    State(service): State<Service>,
    Extension(tenant): Extension<Tenant>,
    note: Result<Json<Note>, JsonRejection>,
) -> Result<(StatusCode, Json<Value>), Problem> {
    let Json(Note { text, tags }) =
        note.map_err(|rejection| Problem::new(rejection.status(), "invalid_body", rejection.body_text()))?;
    if text.is_empty() {
        return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_body", "a note has a text"));
    }
    let variables = json!({ "text": text, "tags": tags });
    let note = store::ask(&service, &tenant, "fn::write_note($text, $tags)", variables).await?;
    Ok((StatusCode::CREATED, Json(note)))
}

pub(crate) async fn list(
    State(service): State<Service>,
    Extension(tenant): Extension<Tenant>,
) -> Result<Json<Value>, Problem> {
    Ok(Json(store::ask(&service, &tenant, "fn::notes($limit)", json!({ "limit": LIMIT })).await?))
}
