//! Contexts that are migrated when they are first asked for.

mod callers;
mod creation;
mod existence;
mod refusals;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use migrate_runtime::{Context, Database, GateOptions, Migrations, Migrator, QueryError, Reply};
use migrate_tests::module;
use serde_json::{Map, Value};
use surrealdb::Surreal;
use surrealdb::engine::any::Any;
use tokio::sync::watch;

const TEXT: &str = "DEFINE TABLE counter;\nCREATE counter;\n";

fn schema() -> &'static Migrations {
    module("app", &[("V1__init.surql", TEXT), ("V2__more.surql", "DEFINE TABLE other;\nCREATE counter;\n")])
}

fn migrator() -> Migrator {
    Migrator::new([schema()]).unwrap()
}

fn tenant() -> Context {
    Context::new("acme", "eu-1").unwrap()
}

/// Refused contexts stay refused for as long as a test may take.
fn patient() -> GateOptions {
    GateOptions::default().retry(Duration::from_hours(1), Duration::from_hours(10))
}

/// Creates the database of a context, without any schema.
async fn exists(db: &Surreal<Any>, context: &Context) {
    migrate_tests::rows(db, context, "RETURN 1;").await;
}

/// The names of all namespaces, and of all databases in them.
async fn inventory(db: &Surreal<Any>) -> Vec<String> {
    let keys = |info: &Value, section: &str| info[section].as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    let ask = async |text: String| {
        let reply = Database::query(db, text, Map::new()).await.unwrap();
        reply.0.into_iter().next_back().unwrap().unwrap()
    };
    let mut names = Vec::new();
    for namespace in keys(&ask("INFO FOR ROOT;".to_owned()).await, "namespaces") {
        let info = ask(format!("USE NS `{namespace}`; INFO FOR NS;")).await;
        names.extend(keys(&info, "databases").into_iter().map(|database| format!("{namespace}/{database}")));
        names.push(namespace);
    }
    names.sort();
    names
}

/// A database that can be held up, and that knows how many queries are in it.
#[derive(Debug)]
struct Held {
    database: Surreal<Any>,
    open: watch::Sender<bool>,
    arrived: watch::Sender<usize>,
    entering: AtomicUsize,
    most_entering: AtomicUsize,
}

impl Held {
    fn new(database: &Surreal<Any>) -> Arc<Self> {
        let (open, arrived) = (watch::Sender::new(false), watch::Sender::new(0));
        let (entering, most_entering) = (AtomicUsize::new(0), AtomicUsize::new(0));
        Arc::new(Self { database: database.clone(), open, arrived, entering, most_entering })
    }

    fn let_go(&self) {
        self.open.send_replace(true);
    }

    /// Waits until so many queries have arrived since the beginning.
    async fn arrived(&self, queries: usize) {
        self.arrived.subscribe().wait_for(|arrived| *arrived >= queries).await.unwrap();
    }

    fn round_trips(&self) -> usize {
        *self.arrived.borrow()
    }
}

impl Database for Held {
    async fn query(&self, text: String, variables: Map<String, Value>) -> Result<Reply, QueryError> {
        let enters = text.starts_with("USE NS ");
        if enters {
            let entering = self.entering.fetch_add(1, Ordering::SeqCst) + 1;
            self.most_entering.fetch_max(entering, Ordering::SeqCst);
        }
        self.arrived.send_modify(|arrived| *arrived += 1);
        self.open.subscribe().wait_for(|open| *open).await.unwrap();
        let reply = Database::query(&self.database, text, variables).await;
        if enters {
            self.entering.fetch_sub(1, Ordering::SeqCst);
        }
        reply
    }
}
