use std::time::Duration;

use crate::gate::retry::Retry;

/// How much a [`Gate`](crate::Gate) does at once, and how long it waits.
///
/// ```
/// # use std::time::Duration;
/// # use migrate_runtime::GateOptions;
/// let options = GateOptions::default().concurrency(4).patience(Duration::from_secs(10));
/// ```
#[derive(Clone, Copy, Debug)]
pub struct GateOptions {
    pub(crate) concurrency: usize,
    pub(crate) patience: Duration,
    pub(crate) retry: Retry,
}

/// Eight contexts at once, a patience of 30 seconds, and pauses from one second to five minutes.
impl Default for GateOptions {
    fn default() -> Self {
        let retry = Retry::new(Duration::from_secs(1), Duration::from_mins(5));
        Self { concurrency: 8, patience: Duration::from_secs(30), retry }
    }
}

impl GateOptions {
    /// How many contexts are migrated at once, and how many more are looked for meanwhile; 0 counts as 1. The others
    /// wait.
    #[must_use]
    pub fn concurrency(self, contexts: usize) -> Self {
        Self { concurrency: contexts.clamp(1, tokio::sync::Semaphore::MAX_PERMITS), ..self }
    }

    /// How long a request waits for its context. After that it is refused, and the work goes on.
    #[must_use]
    pub const fn patience(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    /// How long a refused context is left alone: at first, and at most. The pause doubles with every try, less up to
    /// half of it by chance; what only an operator or another binary can change waits the longest at once.
    #[must_use]
    pub fn retry(self, first: Duration, longest: Duration) -> Self {
        Self { retry: Retry::new(first, longest), ..self }
    }
}
