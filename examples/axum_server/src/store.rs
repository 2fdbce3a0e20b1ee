//! The database: opened, asked in the right place, and closed.

use std::time::Duration;

use migrate_runtime::reach;
use serde_json::Value;
use surrealdb::engine::any::{Any, connect};
use surrealdb::opt::auth::{Namespace, Root};
use surrealdb::types::{ErrorDetails, QueryError, Value as SdkValue};
use surrealdb::{IndexedResults, Surreal};
use tokio::runtime::Handle;
use tokio::time::{sleep, timeout};
use tracing::{info, warn};

use crate::args::{Args, Level};
use crate::error::Error;
use crate::service::{Connection, Service};
use crate::tenant::{NAMESPACE, Tenant};

/// Opens the database that the arguments name, and signs in where it asks for that.
pub(crate) async fn open(args: &Args) -> Result<Surreal<Any>, Error> {
    let address = match (&args.url, &args.data) {
        (Some(url), _) => url.clone(),
        (None, Some(folder)) => format!("surrealkv://{}", folder.display()),
        (None, None) => "mem://".to_owned(),
    };
    info!("opening {address}");
    // A server may come up later than this one; whatever else is wrong does not change by waiting.
    let db = reach(args.wait(), || async { connect(&address).await }).await;
    let db = db.map_err(|source| Error::Open(address, source.into()))?;
    if args.url.is_some() {
        sign_in(&db, args.user_of).await?;
    }
    Ok(db)
}

/// Credentials come from the environment, so that no list of processes shows them.
async fn sign_in(db: &Surreal<Any>, user_of: Level) -> Result<(), Error> {
    let variable = |name| std::env::var(name).map_err(|source| Error::Credentials(name, source));
    let (username, password) = (variable("SURREAL_USER")?, variable("SURREAL_PASS")?);
    let user = username.clone();
    let signed_in = match user_of {
        Level::Root => db.signin(Root { username, password }).await,
        Level::Namespace => db.signin(Namespace { namespace: NAMESPACE.to_owned(), username, password }).await,
    };
    signed_in.map(drop).map_err(|source| Error::SignIn(user, source.into()))
}

/// Whether the database answers at all.
pub(crate) async fn answers(db: &Surreal<Any>) -> surrealdb::Result<()> {
    db.query("RETURN true;").await.and_then(check).map(drop)
}

/// How often a query is sent before its conflict is taken for an error.
const TRIES: u32 = 10;

/// How long an answer is waited for. The SDK would wait for as long as the database is away.
const PATIENCE: Duration = Duration::from_secs(10);

/// Why a tenant's database gave no value.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AskError {
    #[error("the database does not answer")]
    Silent,
    #[error(transparent)]
    Failed(#[from] Box<surrealdb::Error>),
}

impl From<surrealdb::Error> for AskError {
    fn from(error: surrealdb::Error) -> Self {
        Self::Failed(error.into())
    }
}

/// The value of an expression, computed in a tenant's database.
///
/// The handle is shared, so the text says where it goes. All of it is one transaction: were the `USE` refused by itself,
/// the rest would run wherever the session is. And were the database gone, it would be created; but then the function
/// that is called is not there, and the transaction takes the creation back.
pub(crate) async fn ask(
    service: &Service,
    tenant: &Tenant,
    expression: &'static str,
    variables: Value,
) -> Result<Value, AskError> {
    let text = format!("BEGIN; {} {expression}; COMMIT;", tenant.enter());
    let mut tries = 1;
    loop {
        let answer = timeout(PATIENCE, service.db.query(&text).bind(variables.clone())).await;
        match answer.map_err(|_| AskError::Silent)?.and_then(check) {
            Ok(mut results) => return Ok(results.take::<SdkValue>(2)?.into_json_value()),
            Err(error) if error.query_details() == Some(&QueryError::TransactionConflict) && tries < TRIES => {
                tries += 1;
                sleep(Duration::from_millis(10)).await;
            }
            Err(error) => {
                // Perhaps the tenant is no longer what it was. The next request will look.
                service.gate.forget(tenant.context());
                return Err(error.into());
            }
        }
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

/// Gives an embedded engine the time to close its files.
///
/// It does so when the last handle is dropped, in tasks of its own that cannot be waited for; so this waits until there
/// are no tasks left but those that stay, such as the one that listens to signals. Nothing is lost if there are: what was
/// committed is on disk, and the next start cleans up.
pub(crate) async fn close(db: Connection, staying: usize) {
    drop(db);
    let tasks = Handle::current().metrics();
    let closed = async {
        while tasks.num_alive_tasks() > staying {
            sleep(Duration::from_millis(5)).await;
        }
    };
    if timeout(Duration::from_secs(10), closed).await.is_err() {
        warn!("the database took too long to close");
    }
}
