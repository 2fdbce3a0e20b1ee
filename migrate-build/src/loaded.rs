use std::collections::BTreeMap;
use std::path::PathBuf;

use migrate_core::{
    Catalog, Change, Check, Checksum, Compatibility, Fresh, Link, Mode, Phase, PhaseWork, Statement, Undo, Version,
};

use crate::lockfile::{self, Correction, Entry};
use crate::{Contents, Diagnostics, Handover, Numbering, Source};

/// A migrations folder in which nothing is wrong: all that the build knows about a module.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Loaded {
    /// The module's name.
    pub module: String,
    /// The names that it had before.
    pub formerly: Vec<String>,
    /// The modules it needs, each with the version it must be at or behind.
    pub requires: Vec<(String, Version)>,
    /// Patterns over the names of objects that are none of its business.
    pub unmanaged: Vec<String>,
    /// The names that versions of it have.
    pub tags: BTreeMap<String, Version>,
    /// How its versions are given.
    pub numbering: Numbering,
    /// Its migrations, in ascending order of version.
    pub migrations: Vec<LoadedMigration>,
    /// How an empty database gets what the first of them lead to, where they do nothing but define things.
    pub fresh: Option<Fresh>,
    /// Every file that was read, sorted by name: the migrations, their down files, `migrations.toml` and
    /// `migrations.lock`.
    pub files: Vec<PathBuf>,
    /// One value for the names and contents of all those files.
    ///
    /// For each file in ascending order of the bytes of its name are hashed with SHA-256: the length of the name, the
    /// name, the length of the contents, the contents as they are on disk; lengths as 8 bytes, little-endian.
    pub digest: Checksum,
    /// What a person should know although nothing is wrong.
    pub warnings: Diagnostics,
}

/// One migration of a [`Loaded`] folder.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct LoadedMigration {
    /// Its version.
    pub version: Version,
    /// The name part of its file name.
    pub name: String,
    /// The text of its `description` directive, or nothing.
    pub description: String,
    /// Its file name within the folder.
    pub file: String,
    /// Its canonical text, under the path that diagnostics show.
    pub source: Source,
    /// The SHA-256 of its canonical text.
    pub checksum: Checksum,
    /// The SHA-256 of the predecessor's chain and this checksum.
    pub chain: Checksum,
    /// Whether an older binary can go on serving a context that has it.
    pub compatibility: Compatibility,
    /// How it is applied.
    pub mode: Mode,
    /// The modules that it needs by itself, each with the version it must be at or behind.
    pub requires: Vec<(String, Version)>,
    /// Whether the catalog may be put in its place on an empty database.
    pub contents: Contents,
    /// Why its text was corrected after it was shipped, or nothing.
    pub correction: String,
    /// What may be recorded of it beside its own checksum and chain, where a text was corrected after it was shipped.
    pub links: Vec<Link>,
    /// The texts that were shipped in its place, as the lockfile keeps them.
    pub corrected: Vec<Correction>,
    /// Whether it changed hands between two modules after it was shipped. Of one that was moved away, only its place in
    /// the chain is left: its text is empty.
    pub moved: Option<Handover>,
    /// Its statements, in order. Those of a phased migration are the ones of its start and its completion, where they stand in
    /// the file.
    pub statements: Vec<Statement>,
    /// What it does to the catalog.
    pub changes: Vec<Change>,
    /// What is worth asking about the rows that are there, before it is applied.
    pub checks: Vec<Check>,
    /// How it can be undone.
    pub undo: Undo,
    /// The steps of a phased one, in the order of their phases.
    pub steps: Vec<LoadedStep>,
    /// Why the start of a phased one cannot be taken back, or nothing.
    pub irreversible: String,
}

/// One step of a phased migration.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct LoadedStep {
    /// Its name, unique in the migration.
    pub id: String,
    /// The phase it belongs to.
    pub phase: Phase,
    /// What kind of work it is.
    pub work: PhaseWork,
    /// What is executed.
    pub text: String,
    /// Its statements, in order: each a range of the text, and the line of the file that it comes from.
    pub statements: Vec<Statement>,
    /// What it does to the catalog.
    pub changes: Vec<Change>,
}

/// What a person sees who opens the lockfile.
const HEADER: &str = "# Written by `cargo migrate lock`. What was shipped may not change: commit this file.\n";

impl Loaded {
    /// The text of the `migrations.lock` that locks every migration of the folder.
    ///
    /// It is TOML: one `[[migration]]` each with `version`, `file`, `checksum` and `chain`, and `corrected` where there was a
    /// correction, in ascending order of version.
    /// Nothing is written.
    pub fn lockfile(&self) -> String {
        let entry = |migration: &LoadedMigration| Entry {
            version: migration.version,
            file: migration.file.clone(),
            checksum: migration.checksum,
            chain: migration.chain,
            corrected: migration.corrected.clone(),
        };
        let entries: Vec<_> = self.migrations.iter().map(entry).collect();
        HEADER.to_owned() + &lockfile::render(&entries)
    }

    /// The schema after the migration of this version, and after all of them for `None`.
    pub fn catalog_at(&self, version: Option<Version>) -> Catalog {
        let until = |migration: &&LoadedMigration| version.is_none_or(|version| migration.version <= version);
        self.migrations.iter().take_while(until).flat_map(|migration| &migration.changes).collect()
    }
}
