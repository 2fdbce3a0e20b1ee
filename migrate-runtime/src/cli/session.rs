use std::collections::BTreeMap;
use std::io::{self, Write};

use migrate_core::Version;
use serde::Serialize;

use super::error::CommandError;
use super::paint::painted;
use super::presentation::{Format, Presentation};
use super::selection::{Selected, Selection};
use super::table::plural;
use super::version_name::number;
use crate::context::Context;
use crate::counted::Counted;
use crate::fleet::Fleet;
use crate::{Database, Migrator, Registry};

/// What a command works with: a program's migrator, its connection, and which tenants it means unless told otherwise.
#[derive(Debug)]
#[must_use]
pub struct Session<'a, D> {
    pub(super) migrator: Migrator,
    pub(super) database: &'a D,
    pub(super) presentation: Presentation,
    pub(super) registry: Option<Registry>,
    fleet: Option<Fleet>,
    tags: BTreeMap<(String, String), Version>,
}

impl<'a, D> Session<'a, D> {
    /// A session without a fleet: each command line has to name its contexts.
    pub fn new(migrator: Migrator, database: &'a D) -> Self {
        Self {
            migrator,
            database,
            presentation: Presentation::default(),
            registry: None,
            fleet: None,
            tags: BTreeMap::new(),
        }
    }

    /// The contexts that are meant where the command line selects none.
    pub fn fleet(self, fleet: Fleet) -> Self {
        Self { fleet: Some(fleet), ..self }
    }

    /// The registry that the program's replicas join.
    pub fn registry(self, registry: Registry) -> Self {
        Self { registry: Some(registry), ..self }
    }

    /// Names for versions of a module, which a command line may give in their place. They are no part of what is embedded.
    pub fn tags(mut self, module: &str, tags: impl IntoIterator<Item = (String, Version)>) -> Self {
        self.tags.extend(tags.into_iter().map(|(tag, version)| ((module.to_owned(), tag), version)));
        self
    }

    /// How results are shown. [`Migrate`](super::Migrate) has options for it.
    pub fn presentation(self, presentation: Presentation) -> Self {
        Self { presentation, ..self }
    }

    /// The fleet of a command line that only reads.
    pub(super) fn select(&mut self, selection: Selection) -> Result<Fleet, CommandError> {
        match selection.selected()? {
            Selected::Named(contexts) => Ok(Fleet::contexts(contexts)),
            Selected::Found(fleet) => Ok(fleet),
            Selected::Program => self.own_fleet(),
        }
    }

    /// The context of a command line that is about one.
    pub(super) async fn select_one(&mut self, selection: Selection) -> Result<Context, CommandError>
    where
        D: Database,
    {
        let fleet = self.select(selection)?;
        let database = Counted::new(self.database, self.migrator.counters());
        let contexts = self.migrator.contexts_of(&database, fleet).await?;
        <[Context; 1]>::try_from(contexts).map(|[context]| context).map_err(|contexts| {
            let count = plural(contexts.len(), "database");
            CommandError::Usage(format!(
                "this is about one database at a time, not {count}: name it by `--ns` and `--db`"
            ))
        })
    }

    /// The name of the only module.
    pub(super) fn only_module(&self) -> Result<String, CommandError> {
        match &self.migrator.modules()[..] {
            [module] => Ok(module.module().to_owned()),
            modules => {
                let names: Vec<_> = modules.iter().map(|module| module.module()).collect();
                let why = format!("say which module is meant: there are {}", names.join(", "));
                Err(CommandError::Usage(why))
            }
        }
    }

    /// The version of a module that is named by its number or by a tag.
    pub(super) fn version(&self, module: &str, named: &str) -> Result<Version, CommandError> {
        let tagged = self.tags.get(&(module.to_owned(), named.to_owned())).copied();
        tagged.map_or_else(|| number(named), Ok).map_err(|error| {
            CommandError::Usage(format!("`{named}` is neither a version of {module} nor one of its tags: {error}"))
        })
    }

    pub(super) fn own_fleet(&mut self) -> Result<Fleet, CommandError> {
        self.fleet.take().ok_or(CommandError::NothingSelected)
    }

    /// Prints a result.
    pub(super) fn print(&self, json: &impl Serialize, table: impl FnOnce() -> String) -> Result<(), CommandError> {
        let mut stdout = io::stdout().lock();
        match self.presentation.format {
            Format::Table if self.presentation.color.colors(&stdout) => {
                writeln!(stdout, "{}", painted(table().trim_end()))?;
            }
            Format::Table => writeln!(stdout, "{}", table().trim_end())?,
            Format::Json => {
                serde_json::to_writer_pretty(&mut stdout, json).map_err(io::Error::from)?;
                writeln!(stdout)?;
            }
        }
        Ok(stdout.flush()?)
    }
}
