//! One replica of a server that starts: it connects, migrates a fleet, prints the report as JSON and ends with 0 if
//! every context can be served. Tests start many of them, and kill some.
//!
//!     replica URL CHAIN NAMESPACE CONTEXTS DEADLINE_MS
//!
//! CHAIN is the name of a chain of these tests, or a folder of migrations. The contexts are the databases `c0`, `c1`, …
//! of the namespace. It prints a line when it begins to migrate, with the seconds since 1970
//! by its clock. `REPLICA_LEASE_MS` is how long its lease lasts. With `REPLICA_REGISTRY_MS` it joins the registry in
//! `ops/system`, with a lease that lasts so long, before it begins, and stays until it is killed. With `REPLICA_TOKEN` it signs in by that token, and as
//! root without it. With `REPLICA_BASELINE` it takes the contexts over before it migrates them. With `REPLICA_COMPLETE` it
//! completes that version in them instead, under the registry in `ops/system`, and prints what came of that.
#![forbid(unsafe_code)]

use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use migrate_build::{Folder, Options, load};
use migrate_runtime::{Baseline, Context, Fleet, Migrations, Migrator, Registry, RolloutOptions, reach};
use migrate_tests::{chain, signed_in};
use serde_json::Value;
use surrealdb::Surreal;
use surrealdb::engine::any::{Any, connect};

type Failure = Box<dyn std::error::Error>;

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok((report, is_success)) => {
            let printed = serde_json::to_writer(io::stdout().lock(), &report);
            if printed.is_ok() && is_success { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// The report, and whether all is well.
async fn run() -> Result<(Value, bool), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [url, chain, namespace, contexts, deadline] = &arguments[..] else {
        return Err("usage: replica URL CHAIN NAMESPACE CONTEXTS DEADLINE_MS".into());
    };
    let deadline = Duration::from_millis(deadline.parse()?);
    let contexts = (0..contexts.parse::<usize>()?).map(|n| Context::new(namespace, format!("c{n}")));
    let contexts = contexts.collect::<Result<Vec<_>, _>>()?;
    let mut migrator = Migrator::new([schema(chain)?])?.deadline(deadline).applied_by("replica", "1");
    if let Ok(lease) = std::env::var("REPLICA_LEASE_MS") {
        migrator = migrator.lease(Duration::from_millis(lease.parse()?));
    }
    let db = Arc::new(reach(deadline, || session(url)).await?);
    let membership = match std::env::var("REPLICA_REGISTRY_MS") {
        Err(_) => None,
        Ok(lease) => {
            let registry = Registry::new(Context::new("ops", "system")?).lease(Duration::from_millis(lease.parse()?));
            Some(registry.join(&migrator, Arc::clone(&db)).await?)
        }
    };
    {
        let mut stdout = io::stdout().lock();
        writeln!(stdout, "begin {}", SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs())?;
        stdout.flush()?;
    }
    if std::env::var_os("REPLICA_BASELINE").is_some() {
        let taken = migrator.baseline_all(&db, Fleet::contexts(contexts.clone()), &Baseline::new()).await?;
        if taken.refused().next().is_some() {
            return Err(taken.to_string().into());
        }
    }
    if let Ok(version) = std::env::var("REPLICA_COMPLETE") {
        let migrator = migrator.registry(Registry::new(Context::new("ops", "system")?)).concurrency(2);
        let (fleet, version) = (Fleet::contexts(contexts), version.parse()?);
        let report = migrator.complete_all(&db, fleet, "app", version, &RolloutOptions::new()).await?;
        return Ok((serde_json::to_value(&report)?, report.is_done()));
    }
    let report = migrator.migrate_all(&db, Fleet::contexts(contexts)).await?;
    if membership.is_some() {
        std::future::pending::<()>().await;
    }
    Ok((serde_json::to_value(&report)?, report.all_served()))
}

async fn session(url: &str) -> surrealdb::Result<Surreal<Any>> {
    let Ok(token) = std::env::var("REPLICA_TOKEN") else { return signed_in(url).await };
    let db = connect(url).await?;
    db.authenticate(token).await?;
    Ok(db)
}

fn schema(name: &str) -> Result<&'static Migrations, Failure> {
    if let Some(chain) = chain(name) {
        return Ok(chain);
    }
    if !Path::new(name).is_dir() {
        return Err(format!("`{name}` is neither a chain of these tests nor a folder").into());
    }
    Ok(Box::leak(Box::new(load(&Folder::new(name), &Options::new("app"))?.leak())))
}
