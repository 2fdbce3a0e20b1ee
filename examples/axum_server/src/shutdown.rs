use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tracing::info;

use crate::error::Error;

/// Whether the process was told to stop, by SIGTERM or SIGINT. A second signal ends it as usual.
#[derive(Clone)]
pub(crate) struct Told(watch::Receiver<bool>);

impl Told {
    /// Listens from now on.
    pub(crate) fn start() -> Result<Self, Error> {
        let mut terminate = signal(SignalKind::terminate()).map_err(Error::Signals)?;
        let mut interrupt = signal(SignalKind::interrupt()).map_err(Error::Signals)?;
        let (tell, told) = watch::channel(false);
        tokio::spawn(async move {
            tokio::select! {
                _ = terminate.recv() => info!("SIGTERM: no new requests; finishing those under way"),
                _ = interrupt.recv() => info!("SIGINT: no new requests; finishing those under way"),
            }
            tell.send_replace(true);
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
            info!("told again: ending at once");
            std::process::exit(1);
        });
        Ok(Self(told))
    }

    /// Waits until it was told.
    pub(crate) async fn wait(mut self) {
        // An error would mean that nobody listens any more, and so that nobody can tell.
        if self.0.wait_for(|told| *told).await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    /// Waits until it was told so long ago.
    pub(crate) async fn overdue(self, grace: Duration) {
        self.wait().await;
        tokio::time::sleep(grace).await;
    }
}
