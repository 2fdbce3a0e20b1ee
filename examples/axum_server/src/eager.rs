//! Bringing all tenants up to date at the start, while requests come in already.

use std::time::Duration;

use migrate_runtime::{Fleet, FleetError, Gate};
use serde::Serialize;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tracing::{error, info, warn};

use crate::service::Connection;
use crate::tenant::NAMESPACE;

/// How far it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Progress {
    NotAsked,
    Running,
    Done,
}

/// The task that does it.
pub(crate) struct Eager(Option<JoinHandle<()>>);

/// How long to wait before the tenants are looked up again, where that failed.
const PAUSE: Duration = Duration::from_secs(1);

impl Eager {
    pub(crate) const fn none() -> Self {
        Self(None)
    }

    pub(crate) fn start(gate: Gate<Connection>, progress: watch::Sender<Progress>) -> Self {
        progress.send_replace(Progress::Running);
        Self(Some(tokio::spawn(async move {
            migrate(&gate).await;
            progress.send_replace(Progress::Done);
        })))
    }

    /// Waits until it has ended, in whatever way.
    pub(crate) async fn finished(self) {
        if let Some(task) = self.0
            && let Err(error) = task.await
        {
            error!("the tenants were not all brought up to date: {error}");
        }
    }
}

async fn migrate(gate: &Gate<Connection>) {
    loop {
        match gate.migrate_all(Fleet::databases_of(NAMESPACE)).await {
            Ok(report) => return info!("{report}"),
            Err(FleetError::NoSuchNamespace(_)) => return info!("there are no tenants yet"),
            Err(error) => warn!("the tenants cannot be looked up, trying again: {error}"),
        }
        tokio::time::sleep(PAUSE).await;
    }
}
