use clap::Args;

use super::error::CommandError;
use super::names;
use crate::context::Context;
use crate::fleet::Fleet;

// With `next_help_heading`, a command's own options would stand under it too.
const HEADING: &str = "Which databases";

/// Which contexts a command is about.
#[derive(Clone, Debug, Default, Args)]
pub struct Selection {
    /// The namespace of the databases that `--db` names.
    #[arg(help_heading = HEADING, long = "ns", value_name = "NAMESPACE", requires = "databases", conflicts_with_all = ["all_in", "registry"])]
    namespace: Option<String>,
    /// A database; can be given several times.
    #[arg(help_heading = HEADING, long = "db", value_name = "DATABASE", id = "databases", requires = "namespace")]
    databases: Vec<String>,
    /// Every database of this namespace.
    #[arg(help_heading = HEADING, long, value_name = "NAMESPACE", conflicts_with = "registry")]
    all_in: Option<String>,
    /// The contexts that this query gives: rows `{ namespace, database }` or `[namespace, database]`.
    #[arg(help_heading = HEADING, long, value_name = "QUERY", requires = "registry_in")]
    registry: Option<String>,
    /// The context in which that query runs.
    #[arg(help_heading = HEADING, long = "in", id = "registry_in", value_name = "NAMESPACE/DATABASE", requires = "registry", value_parser = names::context)]
    registry_in: Option<Context>,
}

/// Contexts that were selected, and by whom.
pub(super) enum Selected {
    /// By their names, on the command line.
    Named(Vec<Context>),
    /// Those that the database knows or lists.
    Found(Fleet),
    /// None on the command line: those of the program.
    Program,
}

impl Selection {
    /// The one namespace that the command line speaks of, if it does.
    pub(super) fn namespace(&self) -> Option<&str> {
        let registry = || self.registry_in.as_ref().map(Context::namespace);
        self.namespace.as_deref().or(self.all_in.as_deref()).or_else(registry)
    }

    /// The one database that the command line speaks of, if it does.
    pub(super) fn database(&self) -> Option<&str> {
        match &self.databases[..] {
            [database] => Some(database),
            [] => self.registry_in.as_ref().map(Context::database),
            _ => None,
        }
    }

    pub(super) fn selected(self) -> Result<Selected, CommandError> {
        match self {
            Self { namespace: Some(namespace), databases, .. } => {
                let contexts = databases.into_iter().map(|database| Context::new(namespace.clone(), database));
                let contexts: Result<Vec<_>, _> = contexts.collect();
                contexts.map(Selected::Named).map_err(|error| CommandError::Usage(error.to_string()))
            }
            Self { all_in: Some(namespace), .. } => Ok(Selected::Found(Fleet::databases_of(namespace))),
            Self { registry: Some(query), registry_in: Some(context), .. } => {
                Ok(Selected::Found(Fleet::registry(context, query)))
            }
            _ => Ok(Selected::Program),
        }
    }
}
