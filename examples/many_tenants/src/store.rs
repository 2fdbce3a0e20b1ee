use std::path::Path;
use std::time::Duration;

use surrealdb::engine::local::{Db, SurrealKv};
use surrealdb::types::{ErrorDetails, QueryError};
use surrealdb::{IndexedResults, Surreal};
use tokio::runtime::Handle;
use tokio::time::{sleep, timeout};
use tracing::{info, warn};

use crate::error::Error;

/// Opens the database in this folder, which only one process can do at a time.
pub(crate) async fn open(folder: &Path) -> Result<Surreal<Db>, Error> {
    info!("opening {}", folder.display());
    Surreal::new::<SurrealKv>(folder)
        .await
        .map_err(|source| Error::Open { folder: folder.to_owned(), source: source.into() })
}

/// Gives the engine the time to close its files.
///
/// It does so when the last handle is dropped, in tasks of its own that cannot be waited for; so this waits until there
/// is no task left. Nothing is lost if there is: what was committed is on disk, and the next start cleans up.
pub(crate) async fn close(db: Surreal<Db>) {
    drop(db);
    let tasks = Handle::current().metrics();
    let closed = async {
        while tasks.num_alive_tasks() > 0 {
            sleep(Duration::from_millis(5)).await;
        }
    };
    if timeout(Duration::from_secs(10), closed).await.is_err() {
        warn!("the database took too long to close");
    }
}

/// The results, or the error of the statement that failed.
///
/// The other statements of its transaction have errors too, which only say that they were not run because of it.
pub(crate) fn check(mut results: IndexedResults) -> surrealdb::Result<IndexedResults> {
    let errors = results.take_errors().into_iter();
    match errors.min_by_key(|(index, error)| (is_consequence(error), *index)) {
        Some((_, error)) => Err(error),
        None => Ok(results),
    }
}

fn is_consequence(error: &surrealdb::Error) -> bool {
    matches!(error.details(), ErrorDetails::Query(Some(QueryError::NotExecuted | QueryError::Cancelled)))
}
