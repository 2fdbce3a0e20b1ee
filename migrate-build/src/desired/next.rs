use std::fmt;

use migrate_core::{ObjectKind, Version};
use serde::Serialize;

use super::draft::{Draft, draft};
use super::link::{self, Link};
use super::own_words::plainly;
use super::rename::{self, Rename};
use super::start::{Dynamic, start};
use super::{Desired, rollout};
use crate::analysis::{Schema, between, run, without_other_secrets};
use crate::{Diagnostics, Loaded, MigrationName};

/// How the next migration shall be made.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Wish {
    /// Its name.
    pub name: MigrationName,
    /// What is known to have a new name.
    pub renames: Vec<Rename>,
    /// Whether what loses data or refuses older binaries may be written.
    pub consent: Consent,
    /// In how many steps it is rolled out.
    pub rollout: Rollout,
}

/// Whether what may do harm may be written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Consent {
    /// Nobody was asked yet.
    #[default]
    Ask,
    /// Somebody said so.
    Given,
}

/// In how many steps a change is rolled out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Rollout {
    /// In one: `V3__name.surql`.
    #[default]
    AtOnce,
    /// In phases: `V3__name.toml`.
    Phased,
}

/// The next migration of a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Next {
    /// Its version.
    pub version: Version,
    /// Its file name within the folder.
    pub file: String,
    /// The text of that file.
    pub text: String,
}

/// A change that loses data or refuses what an older binary does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Breakage {
    /// The rule that refuses it.
    pub code: &'static str,
    /// Its effect, as a word.
    pub effect: String,
    /// The statement.
    pub statement: String,
    /// Why it has this effect.
    pub reason: String,
}

/// Why there is no next migration.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum NextError {
    /// The folder leads to the desired schema already.
    Unchanged,
    /// No version is left.
    NoVersion,
    /// What the folder leads to is only known when it runs.
    Uncertain(Vec<Dynamic>),
    /// A rename that cannot be, and why.
    ImpossibleRename(Rename, String),
    /// What goes and what comes look like the same under new names.
    LikelyRenames(Vec<Rename>),
    /// It loses data or refuses what an older binary does.
    Breaking(Vec<Breakage>),
    /// The definitions make a migration that a build refuses.
    Invalid(Diagnostics),
    /// No older binary feels any of it, so that there is nothing to put off.
    Harmless,
    /// No order of the definitions was found that leads there.
    NoWay,
}

impl Wish {
    /// A plain migration of this name, as long as that harms nobody.
    pub const fn new(name: MigrationName) -> Self {
        Self { name, renames: Vec::new(), consent: Consent::Ask, rollout: Rollout::AtOnce }
    }
}

impl fmt::Display for Breakage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { code, effect, statement, reason } = self;
        let line = statement.lines().next().unwrap_or_default();
        let more = if statement.contains('\n') { " …" } else { "" };
        write!(f, "{effect} [{code}]: {line}{more}\n    {reason}")
    }
}

impl fmt::Display for NextError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unchanged => f.write_str("nothing changed: the folder leads to the desired schema already"),
            Self::NoVersion => write!(f, "there is no version behind V{}", Version::MAX),
            Self::Uncertain(objects) => {
                f.write_str("what the migrations make of this is only known when they run:")?;
                objects.iter().try_for_each(|one| write!(f, "\n  {one}"))?;
                f.write_str(
                    "\ndefine it anew in a migration, with plain values and `OVERWRITE`; then the next one can be derived",
                )
            }
            Self::ImpossibleRename(rename, why) => write!(f, "`--rename {rename}` is not possible: {why}"),
            Self::LikelyRenames(renames) => {
                f.write_str("something goes and something just like it comes, which would lose what is stored:")?;
                renames.iter().try_for_each(|one| {
                    let of = if one.before().table().is_some() { "its values" } else { "its rows" };
                    write!(f, "\n  {} goes, {} comes: `--rename {one}` takes {of} along", one.before(), one.after())
                })?;
                f.write_str("\nsay so, or say with `--force` that it is none")
            }
            Self::Breaking(breakages) => {
                f.write_str("this loses data, or refuses what an older binary does:")?;
                breakages.iter().try_for_each(|one| write!(f, "\n  {one}"))?;
                f.write_str(
                    "\n`--phased` writes it in phases that every running binary can live with, `--force` writes it as it is",
                )
            }
            Self::Invalid(diagnostics) => write!(f, "the desired schema would not pass a build\n\n{diagnostics}"),
            Self::Harmless => f.write_str("no older binary feels any of this: write it without `--phased`"),
            Self::NoWay => f.write_str(
                "no order of statements was found that leads to the desired schema: write this migration by hand",
            ),
        }
    }
}

