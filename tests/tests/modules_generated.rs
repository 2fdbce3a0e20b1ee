//! Generated modules that require parts of each other: whatever the order, each gets what it would have alone.

use std::collections::BTreeMap;

use migrate_core::Catalog;
use migrate_runtime::{Context, Migrations, Migrator, Outcome};
use migrate_tests::{engine, ledger, live_catalog, log, module, rows};
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};
use surrealdb::Surreal;
use surrealdb::engine::any::Any;

const NAMES: [&str; 3] = ["auth", "billing", "app"];

/// A migration: of which module, what it does, whether it writes a row, and which one before it, of whatever module, it needs.
type One = (usize, u8, bool, Option<Index>);

/// A migration that has its place: its module, its version, and the table that it defines.
struct Placed {
    module: usize,
    version: usize,
    table: Option<String>,
}

/// Modules in which each migration requires at most what was generated before it, so that there is an order.
fn modules(generated: &[One]) -> Vec<&'static Migrations> {
    let mut files: BTreeMap<usize, Vec<(String, String)>> = BTreeMap::new();
    let mut placed: Vec<Placed> = Vec::new();
    for (module, action, is_data, needs) in generated {
        let (name, own) = (NAMES[*module], files.entry(*module).or_default());
        let version = own.len() + 1;
        let mut text = Vec::new();
        let needed = needs.as_ref().filter(|_| !placed.is_empty()).map(|needs| needs.get(&placed));
        let needed = needed.filter(|needed| needed.module != *module);
        if let Some(Placed { module, version, .. }) = needed {
            text.push(format!("-- migrate: requires {} {version}", NAMES[*module]));
        }
        if version == 1 {
            text.push(format!("DEFINE TABLE {name}_effect SCHEMALESS;"));
        }
        let mut table = None;
        match (action % 3, needed.and_then(|needed| needed.table.clone())) {
            (0, Some(other)) => text.push(format!("DEFINE FIELD {name}_{version} ON {other} TYPE option<int>;")),
            (1, _) => text.push(format!("DEFINE FIELD field_{version} ON {name}_effect TYPE option<string>;")),
            _ => {
                table = Some(format!("{name}_{version}"));
                text.push(format!("DEFINE TABLE {name}_{version} SCHEMALESS;"));
            }
        }
        if *is_data {
            text.push(format!("CREATE {name}_effect SET version = {version};"));
        }
        own.push((format!("V{version}__x.surql"), text.join("\n")));
        placed.push(Placed { module: *module, version, table });
    }
    let load = |(at, files): (usize, Vec<(String, String)>)| {
        let files: Vec<_> = files.iter().map(|(file, text)| (file.as_str(), text.as_str())).collect();
        module(NAMES[at], &files)
    };
    files.into_iter().map(load).collect()
}

/// The schema of a database, the runtime's own tables apart.
async fn schema(db: &Surreal<Any>, context: &Context) -> Catalog {
    db.use_ns(context.namespace()).use_db(context.database()).await.unwrap();
    let live = live_catalog(db).await.unwrap();
    let is_ours = |name: &str| name.starts_with("_migration");
    let users = live.iter().filter(|(object, _)| !is_ours(object.table().unwrap_or(object.name())));
    users.map(|(object, definition)| (object.clone(), definition.to_owned())).collect()
}

/// Each migration in the order in which it was applied.
async fn order(db: &Surreal<Any>, context: &Context) -> Vec<String> {
    let name = |row: Value| format!("{}{}", row["module"].as_str().unwrap(), row["version"]);
    let mut rows = log(db, context).await;
    // Rows that one statement wrote have the same time, and their own order.
    rows.sort_by_key(|row| (row["at"].as_str().unwrap().to_owned(), row["id"].to_string()));
    rows.into_iter().filter(|row| row["event"] == "applied").map(name).collect()
}

async fn check(generated: &[One]) {
    let given = modules(generated);
    let mut expected = Catalog::new();
    for module in &given {
        for (object, definition) in module.catalog_at(None).iter() {
            assert!(expected.define(object.clone(), definition).is_none(), "{object} has one owner");
        }
    }
    let backwards: Vec<_> = given.iter().rev().copied().collect();
    let db = engine().await;
    let context = |name: &str| Context::new("acme", name).unwrap();
    for (name, modules, replicas) in [("a", &given, 1), ("again", &given, 1), ("b", &backwards, 1), ("two", &given, 2)]
    {
        let context = context(name);
        let runs: Vec<_> = (0..replicas)
            .map(|_| {
                let (db, modules, context) = (db.clone(), modules.clone(), context.clone());
                tokio::spawn(async move { Migrator::new(modules).unwrap().migrate(&db, context).await })
            })
            .collect();
        for run in runs {
            let report = run.await.unwrap();
            assert!(report.is_served(), "{name}: {report:?}");
        }
        assert_eq!(schema(&db, &context).await, expected, "{name}: the union of what each leads to");
        let recorded = ledger(&db, &context).await;
        assert_eq!(recorded.len(), generated.len(), "{name}");
        for module in &given {
            let rows: Vec<_> = recorded.iter().filter(|row| row["module"] == module.module()).collect();
            let chains: Vec<_> = rows.iter().map(|row| row["chain"].as_str().unwrap().to_owned()).collect();
            let alone: Vec<_> = module.iter().map(|migration| migration.chain().to_string()).collect();
            assert_eq!(chains, alone, "{name}: the history of {} is its own", module.module());
            let at = NAMES.iter().position(|one| *one == module.module()).unwrap();
            let own = generated.iter().filter(|one| one.0 == at).zip(1..);
            let expected: Vec<_> = own.filter(|((_, _, is_data, _), _)| *is_data).map(|(_, version)| version).collect();
            let effects = format!("SELECT VALUE version FROM {}_effect ORDER BY version;", module.module());
            assert_eq!(self::rows(&db, &context, &effects).await, json!(expected), "{name}: each ran once");
        }
        let again = Migrator::new(backwards.clone()).unwrap().migrate(&db, context).await;
        assert_eq!(again.outcome, Outcome::UpToDate, "{name}: whoever gives them in another order finds nothing to do");
    }
    assert_eq!(
        order(&db, &context("a")).await,
        order(&db, &context("again")).await,
        "the order is that of the modules"
    );
}

#[test]
fn modules_that_require_parts_of_each_other_each_get_what_they_would_have_alone() {
    let one = (0..NAMES.len(), any::<u8>(), prop::bool::weighted(0.4), prop::option::weighted(0.6, any::<Index>()));
    let generated = prop::collection::vec(one, 1..10);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let mut runner = TestRunner::new(Config { cases: 24, failure_persistence: None, ..Config::default() });
    let run = runner.run(&generated, |generated| {
        runtime.block_on(check(&generated));
        Ok(())
    });
    run.unwrap_or_else(|error| panic!("{error}"));
}
