use std::fmt;

use migrate_core::{Migration, Migrations, Object, StatementKind, Version};
use serde::{Serialize, Serializer};

use crate::context::Context;
use crate::outcome::Applied;
use crate::refusal::number;

/// What became of a database that was to be taken over.
///
/// `Display` is for a person.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
#[must_use = "it says which data migrations were taken as done"]
pub struct Takeover {
    /// The context.
    #[serde(flatten)]
    pub context: Context,
    /// How it ended.
    pub state: TakeoverState,
    /// The modules that are taken over, in the migrator's order. Those that the database has nothing of are not among
    /// them: they are still to be applied.
    pub modules: Vec<TakenOver>,
    /// What is in the database and no module ever defined, where that was [accepted](crate::Strangers::Accepted).
    #[serde(serialize_with = "texts")]
    pub strangers: Vec<Object>,
}

/// How taking a database over ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum TakeoverState {
    /// It could be done. Nothing was written.
    Planned,
    /// The rows were written.
    Recorded,
    /// The rows are there: they were written earlier, or by another replica.
    AlreadyRecorded,
    /// The database has nothing of any module.
    Nothing,
}

/// A module that is taken over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct TakenOver {
    /// Its name.
    pub module: &'static str,
    /// The version that the database is at.
    #[serde(serialize_with = "number")]
    pub version: Version,
    /// The migrations that are recorded as applied.
    pub migrations: Vec<Applied>,
    /// Those among them that do more than define things: what they do to rows is taken as done, and nobody has verified
    /// it.
    pub data: Vec<Applied>,
}

impl TakenOver {
    pub(crate) fn new(module: &'static Migrations, version: Version) -> Self {
        let chain = || module.iter().take_while(|migration| migration.version() <= version);
        let applied = |migration| Applied::of(module.module(), migration);
        Self {
            module: module.module(),
            version,
            migrations: chain().map(applied).collect(),
            data: chain().filter(|migration| writes_rows(migration)).map(applied).collect(),
        }
    }
}

/// Whether a migration does more than define things.
pub(crate) fn writes_rows(migration: &Migration) -> bool {
    use StatementKind::{
        Alter, Create, Define, Delete, Info, Insert, Let, Option, Rebuild, Relate, Remove, Select, Show,
    };
    migration.statements().iter().any(|statement| match statement.kind() {
        Define | Alter | Remove | Rebuild | Info | Select | Show | Option => false,
        Create | Delete | Insert | Relate | StatementKind::Update | StatementKind::Upsert => true,
        Let => statement.effect() > migrate_core::Effect::Additive,
        _ => statement.effect() > migrate_core::Effect::Neutral,
    })
}

impl fmt::Display for Takeover {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.state {
            TakeoverState::Planned => "would be taken over",
            TakeoverState::Recorded => "taken over",
            TakeoverState::AlreadyRecorded => "taken over before",
            TakeoverState::Nothing => "nothing to take over",
        })?;
        write!(f, "  {}", self.context)?;
        for TakenOver { module, version, data, .. } in &self.modules {
            write!(f, "\n  {module} at V{version}")?;
            if !data.is_empty() {
                let names: Vec<_> = data.iter().map(|one| format!("V{}__{}", one.version, one.name)).collect();
                write!(f, ", taking as done what {} did to rows", names.join(", "))?;
            }
        }
        if !self.strangers.is_empty() {
            write!(f, "\n  {} objects that no module defines", self.strangers.len())?;
        }
        Ok(())
    }
}

fn texts<S: Serializer>(objects: &[Object], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(objects.iter().map(ToString::to_string))
}
