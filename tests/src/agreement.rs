use std::time::Duration;

use migrate_core::{Catalog, Object, ObjectKind, Version};
use migrate_runtime::{Context, Migrations, StatementErrorKind};
use serde_json::{Value, json};
use surrealdb::{Connection, Surreal};

use crate::ledger::run;
use crate::live_catalog;

/// How often a context is looked at again while somebody still changes it.
const LOOKS: usize = 200;

/// Checks that the ledger, the log, the rows and the schema of a context all say the same: a prefix of the chain is
/// applied, each migration of it once and whole, and nothing of the others. Returns how long that prefix is.
///
/// It needs the chain to write the rows that [`chain`](crate::chain) speaks of. A killed replica's last text may still
/// be running on the server, so a context that changes meanwhile is looked at again. The session of `db` moves into the
/// context.
///
/// # Panics
///
/// When they do not agree.
pub async fn assert_agreement<C: Connection>(db: &Surreal<C>, context: &Context, schema: &Migrations) -> usize {
    enter(db, context).await;
    for _ in 0..LOOKS {
        let before = Seen::of(db, context).await;
        let live = schema_of(live_catalog(db).await.expect("the database says its schema"));
        if Seen::of(db, context).await != before {
            continue;
        }
        return before.agreed(context, schema, &live);
    }
    panic!("{context} never comes to rest")
}

/// Enters a context. What a killed replica has left on the server may be creating it at this moment, and then one of the two is in conflict.
async fn enter<C: Connection>(db: &Surreal<C>, context: &Context) {
    let mut met = None;
    for _ in 0..LOOKS {
        match db.use_ns(context.namespace()).use_db(context.database()).await {
            Ok(_) => return,
            Err(error) if error.to_string().contains("retried") => met = Some(error),
            Err(error) => panic!("{context} cannot be entered: {error}"),
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("{context} is never entered: {met:?}")
}

/// Checks that all of the chain is applied, each migration once and whole.
///
/// # Panics
///
/// When it is not.
pub async fn assert_migrated<C: Connection>(db: &Surreal<C>, context: &Context, schema: &Migrations) {
    let applied = assert_agreement(db, context, schema).await;
    assert_eq!(applied, schema.len(), "{context} has all of the chain");
}

/// What the rows of a context say.
#[derive(Debug, PartialEq)]
struct Seen {
    ledger: Vec<Value>,
    log: Vec<Value>,
    effects: Vec<Value>,
}

impl Seen {
    async fn of<C: Connection>(db: &Surreal<C>, context: &Context) -> Self {
        let text = "SELECT * FROM _migrations ORDER BY module, version; SELECT * FROM _migration_log ORDER BY id; \
                    SELECT VALUE version FROM effect ORDER BY version;";
        let reply = run(db, context, text).await;
        let mut tables = reply.into_iter().map(|result| match result {
            Err(error) if error.kind == StatementErrorKind::NoSuchTable => Vec::new(),
            Err(error) => panic!("{context}: {error}"),
            Ok(rows) => rows.as_array().cloned().expect("rows"),
        });
        let mut next = || tables.next().expect("a result for each statement");
        Self { ledger: next(), log: next(), effects: next() }
    }

    fn agreed(&self, context: &Context, schema: &Migrations, live: &Catalog) -> usize {
        let applied = self.ledger.len();
        let recorded: Vec<_> =
            self.ledger.iter().map(|row| json!([row["version"], row["status"], row["chain"]])).collect();
        let known = schema.iter().take(applied);
        let expected: Vec<_> =
            known.clone().map(|one| json!([one.version().get(), "applied", one.chain().to_string()])).collect();
        assert_eq!(recorded, expected, "the ledger of {context} holds a prefix of the chain, applied");

        let versions: Vec<_> = known.clone().map(|one| json!(one.version().get())).collect();
        assert_eq!(self.effects, versions, "each migration took effect once in {context}");
        let mut logged: Vec<_> = self.log.iter().map(|row| json!([row["event"], row["version"]])).collect();
        logged.sort_by_key(|entry| entry[1].as_u64());
        let events: Vec<_> = known.map(|one| json!(["applied", one.version().get()])).collect();
        assert_eq!(logged, events, "each migration was logged once in {context}");

        let at =
            applied.checked_sub(1).and_then(|last| schema.as_slice().get(last)).map(migrate_core::Migration::version);
        assert_eq!(live.diff(&catalog(schema, at)), [], "the schema of {context} is that of the ledger");
        applied
    }
}

fn catalog(schema: &Migrations, at: Option<Version>) -> Catalog {
    match at {
        Some(version) => schema.catalog_at(Some(version)),
        None => Catalog::new(),
    }
}

/// The schema without the ledger's own tables, and without the users by whom tests sign in.
fn schema_of(mut live: Catalog) -> Catalog {
    let is_foreign = |object: &&Object| {
        matches!(object.table().unwrap_or(object.name()), "_migrations" | "_migration_log")
            || object.kind() == ObjectKind::User
    };
    let foreign: Vec<_> = live.iter().map(|(object, _)| object).filter(is_foreign).cloned().collect();
    for object in foreign {
        live.remove(&object);
    }
    live
}
