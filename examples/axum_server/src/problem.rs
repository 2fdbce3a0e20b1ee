use std::time::Duration;

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use migrate_runtime::{CreateError, GateRefusal};
use serde::Serialize;
use tracing::warn;

use crate::store::AskError;
use crate::tenant::TenantError;

/// Why a request is not served, as JSON: `kind` for programs, `reason` for people, and `retry_after` in seconds where
/// trying again may help.
#[derive(Debug, Serialize)]
pub(crate) struct Problem {
    #[serde(skip)]
    status: StatusCode,
    kind: &'static str,
    reason: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_after: Option<u64>,
}

impl Problem {
    pub(crate) fn new(status: StatusCode, kind: &'static str, reason: impl Into<String>) -> Self {
        Self { status, kind, reason: reason.into(), retry_after: None }
    }

    pub(crate) fn retry_after(self, pause: Duration) -> Self {
        // Rounded up, so that whoever comes back on time is not early.
        let seconds = pause.as_secs() + u64::from(pause.subsec_nanos() > 0);
        Self { retry_after: Some(seconds.max(1)), ..self }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = (self.status, Json(&self)).into_response();
        if let Some(seconds) = self.retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

impl From<GateRefusal> for Problem {
    fn from(refusal: GateRefusal) -> Self {
        let reason = refusal.refusal().map_or_else(|| refusal.to_string(), ToString::to_string);
        match refusal.retry_after() {
            None => Self::new(StatusCode::NOT_FOUND, refusal.kind(), reason),
            Some(pause) => Self::new(StatusCode::SERVICE_UNAVAILABLE, refusal.kind(), reason).retry_after(pause),
        }
    }
}

impl From<CreateError> for Problem {
    fn from(error: CreateError) -> Self {
        match error {
            CreateError::Refused(refusal) => refusal.into(),
            error => Self::new(StatusCode::CONFLICT, "already_exists", error.to_string()),
        }
    }
}

impl From<TenantError> for Problem {
    fn from(error: TenantError) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_tenant", error.to_string())
    }
}

/// A query of a tenant that is served went wrong: the database is away or was in the way, and the next try may do.
impl From<AskError> for Problem {
    fn from(error: AskError) -> Self {
        warn!("a query failed: {error}");
        let problem = Self::new(StatusCode::SERVICE_UNAVAILABLE, "database", "the database did not do it");
        problem.retry_after(Duration::from_secs(1))
    }
}
