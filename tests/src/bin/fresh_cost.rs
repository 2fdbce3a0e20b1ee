//! Measures what a new tenant costs by the definitions that are left, against replaying every migration.
//!
//!     cargo run --bin fresh_cost
//!
//! The chain is one that has lived: tables that were made strict later, fields that changed, an index that was replaced, a
//! table that is gone. Both ways are measured in one run, in turns, each time on a new tenant of one embedded engine, so that
//! only the ratio means something.
#![forbid(unsafe_code)]

use std::fmt::Write;
use std::time::{Duration, Instant};

use migrate_runtime::{Context, Migrations, Migrator};
use migrate_tests::{engine, module};
use surrealdb::Surreal;
use surrealdb::engine::any::Any;

const MIGRATIONS: usize = 20;
const ROUNDS: usize = 9;

#[tokio::main]
async fn main() {
    let texts: Vec<(String, String)> = (1..=MIGRATIONS).map(|at| (format!("V{at}__step.surql"), text(at))).collect();
    let files: Vec<(&str, &str)> = texts.iter().map(|(file, text)| (file.as_str(), text.as_str())).collect();
    let whole = module("app", &files);
    // What the ledger has something of is replayed: the first migration alone, and then the others.
    let first = module("app", &files[..1]);
    let db = engine().await;
    let (mut fresh, mut replayed) = (Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        fresh.push(migrate(&db, &format!("fresh_{round}"), &[whole]).await);
        replayed.push(migrate(&db, &format!("replayed_{round}"), &[first, whole]).await);
    }
    let (fresh, replayed) = (median(fresh), median(replayed));
    let statements =
        |texts: &[(String, String)]| texts.iter().map(|(_, text)| text.matches(";\n").count()).sum::<usize>();
    println!(
        "{MIGRATIONS} migrations of {} statements, {} of them left: a new tenant takes {:.2} of a replay (medians of {ROUNDS}: \
         {fresh:.1?} and {replayed:.1?})",
        statements(&texts),
        whole.fresh_statements().count(),
        fresh.as_secs_f64() / replayed.as_secs_f64(),
    );
}

async fn migrate(db: &Surreal<Any>, name: &str, chains: &[&'static Migrations]) -> Duration {
    let context = Context::new("cost", name).expect("a name");
    // The database itself is not what is measured.
    db.query(format!("USE NS cost DB {name};")).await.expect("the engine answers").check().expect("it is created");
    let begin = Instant::now();
    for chain in chains {
        let report = Migrator::new([*chain]).expect("one module").migrate(db, context.clone()).await;
        assert!(report.is_served(), "{report:?}");
    }
    begin.elapsed()
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

/// One migration: a new table with fields and an index, and a change of what the one before it defined.
fn text(at: usize) -> String {
    let mut text = format!(
        "-- migrate: allow(M301) nobody uses it yet\n-- migrate: allow(M302) nobody uses it yet\n\
         -- migrate: allow(M303) nobody uses it yet\n-- migrate: allow(M424) nobody uses it yet\n\
         DEFINE TABLE t{at};\nDEFINE FIELD name ON t{at} TYPE option<string>;\nDEFINE FIELD at ON t{at} TYPE option<datetime>;\n\
         DEFINE FIELD tags ON t{at} TYPE array<string> DEFAULT [];\nDEFINE INDEX by_name ON t{at} FIELDS name;\n\
         DEFINE TABLE gone{at};\nDEFINE FIELD what ON gone{at} TYPE option<string>;\n"
    );
    if let Some(before) = at.checked_sub(1).filter(|before| *before > 0) {
        let _ = write!(
            text,
            "DEFINE TABLE OVERWRITE t{before} SCHEMAFULL;\nDEFINE FIELD OVERWRITE name ON t{before} TYPE string DEFAULT '';\n\
             DEFINE INDEX OVERWRITE by_name ON t{before} FIELDS name, at;\nREMOVE TABLE gone{before};\n"
        );
    }
    text
}
