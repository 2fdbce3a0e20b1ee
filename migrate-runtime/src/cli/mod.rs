//! The operator's commands, as a part of any command line that is made with clap.
//!
//! A server flattens [`Migrate`] into its own, and has `myserver migrate status`, `myserver migrate up` and so on over
//! its own migrations and its own connection; `cargo migrate` uses the very same commands over a folder.
//!
//! ```
//! # use migrate_runtime::{Database, Fleet, Migrator, cli};
//! #[derive(clap::Parser)]
//! struct Args {
//!     #[command(subcommand)]
//!     command: Option<Command>,
//! }
//!
//! #[derive(clap::Subcommand)]
//! enum Command {
//!     /// Looks after the databases.
//!     Migrate(cli::Migrate),
//! }
//!
//! # async fn run(args: Args, migrator: Migrator, db: &impl Database) -> std::process::ExitCode {
//! if let Some(Command::Migrate(migrate)) = args.command {
//!     let session = cli::Session::new(migrator, db).fleet(Fleet::databases_of("tenants"));
//!     return migrate.run(session).await.into();
//! }
//! # std::process::ExitCode::SUCCESS
//! # }
//! ```
//!
//! Results go to standard output; errors and the progress of what takes long go to standard error. What only reads writes
//! and creates nothing.
//!
//! With a job that only migrates, such as an init container, [`migrate_only`] is all there is to it.

mod adopt;
mod baseline;
mod command;
mod compare;
mod drift;
mod each;
mod ended;
mod error;
mod interrupt;
mod lease;
mod list;
mod live;
mod log;
mod migrate_only;
mod names;
mod overrides;
mod paint;
mod precaution;
mod presentation;
mod progress;
mod repair_schema;
mod replicas;
mod replicas_in;
mod restore;
mod rollout;
mod selection;
mod session;
mod snapshot;
mod status;
mod table;
mod takeovers;
mod thresholds;
mod undo;
mod up;
mod validate;
mod version_name;
mod waves;

pub use self::adopt::Adopt;
pub use self::baseline::Baseline;
pub use self::command::{Command, Migrate};
pub use self::compare::Compare;
pub use self::drift::Drift;
pub use self::ended::Ended;
pub use self::lease::Lease;
pub use self::list::List;
pub use self::live::Live;
pub use self::log::Log;
pub use self::migrate_only::migrate_only;
pub use self::presentation::{Coloring, Format, Presentation};
pub use self::repair_schema::RepairSchema;
pub use self::replicas::Replicas;
pub use self::restore::Restore;
pub use self::rollout::{
    Rollout, RolloutCommand, RolloutComplete, RolloutMove, RolloutOf, RolloutPause, RolloutRepair, RolloutStatusOf,
};
pub use self::selection::Selection;
pub use self::session::Session;
pub use self::snapshot::{
    ExportSnapshot, ListSnapshots, PruneSnapshots, ShowSnapshot, Snapshot, SnapshotCommand, TakeSnapshot,
};
pub use self::status::Status;
pub use self::undo::Undo;
pub use self::up::Up;
pub use self::validate::Validate;
