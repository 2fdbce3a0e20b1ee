use std::time::Duration;

/// When snapshots are stored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Snapshots {
    /// When somebody [asks for one](crate::Migrator::take_snapshot).
    #[default]
    OnRequest,
    /// And with each migration, in its very transaction.
    AfterEachMigration {
        /// How many of these a context keeps; 0 counts as 1. Those that were asked for are kept beside them.
        keep: usize,
    },
}

/// Which of a context's snapshots are kept when it is pruned. The newest one always is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keep {
    /// So many, the newest; 0 counts as 1.
    Newest(usize),
    /// Those that are not older than this, by the server's clock.
    NewerThan(Duration),
}
