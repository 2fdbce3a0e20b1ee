use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use axum::routing::{get, post};

use crate::problem::Problem;
use crate::service::Service;
use crate::tenant::Tenant;
use crate::{health, notes, tenants};

pub(crate) fn all(service: Service) -> Router {
    let of_a_tenant = Router::new()
        .route("/notes", get(notes::list).post(notes::write))
        .route_layer(from_fn_with_state(service.clone(), let_in));
    Router::new()
        .route("/health", get(health::health))
        .route("/ready", get(health::ready))
        .route("/metrics", get(health::metrics))
        .route("/contexts/{tenant}", post(tenants::create))
        .merge(of_a_tenant)
        .fallback(nothing_here)
        .with_state(service)
}

/// The layer in front of all that belongs to a tenant: it asks the gate, and tells the handler which tenant it is.
async fn let_in(
    State(service): State<Service>,
    headers: HeaderMap,
    mut request: Request,
    next: Next,
) -> Result<Response, Problem> {
    let tenant = tenant(&headers)?;
    service.gate.ensure(tenant.context()).await?;
    request.extensions_mut().insert(tenant);
    Ok(next.run(request).await)
}

/// A real service would take it from whatever the user signed in with.
fn tenant(headers: &HeaderMap) -> Result<Tenant, Problem> {
    let missing = || Problem::new(StatusCode::BAD_REQUEST, "no_tenant", "the header x-tenant is missing");
    let name = headers.get("x-tenant").ok_or_else(missing)?;
    Ok(Tenant::parse(name.to_str().unwrap_or_default())?)
}

async fn nothing_here() -> Problem {
    Problem::new(StatusCode::NOT_FOUND, "no_such_path", "there is nothing here")
}
