//! Being told to end: once, and what is under way is finished; twice, and it is not.

use std::process::exit;

use tokio::task::JoinHandle;

use super::progress::Progress;
use crate::stop::Stop;

/// Listens to signals until it is dropped.
pub(super) struct Signals(JoinHandle<()>);

impl Drop for Signals {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// At the first signal nothing new is begun; at the second the process ends, as if it were killed.
pub(super) fn stop_on_signals(stop: Stop, progress: Progress) -> Signals {
    Signals(tokio::spawn(async move {
        signal().await;
        stop.now();
        progress.say("stopping: what is under way is finished; once more to end at once");
        exit(128 + signal().await);
    }))
}

/// Waits for the next signal, and gives its number.
#[cfg(unix)]
async fn signal() -> i32 {
    use tokio::signal::unix::{SignalKind, signal};
    const INTERRUPT: i32 = 2;
    const TERMINATE: i32 = 15;
    let Ok(mut terminate) = signal(SignalKind::terminate()) else { return std::future::pending().await };
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => match interrupted {
            Ok(()) => INTERRUPT,
            // Then a signal does what it always does.
            Err(_) => std::future::pending().await,
        },
        _ = terminate.recv() => TERMINATE,
    }
}

#[cfg(not(unix))]
async fn signal() -> i32 {
    const INTERRUPT: i32 = 2;
    match tokio::signal::ctrl_c().await {
        Ok(()) => INTERRUPT,
        Err(_) => std::future::pending().await,
    }
}
