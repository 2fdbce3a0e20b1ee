//! The start-up of a server that keeps every tenant in a database of its own.
//!
//! It reads like the `main` of the real thing: open the database, ask the registry which tenants there are, bring all
//! of them to the version of this binary, and serve those that could be brought there. Where a server would now
//! listen, this one writes and reads a few rows for each tenant and ends, so that it can be run, and run again.
#![forbid(unsafe_code)]

mod args;
mod embedding;
mod error;
mod prototype;
mod registry;
mod store;
mod tenant;
mod traffic;

use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;

use migrate_runtime::{Fleet, Migrations, Migrator, Report, embed_migrations};
use surrealdb::Surreal;
use surrealdb::engine::local::Db;
use tracing::info;
use tracing_subscriber::EnvFilter;

use crate::args::{Args, Format};
use crate::error::Error;
use crate::tenant::Tenant;
use crate::traffic::Traffic;

/// The whole history of the schema, checked while this binary was built.
static SCHEMA: Migrations = embed_migrations!("migrations");

#[tokio::main]
async fn main() -> ExitCode {
    let args = Args::get();
    log_to_stderr();
    match start(&args).await {
        Ok(report) if report.all_served() => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(error) => {
            // `eprintln!` would panic where nobody reads standard error.
            let _ = writeln!(io::stderr(), "error: {}", error::with_causes(&error));
            ExitCode::FAILURE
        }
    }
}

async fn start(args: &Args) -> Result<Report, Error> {
    let db = store::open(&args.data).await?;
    let report = migrate_and_serve(&db, args).await;
    store::close(db).await;
    report
}

async fn migrate_and_serve(db: &Surreal<Db>, args: &Args) -> Result<Report, Error> {
    registry::enrol(db, args.tenants).await?;
    prototype::arrange(db, args.tenants, &args.broken).await?;

    let migrator = Migrator::new([&SCHEMA])?.applied_by(env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION"));
    info!(tenants = args.tenants, "bringing the tenants up to date");
    let report = migrator.migrate_all(db, Fleet::registry(registry::context()?, registry::fleet(args.tenants))).await?;

    let served: Vec<Tenant> = report
        .contexts()
        .iter()
        .filter(|context| context.refusal().is_none())
        .filter_map(|context| Tenant::parse(context.context.database()))
        .collect();
    info!(tenants = served.len(), "serving");
    let traffic = traffic::serve(db, &served).await?;
    print(args.format, &report, &traffic).map_err(Error::Output)?;
    Ok(report)
}

fn print(format: Format, report: &Report, traffic: &Traffic) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    match format {
        Format::Table => {
            writeln!(stdout, "{report}\n{traffic}")?;
            let counts = report.counts();
            if counts.contexts == counts.up_to_date {
                writeln!(stdout, "nothing to do: every tenant was up to date")?;
            }
        }
        Format::Json => {
            // One object and nothing else, for whatever reads it; people have standard error.
            serde_json::to_writer_pretty(&mut stdout, report)?;
            writeln!(stdout)?;
            info!("{traffic}");
        }
    }
    stdout.flush()
}

/// Progress is for people, results are for pipes. `RUST_LOG` chooses what is shown.
fn log_to_stderr() {
    // The storage engine warns when the process lets go of a store, even of one that was closed in order.
    let usual = || EnvFilter::new("warn,surrealkv=error,many_tenants=info,migrate_runtime=info");
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| usual());
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal())
        .with_target(false)
        .without_time()
        .init();
}
