use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::{Duration, Instant};

use tokio::time::sleep;

/// Tells runs to come to their end: what is under way is finished, and nothing else is begun.
///
/// A clone is another handle on the same.
///
/// ```
/// # use migrate_runtime::{Migrator, Stop};
/// let stop = Stop::default();
/// let migrator = Migrator::new([])?.stopped_by(&stop);
/// // Where the process is told to end:
/// stop.now();
/// # Ok::<(), migrate_runtime::ModulesError>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Stop(Arc<AtomicBool>);

impl Stop {
    /// From now on, the migrators that were given this one begin nothing any more.
    pub fn now(&self) {
        self.0.store(true, Relaxed);
    }

    /// Sleeps for so long, or until they are told.
    pub(crate) async fn sleep(&self, pause: Duration) {
        const SLICE: Duration = Duration::from_millis(100);
        let end = Instant::now() + pause;
        while !self.is_told() {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return;
            }
            sleep(left.min(SLICE)).await;
        }
    }

    /// Whether they were told.
    pub fn is_told(&self) -> bool {
        self.0.load(Relaxed)
    }
}
