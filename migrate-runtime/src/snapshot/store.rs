//! Taking snapshots, and the table that keeps them.

use serde_json::{Map, Value};

use super::error::{SnapshotError, SnapshotFormatError};
use super::policy::Keep;
use super::stored::{Pruned, SnapshotId, StoredSnapshot};
use super::text::{self, TAKEN_BY};
use super::value::{Snapshot, heads};
use crate::Database;
use crate::context::Context;
use crate::counted::Counted;
use crate::ledger::Row;
use crate::live::{Rows, evaluate, read};
use crate::migrator::Migrator;
use crate::registry::draw_id;

/// The rows of the ledger, for the versions.
impl Migrator {
    /// Reads the schema that a context has now, with the versions that its ledger gives, all of it at one moment. Nothing is
    /// stored, and nothing created.
    ///
    /// # Errors
    ///
    /// When the context does not exist, cannot be entered, is not answered for until the [deadline](Self::deadline), or holds
    /// a ledger that this runtime did not write.
    pub async fn snapshot<D: Database>(&self, database: &D, context: &Context) -> Result<Snapshot, SnapshotError> {
        let database = Counted::new(database, self.counters());
        let mut backoff = self.patience.begin(database.silence());
        let mut look = read(self, &database, context, &[Rows::LEDGER], &mut backoff).await?;
        let rows = match look.rows[Rows::LEDGER.table].take() {
            Value::Null => Vec::new(),
            rows => Row::read_all(rows)
                .map_err(|error| SnapshotError::Unreadable { context: context.clone(), reason: error.to_string() })?,
        };
        Ok(Snapshot::new(context.clone(), look.at, &self.applier.replica, heads(&rows), look.catalog))
    }

    /// Stores a snapshot of the schema that a context has now, in the table `_schema_snapshot` of that context. The database
    /// takes it, in one transaction; it is stored once, however often the answer is lost.
    ///
    /// # Errors
    ///
    /// When the context does not exist, cannot be entered or written to, or is not answered for until the
    /// [deadline](Self::deadline).
    pub async fn take_snapshot<D: Database>(
        &self,
        database: &D,
        context: &Context,
    ) -> Result<StoredSnapshot, SnapshotError> {
        let by = [(TAKEN_BY, self.applier.replica.as_json()), (ID, draw_id().into())];
        let stored = self.evaluate(database, context, &text::store_on_request(), by).await?;
        StoredSnapshot::read(&stored).map_err(|reason| unreadable(context, reason))
    }

    /// Lists the stored snapshots of a context, the newest first: so many at most, and only those behind `last` in that order
    /// where it is given, which is how the next page is asked for.
    ///
    /// # Errors
    ///
    /// When the context does not exist, cannot be entered, is not answered for until the [deadline](Self::deadline), or holds
    /// a table of that name that this runtime did not write.
    pub async fn list_snapshots<D: Database>(
        &self,
        database: &D,
        context: &Context,
        limit: usize,
        last: Option<&StoredSnapshot>,
    ) -> Result<Vec<StoredSnapshot>, SnapshotError> {
        let last_of = |last: &StoredSnapshot| [(TIME, last.taken_at.as_str().into()), (ID, last.id.as_str().into())];
        let from = last.into_iter().flat_map(last_of);
        let rows = self.evaluate(database, context, &text::list(limit, last.is_some()), from).await?;
        StoredSnapshot::read_all(&rows).map_err(|reason| unreadable(context, reason))
    }

    /// Loads a stored snapshot, and checks that its objects are those that it was stored with.
    ///
    /// # Errors
    ///
    /// As [`list_snapshots`](Self::list_snapshots), and when there is no such snapshot or it was changed.
    pub async fn load_snapshot<D: Database>(
        &self,
        database: &D,
        context: &Context,
        id: &SnapshotId,
    ) -> Result<Snapshot, SnapshotError> {
        let record = self.evaluate(database, context, &text::load(), [(ID, id.as_str().into())]).await?;
        if record.is_null() {
            return Err(SnapshotError::NotFound { context: context.clone(), id: id.clone() });
        }
        Snapshot::of_record(context, record).map_err(|cause| of_format(context, cause))
    }

    /// Loads the newest stored snapshot of a context, if there is one.
    ///
    /// # Errors
    ///
    /// As [`load_snapshot`](Self::load_snapshot).
    pub async fn newest_snapshot<D: Database>(
        &self,
        database: &D,
        context: &Context,
    ) -> Result<Option<Snapshot>, SnapshotError> {
        let record = self.evaluate(database, context, &text::load_newest(), []).await?;
        if record.is_null() {
            return Ok(None);
        }
        Snapshot::of_record(context, record).map(Some).map_err(|cause| of_format(context, cause))
    }

    /// Removes a stored snapshot. That it is not there is no error.
    ///
    /// # Errors
    ///
    /// When the context does not exist, cannot be entered or written to, or is not answered for until the
    /// [deadline](Self::deadline).
    pub async fn delete_snapshot<D: Database>(
        &self,
        database: &D,
        context: &Context,
        id: &SnapshotId,
    ) -> Result<(), SnapshotError> {
        self.evaluate(database, context, &text::delete(), [(ID, id.as_str().into())]).await.map(|_| ())
    }

    /// Removes the stored snapshots of a context that are not to be kept. The newest one always is.
    ///
    /// # Errors
    ///
    /// As [`delete_snapshot`](Self::delete_snapshot).
    pub async fn prune_snapshots<D: Database>(
        &self,
        database: &D,
        context: &Context,
        keep: Keep,
    ) -> Result<Pruned, SnapshotError> {
        let said = self.evaluate(database, context, &text::prune(keep), []).await?;
        let count = |key: &str| said[key].as_u64().and_then(|count| usize::try_from(count).ok());
        match (count("removed"), count("left")) {
            (Some(removed), Some(left)) => Ok(Pruned { removed, left }),
            _ => Err(unreadable(context, format!("the counts are {said}"))),
        }
    }

    async fn evaluate<D: Database>(
        &self,
        database: &D,
        context: &Context,
        expression: &str,
        variables: impl IntoIterator<Item = (&'static str, Value)>,
    ) -> Result<Value, SnapshotError> {
        let database = Counted::new(database, self.counters());
        let mut backoff = self.patience.begin(database.silence());
        let variables: Map<_, _> = variables.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        let said = evaluate(self, &database, context, expression, variables, &mut backoff).await;
        said.map_err(SnapshotError::of_store)
    }
}

/// The variables of the expressions.
const ID: &str = "_migrate_snapshot";
const TIME: &str = "_migrate_time";

fn unreadable(context: &Context, reason: String) -> SnapshotError {
    SnapshotError::Unreadable { context: context.clone(), reason }
}

fn of_format(context: &Context, cause: SnapshotFormatError) -> SnapshotError {
    SnapshotError::Format { context: context.clone(), cause }
}
