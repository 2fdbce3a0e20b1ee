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

use migrate_runtime::{Fleet, Migrations, Migrator, Report, cli, embed_migrations};
use surrealdb::Surreal;
use surrealdb::engine::local::Db;
use tracing::info;
use tracing_subscriber::EnvFilter;

use crate::args::{Args, Command, Format};
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
        Ok(ended) => ended,
        Err(error) => {
            // `eprintln!` would panic where nobody reads standard error.
            let _ = writeln!(io::stderr(), "error: {}", error::with_causes(&error));
            ExitCode::FAILURE
        }
    }
}

async fn start(args: &Args) -> Result<ExitCode, Error> {
    if args.command.is_some() && !args.data.exists() {
        return Err(Error::NoFolder(args.data.clone()));
    }
    let db = store::open(&args.data).await?;
    let ended = match &args.command {
        Some(Command::Migrate(migrate)) => match session(&db, args) {
            Ok(session) => Ok(migrate.clone().run(session).await.into()),
            Err(error) => Err(error),
        },
        None => migrate_and_serve(&db, args).await,
    };
    store::close(db).await;
    ended
}

async fn migrate_and_serve(db: &Surreal<Db>, args: &Args) -> Result<ExitCode, Error> {
    registry::enrol(db, args.tenants).await?;
    prototype::arrange(db, args.tenants, &args.broken).await?;
    if args.migrate_only {
        return Ok(cli::migrate_only(session(db, args)?).await.into());
    }

    info!(tenants = args.tenants, "bringing the tenants up to date");
    let report = migrator()?.migrate_all(db, fleet(args)?).await?;

    let served: Vec<Tenant> = report
        .contexts()
        .iter()
        .filter(|context| context.refusal().is_none())
        .filter_map(|context| Tenant::parse(context.context.database()))
        .collect();
    info!(tenants = served.len(), "serving");
    let traffic = traffic::serve(db, &served).await?;
    print(args.format, &report, &traffic).map_err(Error::Output)?;
    Ok(if report.all_served() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn migrator() -> Result<Migrator, Error> {
    Ok(Migrator::new([&SCHEMA])?.applied_by(env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION")))
}

fn fleet(args: &Args) -> Result<Fleet, Error> {
    Ok(Fleet::registry(registry::context()?, registry::fleet(args.tenants)))
}

/// What the operator's commands work with: the same migrations, the same tenants.
fn session<'a>(db: &'a Surreal<Db>, args: &Args) -> Result<cli::Session<'a, Surreal<Db>>, Error> {
    let format = match args.format {
        Format::Table => cli::Format::Table,
        Format::Json => cli::Format::Json,
    };
    let presentation = cli::Presentation { format, ..cli::Presentation::default() };
    Ok(cli::Session::new(migrator()?, db).fleet(fleet(args)?).presentation(presentation))
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
