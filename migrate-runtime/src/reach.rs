use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use surrealdb::types::ConnectionError;
use tokio::time::Instant;

use crate::backoff::Patience;

/// Connects to a database that may not be up yet: tries again, after pauses that grow to a second, for at most
/// `patience`.
///
/// Only a connection that fails is tried again. Whatever else `connect` meets, such as a refused sign-in, is returned
/// at once, for waiting does not change it. The SDK itself reconnects a connection that was made once, and never waits
/// for the first one.
///
/// ```no_run
/// # async fn start() -> surrealdb::Result<()> {
/// use std::time::Duration;
/// use surrealdb::engine::any::connect;
/// use surrealdb::opt::auth::Root;
///
/// let db = migrate_runtime::reach(Duration::from_secs(60), || async {
///     let db = connect("ws://database:8000").await?;
///     db.signin(Root { username: "root".to_owned(), password: "secret".to_owned() }).await?;
///     Ok(db)
/// })
/// .await?;
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// What `connect` said when it was tried last, or that it said nothing until the end.
pub async fn reach<T, F>(patience: Duration, connect: impl Fn() -> F) -> surrealdb::Result<T>
where
    F: Future<Output = surrealdb::Result<T>>,
{
    // Far more than anybody waits, and far less than a clock can hold.
    let patience = patience.min(Duration::from_hours(24 * 365));
    let deadline = Instant::now() + patience;
    let patience_left = Patience { deadline: patience, ..Patience::default() };
    let mut backoff = patience_left.begin(&Arc::default());
    let mut met = None;
    loop {
        let error = match tokio::time::timeout_at(deadline, connect()).await {
            Ok(Err(error)) if error.is_connection() => error,
            Ok(result) => return result,
            Err(_) => return Err(met.unwrap_or_else(|| silent(patience))),
        };
        if backoff.again().is_err() {
            return Err(error);
        }
        backoff.pause().await;
        met = Some(error);
    }
}

fn silent(patience: Duration) -> surrealdb::Error {
    let message = format!("the database did not answer within {patience:?}");
    surrealdb::Error::connection(message, ConnectionError::ConnectionFailed)
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    fn refused() -> surrealdb::Error {
        surrealdb::Error::connection("refused".to_owned(), ConnectionError::ConnectionFailed)
    }

    #[tokio::test]
    async fn a_database_that_comes_up_late_is_reached() {
        let tries = Cell::new(0);
        let reached = reach(Duration::from_mins(1), || async {
            tries.set(tries.get() + 1);
            if tries.get() < 4 { Err(refused()) } else { Ok(tries.get()) }
        });
        assert_eq!(reached.await.unwrap(), 4);
    }

    #[tokio::test]
    async fn what_waiting_does_not_change_is_not_tried_again() {
        let tries = Cell::new(0);
        let reached: surrealdb::Result<()> = reach(Duration::from_mins(1), || async {
            tries.set(tries.get() + 1);
            Err(surrealdb::Error::not_allowed("no".to_owned(), None))
        })
        .await;
        assert!(reached.unwrap_err().is_not_allowed());
        assert_eq!(tries.get(), 1);
    }

    #[tokio::test]
    async fn a_database_that_never_comes_up_is_given_up_with_what_it_said() {
        let reached: surrealdb::Result<()> = reach(Duration::from_millis(20), || async { Err(refused()) }).await;
        assert_eq!(reached.unwrap_err().message(), "refused");
        let silent: surrealdb::Result<()> = reach(Duration::from_millis(20), std::future::pending).await;
        assert!(silent.unwrap_err().is_connection());
    }
}
