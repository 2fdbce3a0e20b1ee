//! A web service that keeps the notes of every tenant in a database of its own.
//!
//! It listens at once. A tenant's database is brought to the schema of this binary when the first request for it
//! arrives, or in the background with `--eager`. A tenant that cannot be brought there is answered with 503 and the
//! reason, while all others are served.
#![forbid(unsafe_code)]

mod args;
mod eager;
mod error;
mod health;
mod notes;
mod problem;
mod prototype;
mod routes;
mod service;
mod shutdown;
mod store;
mod tenant;
mod tenants;

use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;
use std::sync::Arc;

use migrate_runtime::{Fleet, Gate, GateOptions, Migrations, Migrator, cli, embed_migrations};
use tokio::net::TcpListener;
use tracing::{info, warn};
use tracing_subscriber::EnvFilter;

use crate::args::{Args, Command, Level};
use crate::eager::Eager;
use crate::error::Error;
use crate::service::{Connection, Service};
use crate::tenant::NAMESPACE;

/// The whole history of the schema, checked while this binary was built.
static SCHEMA: Migrations = embed_migrations!("migrations");

#[tokio::main]
async fn main() -> ExitCode {
    let args = Args::get();
    log_to_stderr();
    match run(&args).await {
        Ok(ended) => ended,
        Err(error) => {
            // `eprintln!` would panic where nobody reads standard error.
            let _ = writeln!(io::stderr(), "error: {}", error::with_causes(&error));
            ExitCode::FAILURE
        }
    }
}

async fn run(args: &Args) -> Result<ExitCode, Error> {
    if let (Some(_), Some(folder)) = (&args.command, &args.data)
        && !folder.exists()
    {
        return Err(Error::NoFolder(folder.clone()));
    }
    let db = Arc::new(store::open(args).await?);
    for tenant in args.broken.iter().filter(|_| args.command.is_none()) {
        prototype::put(&db, tenant).await?;
    }
    let ended = match &args.command {
        Some(Command::Migrate(migrate)) => migrate.clone().run(session(&db, args)?).await.into(),
        None if args.migrate_only => cli::migrate_only(session(&db, args)?).await.into(),
        None => return serve(db, args).await,
    };
    store::close(db, 0).await;
    Ok(ended)
}

fn migrator() -> Result<Migrator, Error> {
    Ok(Migrator::new([&SCHEMA])?.applied_by(env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION")))
}

/// What the operator's commands work with: the same migrations, and all tenants that exist.
fn session<'a>(db: &'a Connection, args: &Args) -> Result<cli::Session<'a, Connection>, Error> {
    let fleet = match args.user_of {
        // Before the first tenant there is no namespace, and then there is nothing to be done.
        Level::Root => Fleet::databases().only(|context| context.namespace() == NAMESPACE),
        Level::Namespace => Fleet::databases_of(NAMESPACE),
    };
    Ok(cli::Session::new(migrator()?, db).fleet(fleet))
}

async fn serve(db: Connection, args: &Args) -> Result<ExitCode, Error> {
    let options = GateOptions::default().patience(args.patience());
    let gate = Gate::with_options(migrator()?, Arc::clone(&db), options);
    let service = Service::new(Arc::clone(&db), gate.clone());
    let eager = if args.eager { Eager::start(gate.clone(), service.eager.clone()) } else { Eager::none() };

    let listener = TcpListener::bind(args.listen).await.map_err(Error::Listen)?;
    let address = listener.local_addr().map_err(Error::Listen)?;
    // For whoever started this on a port of the system's choice.
    writeln!(io::stdout(), "listening on http://{address}").map_err(Error::Output)?;

    let told = shutdown::Told::start()?;
    let served = axum::serve(listener, routes::all(service)).with_graceful_shutdown(told.clone().wait());
    let ended = async {
        served.await.map_err(Error::Serve)?;
        info!("no request is left; waiting for the migrations under way");
        eager.finished().await;
        gate.idle().await;
        Ok::<(), Error>(())
    };
    tokio::select! {
        result = ended => result?,
        () = told.overdue(args.grace()) => warn!("something took too long and is cut off; nothing of it is half done"),
    }
    drop(gate);
    // The one task that listens to signals stays.
    store::close(db, 1).await;
    info!("stopped");
    Ok(ExitCode::SUCCESS)
}

/// `RUST_LOG` chooses what is shown, but for one thing: at its lowest level, the WebSocket shows every frame, with the
/// password that signs in.
fn log_to_stderr() {
    // The storage engine warns when the process lets go of a store, even of one that was closed in order.
    let usual = || EnvFilter::new("warn,surrealkv=error,axum_server=info,migrate_runtime=info");
    let mut filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| usual());
    if let Ok(frames) = "tungstenite=debug".parse() {
        filter = filter.add_directive(frames);
    }
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal())
        .init();
}
