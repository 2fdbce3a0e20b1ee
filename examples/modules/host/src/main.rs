//! A shop whose schema is put together from three crates: `auth` and `billing` ship theirs, and the shop adds its own.
//!
//! Each module has versions of its own in one ledger. What one requires of another is applied before it, in whatever
//! order the modules are given.
#![forbid(unsafe_code)]

use std::error::Error;
use std::io::{self, Write};
use std::process::ExitCode;

use clap::{Parser, ValueEnum};
use migrate_runtime::{Context, Fleet, Migrations, Migrator, Report, embed_migrations};
use surrealdb::Surreal;
use surrealdb::engine::any::{Any, connect};

/// What the shop itself adds.
static SCHEMA: Migrations = embed_migrations!("migrations");

/// Migrates some tenants of a shop, in memory, to a schema that three crates make up.
#[derive(Debug, Parser)]
#[command(version)]
struct Args {
    /// How many tenants there are.
    #[arg(long, value_name = "COUNT", default_value_t = 5)]
    tenants: u16,

    /// For a person or for a program.
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t)]
    format: Format,
}

#[derive(Clone, Copy, Debug, Default, ValueEnum)]
enum Format {
    #[default]
    Table,
    Json,
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(&Args::parse()).await {
        Ok(report) if report.all_served() => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(error) => {
            // `eprintln!` would panic where nobody reads standard error.
            let _ = writeln!(io::stderr(), "error: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(args: &Args) -> Result<Report, Box<dyn Error>> {
    let db = connect("mem://").await?;
    let tenants = (1..=args.tenants).map(|number| Context::new("shop", format!("tenant_{number}")));
    let tenants = tenants.collect::<Result<Vec<_>, _>>()?;

    // The shop requires both of the others and stands first here all the same.
    let migrator = Migrator::new([&SCHEMA, &modules_billing::SCHEMA, &modules_auth::SCHEMA])?;
    let report = migrator.migrate_all(&db, Fleet::contexts(tenants.iter().cloned())).await?;
    let mut stdout = io::stdout().lock();
    match args.format {
        Format::Table => writeln!(stdout, "{report}")?,
        Format::Json => {
            serde_json::to_writer_pretty(&mut stdout, &report)?;
            writeln!(stdout)?;
        }
    }
    for tenant in &tenants {
        sell(&db, tenant).await?;
    }
    Ok(report)
}

/// One sale in a tenant's database, which writes through the tables of all three modules.
async fn sell(db: &Surreal<Any>, tenant: &Context) -> surrealdb::Result<()> {
    db.use_ns(tenant.namespace()).use_db(tenant.database()).await?;
    let sale = "CREATE user:ada SET name = 'Ada', email = 'ada@example.org';
        CREATE session SET user = user:ada;
        CREATE invoice:first SET user = user:ada, email = user:ada.email, cents = 1995;
        CREATE purchase SET buyer = user:ada, invoice = invoice:first, item = 'a loom';";
    db.query(sale).await?.check().map(drop)
}
