use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

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

    /// Whether they were told.
    pub fn is_told(&self) -> bool {
        self.0.load(Relaxed)
    }
}
