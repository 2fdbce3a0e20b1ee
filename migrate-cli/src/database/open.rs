//! Opening the connection that a command works over, and closing it.

use std::time::Duration;

use migrate_runtime::reach;
use surrealdb::Surreal;
use surrealdb::engine::any::{Any, connect};
use surrealdb::opt::Config;
use surrealdb::opt::auth::{Database, Namespace, Root};
use surrealdb::types::ConnectionError;
use tokio::runtime::Handle;
use tokio::time::{sleep, timeout};

use super::address::Address;
use super::connection::{Connection, Credentials, Level};
use super::error::Error;
use super::tls;

/// How long an embedded engine has to close its files.
const CLOSING: Duration = Duration::from_secs(10);

/// Connects, waiting for a server that is not up yet, and signs in.
///
/// `named` are the namespace and the database that the command speaks of. A database on disk is created only where the
/// command may.
pub(crate) async fn open(
    connection: &Connection,
    named: (Option<&str>, Option<&str>),
    may_create: bool,
) -> Result<Surreal<Any>, Error> {
    let address = connection.address()?;
    let sign_in = SignIn::of(connection, named)?;
    if let Some(folder) = address.folder().filter(|folder| !may_create && !folder.exists()) {
        return Err(Error::NoFolder(folder.to_owned()));
    }
    // Where more than one is linked, TLS would not know which to use. Somebody may have said so before.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let patience = Duration::from_secs(connection.wait.into());
    let config = match &connection.ca_cert {
        Some(path) => Config::new().rustls(tls::trusting(path)?),
        None => Config::new(),
    };
    let opened = reach(patience, || async {
        let connected = connect((address.url(), config.clone())).await;
        let db = match connected {
            Ok(db) => db,
            Err(error) => return Err(untrusted(address, &config, error).await),
        };
        sign_in.to(&db).await?;
        Ok(db)
    });
    opened.await.map_err(|error| why(address, connection.wait, &error))
}

/// An error that is not worth waiting for where the certificate is not trusted.
///
/// Over HTTP, the SDK does not tell that from other mistakes: then a WebSocket to the same place does.
async fn untrusted(address: Address<'_>, config: &Config, error: surrealdb::Error) -> surrealdb::Error {
    let error = unanswered(address, error);
    let mut cause = error.message().to_owned();
    if let Some(url) = address.as_websocket().filter(|_| error.is_connection()) {
        cause = connect((url, config.clone())).await.map_or_else(|error| error.message().to_owned(), |_| cause);
    }
    if tls::is_untrusted(&cause) { surrealdb::Error::configuration(cause, None) } else { error }
}

/// Gives an embedded engine the time to close its files, which it does in tasks of its own once nobody uses it.
pub(crate) async fn close(db: Surreal<Any>, connection: &Connection) {
    drop(db);
    if connection.address().is_ok_and(|address| address.is_remote()) {
        return;
    }
    let tasks = Handle::current().metrics();
    let closed = async {
        while tasks.num_alive_tasks() > 0 {
            sleep(Duration::from_millis(5)).await;
        }
    };
    // What was committed is on disk in any case.
    let _ = timeout(CLOSING, closed).await;
}

/// Who signs in to what.
enum SignIn {
    Nobody,
    Root(Root),
    Namespace(Namespace),
    Database(Database),
    Token(String),
}

impl SignIn {
    fn of(connection: &Connection, (namespace, database): (Option<&str>, Option<&str>)) -> Result<Self, Error> {
        let (username, password) = match connection.credentials()? {
            Credentials::None => return Ok(Self::Nobody),
            Credentials::Token(token) => return Ok(Self::Token(token.reveal().to_owned())),
            Credentials::User { name, password } => (name.to_owned(), password.reveal().to_owned()),
        };
        let (level, of) = match connection.auth_level {
            Level::Root => return Ok(Self::Root(Root { username, password })),
            Level::Namespace => ("namespace", "a namespace"),
            Level::Database => ("database", "a database in a namespace"),
        };
        let missing = |option| Error::UserOfNothing { level, what: of, option };
        let namespace = connection.auth_ns.as_deref().or(namespace).ok_or_else(|| missing("--auth-ns"))?.to_owned();
        if connection.auth_level == Level::Namespace {
            return Ok(Self::Namespace(Namespace { namespace, username, password }));
        }
        let database = connection.auth_db.as_deref().or(database).ok_or_else(|| missing("--auth-db"))?.to_owned();
        Ok(Self::Database(Database { namespace, database, username, password }))
    }

    async fn to(&self, db: &Surreal<Any>) -> surrealdb::Result<()> {
        match self {
            Self::Nobody => Ok(()),
            Self::Root(user) => db.signin(user.clone()).await.map(drop),
            Self::Namespace(user) => db.signin(user.clone()).await.map(drop),
            Self::Database(user) => db.signin(user.clone()).await.map(drop),
            Self::Token(token) => db.authenticate(token.as_str()).await.map(drop),
        }
    }
}

/// Over HTTP, the SDK does not tell a server that is not there from other mistakes.
fn unanswered(address: Address<'_>, error: surrealdb::Error) -> surrealdb::Error {
    if !address.is_http() || error.is_not_allowed() || error.is_configuration() {
        return error;
    }
    surrealdb::Error::connection(error.message().to_owned(), ConnectionError::ConnectionFailed)
}

/// What the SDK says is never taken over where it may hold an address or a secret.
fn why(address: Address<'_>, wait: u32, error: &surrealdb::Error) -> Error {
    let (cause, address) = (error.message().to_owned(), address.to_string());
    if tls::is_untrusted(&cause) {
        Error::Certificate { address, cause }
    } else if error.is_not_allowed() {
        Error::SignIn { address, cause }
    } else if error.is_connection() {
        Error::Unreachable { address, wait, cause }
    } else if cause.contains("not enabled in this build") {
        Error::NoEngine { address }
    } else {
        Error::Open { address, cause }
    }
}
