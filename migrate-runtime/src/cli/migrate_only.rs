use super::command::finish;
use super::ended::Ended;
use super::session::Session;
use super::up::Up;
use crate::Database;

/// Brings the session's fleet up to date, prints the report, and says how the process is to end: [`Ended::Done`] if every
/// tenant can be served, [`Ended::Failed`] if one cannot.
///
/// This is what `--migrate-only` of a server does, for an init container or a maintenance job: the same as the command `up`
/// without options, progress, Ctrl-C and SIGTERM included. A session without a fleet is [`Ended::Usage`].
///
/// ```
/// # use migrate_runtime::{Database, Fleet, Migrator, cli};
/// # async fn start(migrate_only: bool, migrator: Migrator, db: &impl Database) -> std::process::ExitCode {
/// if migrate_only {
///     let session = cli::Session::new(migrator, db).fleet(Fleet::databases_of("tenants"));
///     return cli::migrate_only(session).await.into();
/// }
/// # std::process::ExitCode::SUCCESS
/// # }
/// ```
pub async fn migrate_only<D: Database>(session: Session<'_, D>) -> Ended {
    let presentation = session.presentation;
    finish(Up::default().run(session).await, presentation)
}
