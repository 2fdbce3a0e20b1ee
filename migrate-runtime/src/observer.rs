mod event;

pub use self::event::Event;

/// Who is told what happens while it happens: a progress bar, a metrics exporter, a test.
///
/// Every function `Fn(&Event<'_>) + Send + Sync` is one. It is called from the very tasks that migrate, so it has to
/// return soon: hand what takes long to somebody else.
///
/// ```
/// # use migrate_runtime::{Event, Migrator};
/// let migrator = Migrator::new([])?.observer(|event: &Event<'_>| {
///     if let Event::ContextFinished { report, .. } = event {
///         println!("{} is {}", report.context, if report.is_served() { "served" } else { "refused" });
///     }
/// });
/// # Ok::<(), migrate_runtime::ModulesError>(())
/// ```
pub trait Observer: Send + Sync {
    /// Is told of one event.
    fn on(&self, event: &Event<'_>);
}

impl<F: Fn(&Event<'_>) + Send + Sync> Observer for F {
    fn on(&self, event: &Event<'_>) {
        self(event);
    }
}