impl std::error::Error for NextError {}

impl Loaded {
    /// The migration that leads from this folder's last schema to a desired one. `version` is the one that it gets.
    ///
    /// What it leads to was tried on the schema as the database would run it.
    ///
    /// # Errors
    ///
    /// Nothing changed; or the change would lose something, and nobody said yet that it may; or there is no such
    /// migration.
    pub fn next(&self, version: Version, desired: &Desired, wish: &Wish) -> Result<Next, NextError> {
        let (from, unknown) = start(self);
        if !unknown.is_empty() {
            return Err(NextError::Uncertain(unknown));
        }
        let to = &desired.schema;
        let impossible = |rename: &Rename, why| NextError::ImpossibleRename(rename.clone(), why);
        for rename in &wish.renames {
            if let Some(why) = rename.obstacle(&from, to, &wish.renames) {
                return Err(impossible(rename, why));
            }
        }
        let links = link::links(&from, to, &wish.renames).map_err(|(rename, why)| impossible(rename, why))?;
        for link in &links {
            if let Some(why) = link.obstacle(to, &wish.renames) {
                return Err(impossible(link.rename, why));
            }
        }
        let statements = way(&from, desired, &wish.renames, &links)?;
        if statements.is_empty() {
            return Err(NextError::Unchanged);
        }
        let likely = rename::likely(&from, to, &wish.renames);
        if !likely.is_empty() && wish.consent == Consent::Ask {
            return Err(NextError::LikelyRenames(likely));
        }
        let stem = format!("V{version}__{}", wish.name);
        let draft = draft(&from, &format!("{stem}.surql"), &statements)?;
        match wish.rollout {
            Rollout::AtOnce => {
                let text = draft.text(&wish.renames, &links, wish.consent).map_err(NextError::Breaking)?;
                Ok(Next { version, file: format!("{stem}.surql"), text })
            }
            Rollout::Phased if draft.breakages().is_empty() => Err(NextError::Harmless),
            Rollout::Phased => {
                let text = rollout::text(&from, to, &draft, &wish.renames).ok_or(NextError::NoWay)?;
                Ok(Next { version, file: format!("{stem}.toml"), text })
            }
        }
    }
}

/// The statements that lead from one schema to another, what is renamed being taken along.
fn way(from: &Schema, desired: &Desired, renames: &[Rename], links: &[Link<'_>]) -> Result<Vec<String>, NextError> {
    let to = &desired.schema;
    let direct = |from: &Schema, to: &Schema| {
        let derived = || between(&without_other_secrets(from, to), to);
        plainly(from, to, &desired.own).or_else(derived).ok_or(NextError::NoWay)
    };
    if renames.is_empty() {
        return direct(from, to);
    }
    // Values are copied where both sides are there: behind all that is added, before anything goes.
    let mut middle = from.clone();
    for (object, entry) in to.entries().filter(|(object, _)| object.kind() < ObjectKind::Index) {
        if from.get(object).is_none() {
            middle.set(object.clone(), Some(entry.clone()));
        }
    }
    let mut statements = direct(from, &middle)?;
    statements.extend(renames.iter().filter_map(|rename| rename.copy(from, links)));
    let mut now = from.clone();
    for statement in &statements {
        run(&mut now, statement).ok_or(NextError::NoWay)?;
    }
    statements.extend(direct(&now, to)?);
    statements.extend(link::updates(links, to));
    statements.extend(renames.iter().filter_map(|rename| rename.clear(from)));
    Ok(statements)
}

impl Draft {
    /// What of it needs somebody's consent.
    pub(super) fn breakages(&self) -> Vec<Breakage> {
        let breakage = |line: &super::draft::Line| {
            Some(Breakage {
                code: line.code?,
                effect: line.effect.to_string(),
                statement: line.shown(),
                reason: line.reason.clone(),
            })
        };
        self.lines.iter().filter_map(breakage).collect()
    }
}
