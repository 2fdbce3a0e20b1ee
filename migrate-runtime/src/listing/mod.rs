//! What the migrations of a context, and the contexts of a fleet, stand at. All of it only reads.

mod assemble;
mod entry;
mod filter;
mod list;
mod recorded;
mod state;
mod status;

pub use entry::{AppliedBy, Here, ListedMigration, ListedUndo, RecordedError, RecordedUndoError};
pub use filter::ListFilter;
pub use list::{MigrationList, Presence};
pub use state::{ModuleState, StatusCounts};
pub use status::MigrationStatus;

use serde_json::{Map, Value};

use self::assemble::{assemble, summarise};
use self::recorded::{FirstSeen, Recorded, SELECT_ALL, SELECT_FIRST_SEEN, read_all, read_first_seen};
use crate::backoff::Backoff;
use crate::context::Context;
use crate::counted::Counted;
use crate::gate::existence::{Existence, Unanswered, existence};
use crate::migrator::Migrator;
use crate::plan::plan;
use crate::probe::is_in;
use crate::refusal::Refusal;
use crate::{Database, QueryError, Reply, StatementError, StatementErrorKind};

impl Migrator {
    /// Lists the migrations of one context: what this binary has and what the ledger knows, with where each stands.
    ///
    /// Two round trips. Nothing is written, and a context that does not exist is not created: everything is pending there.
    ///
    /// ```
    /// # use migrate_runtime::{Context, Database, ListFilter, MigrationStatus, Migrator, Refusal};
    /// # async fn show(db: &impl Database, migrator: &Migrator) -> Result<(), Box<dyn std::error::Error>> {
    /// let context = Context::new("acme", "eu-7")?;
    /// let list = migrator.list(db, &context, &ListFilter::all().status(MigrationStatus::Pending)).await?;
    /// println!("{list}");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// When the context cannot be entered, its ledger cannot be read, or the database does not answer until the
    /// [deadline](Self::deadline).
    pub async fn list<D: Database>(
        &self,
        database: &D,
        context: &Context,
        filter: &ListFilter,
    ) -> Result<MigrationList, Refusal> {
        let database = Counted::new(database, self.counters());
        let (presence, recorded, first_seen) = match Unanswered::overcome(|| existence(&database, context)).await? {
            Existence::Absent => (Presence::Absent, Vec::new(), FirstSeen::new()),
            // Who may not know whether it exists cannot create it by looking.
            Existence::Exists | Existence::Hidden => {
                let mut backoff = self.patience.begin(database.silence());
                let (recorded, first_seen) = self.recorded(&database, context, &mut backoff).await?;
                (Presence::Present, recorded, first_seen)
            }
        };
        let modules = &self.applier.modules;
        let rows: Vec<_> = recorded.iter().map(|recorded| recorded.row.clone()).collect();
        let (states, counts) = summarise(modules, &rows);
        let refusal = plan(modules, &rows).err();
        let migrations = assemble(modules, &recorded, &first_seen, filter);
        Ok(MigrationList { context: context.clone(), presence, modules: states, counts, refusal, migrations })
    }

    async fn recorded(
        &self,
        database: &impl Database,
        context: &Context,
        backoff: &mut Backoff,
    ) -> Result<(Vec<Recorded>, FirstSeen), Refusal> {
        let text = format!("{}\n{SELECT_ALL}\n{SELECT_FIRST_SEEN}", context.use_statement());
        loop {
            let error = match database.query(text.clone(), Map::new()).await {
                Ok(reply) => match read(context, reply) {
                    Ok(read) => return Ok(read),
                    Err(Unread::Refused(refusal)) => return Err(refusal),
                    Err(Unread::Again(why)) => QueryError::Conflict(why),
                },
                Err(error) => error,
            };
            self.pause(std::slice::from_ref(context), &error, backoff).await?;
        }
    }
}

/// Why a ledger was not read.
enum Unread {
    Again(String),
    Refused(Refusal),
}

fn read(context: &Context, reply: Reply) -> Result<(Vec<Recorded>, FirstSeen), Unread> {
    let mut results = reply.0.into_iter();
    let (Some(entered), Some(rows), Some(log)) = (results.next(), results.next(), results.next()) else {
        return Err(Unread::Again("the database gave fewer results than there were statements".to_owned()));
    };
    let not_entered = |why: String| Refusal::Unavailable { reason: format!("{context} cannot be entered: {why}") };
    match entered {
        Ok(entered) if is_in(context, &entered) => {}
        Ok(entered) => return Err(Unread::Refused(not_entered(format!("the session is in {entered}")))),
        Err(error) if error.kind == StatementErrorKind::Conflict => return Err(Unread::Again(error.message)),
        Err(error) => return Err(Unread::Refused(not_entered(error.message))),
    }
    let rows = table(rows)?;
    let recorded = read_all(&rows).map_err(|reason| Unread::Refused(Refusal::Unreadable { reason }))?;
    Ok((recorded, read_first_seen(&table(log)?)))
}

/// The rows of a table, none where there is no such table.
fn table(rows: Result<Value, StatementError>) -> Result<Value, Unread> {
    match rows {
        Ok(rows) => Ok(rows),
        Err(error) => match error.kind {
            StatementErrorKind::NoSuchTable => Ok(Value::Array(Vec::new())),
            StatementErrorKind::Conflict | StatementErrorKind::NoSuchContext => Err(Unread::Again(error.message)),
            _ => Err(Unread::Refused(Refusal::Unreadable { reason: error.message })),
        },
    }
}
