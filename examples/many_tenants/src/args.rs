use std::collections::BTreeSet;
use std::path::PathBuf;

use clap::error::ErrorKind;
use clap::{CommandFactory, Parser, Subcommand, ValueEnum};
use migrate_runtime::cli;

use crate::tenant::Tenant;

/// Starts an agent-memory service whose every tenant has a database of its own.
///
/// It opens an embedded SurrealDB on disk, enrols the tenants, and brings the database of
/// each to the schema that is compiled into this binary. A tenant that cannot be brought
/// there is refused, with the reason. All others are served: a document, its chunks, an
/// entity, a conversation are written and found again, by their words and by their meaning.
/// Then it ends. Started again on the same folder, it finds nothing to migrate.
#[derive(Debug, Parser)]
#[command(version, verbatim_doc_comment, after_long_help = EXAMPLES)]
pub(crate) struct Args {
    /// The folder of the database; made where there is none, and never emptied.
    #[arg(long, value_name = "DIR", default_value_os_t = default_folder(), value_parser = folder)]
    pub(crate) data: PathBuf,

    /// How many tenants there are: `tenant_1` to `tenant_N`.
    ///
    /// They are enrolled in the registry, and their databases are made. With fewer than in
    /// an earlier start, the others stay as they are and are not looked at.
    #[arg(long, value_name = "N", verbatim_doc_comment, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub(crate) tenants: u32,

    /// Break this tenant before migrating; can be given several times.
    ///
    /// Its database is replaced by one as a prototype would have left it, with a table
    /// `document` that somebody made by hand: what it held is lost, and V1 of the schema
    /// cannot be applied, since it defines that table. It alone is refused. A tenant that an
    /// earlier start broke and that is not named again is repaired: the table is removed, as
    /// an operator would do, and the tenant is migrated like any new one.
    #[arg(long = "break", value_name = "TENANT", verbatim_doc_comment)]
    broken_names: Vec<String>,

    /// How the result is written to standard output; progress goes to standard error.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: Format,

    /// Migrate, print the report and end, without serving: for an init container or a
    /// maintenance job.
    #[arg(long, verbatim_doc_comment)]
    pub(crate) migrate_only: bool,

    #[command(subcommand)]
    pub(crate) command: Option<Command>,

    /// The tenants that `--break` names.
    #[arg(skip)]
    pub(crate) broken: BTreeSet<Tenant>,
}

/// What it does instead of serving.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Looks after the databases of the tenants that are enrolled.
    Migrate(cli::Migrate),
}

/// How the result is written.
#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub(crate) enum Format {
    /// The report, and what was written and read, for a person
    #[default]
    Table,
    /// The report as one JSON object
    Json,
}

const EXAMPLES: &str = "\
Examples:
  many_tenants                                   fifty tenants, in a folder for temporary files
  many_tenants                                   again: nothing to do
  many_tenants --break tenant_7                  one of them is refused, 49 are served
  many_tenants                                   it is repaired and migrated
  many_tenants --data ./data --tenants 3 --format json | jq .failures
  many_tenants --migrate-only                    the report, and no traffic
  many_tenants --data ./data migrate status      where each tenant stands; nothing is written

The JSON object has the counts `contexts`, `migrated`, `up_to_date`, `ahead`,
`incompatible` and `failed`, and the list `failures`: for each refused tenant its
`namespace`, `database` and `reason`, and where a migration failed, the `module`,
`version`, `file` and `line`.

Exit code:
  0  every tenant is served
  1  a tenant is refused while the others are served, or nothing could be started at all
  2  the arguments are wrong
  3  `migrate status` found that something is pending";

impl Args {
    /// Reads the arguments, and ends the process with a message where they are wrong or ask for help.
    pub(crate) fn get() -> Self {
        let mut args = Self::parse();
        match tenants_named(&args.broken_names, args.tenants) {
            Ok(broken) => args.broken = broken,
            Err(message) => Self::command().error(ErrorKind::ValueValidation, message).exit(),
        }
        args
    }
}

fn tenants_named(names: &[String], count: u32) -> Result<BTreeSet<Tenant>, String> {
    let tenant = |name: &String| {
        Tenant::parse(name).filter(|tenant| tenant.number() <= count).ok_or_else(|| {
            let last = Tenant::all(count).last().map(|tenant| tenant.to_string()).unwrap_or_default();
            format!("--break {name}: there is no such tenant among the {count}, tenant_1 to {last}")
        })
    };
    names.iter().map(tenant).collect()
}

fn default_folder() -> PathBuf {
    std::env::temp_dir().join("many_tenants")
}

fn folder(path: &str) -> Result<PathBuf, String> {
    match path {
        "" => Err("a folder has a name".to_owned()),
        path if path.contains('?') => Err("the engine takes what follows a `?` for its options".to_owned()),
        path => Ok(path.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_arguments_are_defined_soundly() {
        Args::command().debug_assert();
    }

    #[test]
    fn only_tenants_of_the_fleet_can_be_broken() {
        let names = |names: &[&str]| names.iter().map(ToString::to_string).collect::<Vec<_>>();
        let broken = tenants_named(&names(&["tenant_3", "tenant_1", "tenant_3"]), 3).unwrap();
        assert_eq!(broken.into_iter().map(Tenant::number).collect::<Vec<_>>(), [1, 3]);

        for name in ["tenant_4", "tenant_0", "tenant_01", "tenant_", "3", ""] {
            let message = tenants_named(&names(&[name]), 3).unwrap_err();
            assert!(message.ends_with("tenant_1 to tenant_3"), "{message}");
        }
    }
}
