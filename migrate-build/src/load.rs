use std::collections::HashMap;
use std::path::PathBuf;
use std::{error, fmt};

use migrate_core::{Change, Checksum, Compatibility, Fresh, FreshStatement, Mode, Statement, Undo, Version};

use crate::analysis::{AnalysedPhases, AnalysedStep, Analysis, FreshScript, Neighbours, analyse};
use crate::canonical::canonical;
use crate::discover::{Entry, discover};
use crate::draft::{Body, Draft, drafts};
use crate::filename::FileName;
use crate::handover::{Gone, Move, gone};
use crate::history::histories;
use crate::lockfile::{Checked, Found};
use crate::manifest::{Accepts, Limits, Manifest, Numbering, Tag};
use crate::read::{RawFile, RawFiles, digest, read};
use crate::rules::{
    m012_no_migration, m013_long_text, m014_many_statements, m033_invalid_requirement, m035_invalid_acceptance,
    m037_invalid_tag,
};
use crate::sequence::{report_gaps, sequence};
use crate::{
    Contents, Diagnostics, Folder, Loaded, LoadedMigration, LoadedStep, Severity, Source, hash, lockfile, policy,
};

/// How strict [`load`] is about migrations that `migrations.lock` does not hold yet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Locked {
    /// They are a warning.
    #[default]
    Warn,
    /// They are an error.
    Required,
}

/// What [`load`] is told besides the folder.
#[derive(Clone, Debug)]
pub struct Options {
    module: String,
    locked: Locked,
}

impl Options {
    /// `module` is the name of a module whose `migrations.toml` gives it none: that of the crate.
    pub fn new(module: impl Into<String>) -> Self {
        Self { module: module.into(), locked: Locked::Warn }
    }

    pub(crate) fn module(&self) -> &str {
        &self.module
    }

    /// How strict it is about migrations that are not locked yet.
    #[must_use]
    pub const fn locked(mut self, locked: Locked) -> Self {
        self.locked = locked;
        self
    }
}

/// Why a migrations folder cannot be used: everything that is wrong with it.
///
/// `Display` shows how much that is, and then all of it, as a person should see it.
#[derive(Clone, Debug)]
pub struct LoadError {
    folder: Folder,
    diagnostics: Diagnostics,
    migrations: Vec<LoadedMigration>,
}

impl LoadError {
    /// Everything that was found, warnings included.
    pub const fn diagnostics(&self) -> &Diagnostics {
        &self.diagnostics
    }

    /// Everything that was found, and the migrations as far as they could be made out all the same.
    pub fn into_parts(self) -> (Diagnostics, Vec<LoadedMigration>) {
        (self.diagnostics, self.migrations)
    }
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { folder, diagnostics, .. } = self;
        let errors = diagnostics.iter().filter(|diagnostic| diagnostic.severity() == Severity::Error).count();
        let plural = if errors == 1 { "" } else { "s" };
        write!(f, "{errors} error{plural} in the migrations folder `{folder}`\n\n{diagnostics}\n")
    }
}

impl error::Error for LoadError {}

/// Loads a migrations folder: discovers, names, reads, parses, analyses and hashes its migrations, and holds them
/// against the lockfile.
///
/// Build script, macro and command line all come through here, so they agree on every folder.
///
/// # Errors
///
/// Something is wrong with the folder. All that is wrong is reported at once.
///
/// # Examples
///
/// ```
/// # use std::fs;
/// # use migrate_build::{Folder, Options, load};
/// # let dir = tempfile::tempdir()?;
/// fs::write(dir.path().join("V1__users.surql"), "DEFINE TABLE user SCHEMAFULL;\n")?;
/// fs::write(dir.path().join("V2_posts.surql"), "DEFINE TABLE post SCHEMAFULL;\n")?;
/// let error = load(&Folder::new(dir.path()), &Options::new("app")).unwrap_err();
/// assert!(error.to_string().contains("rename it to `V2__posts.surql`"));
///
/// fs::rename(dir.path().join("V2_posts.surql"), dir.path().join("V2__posts.surql"))?;
/// let loaded = load(&Folder::new(dir.path()), &Options::new("app"))?;
/// assert_eq!((loaded.module.as_str(), loaded.migrations.len()), ("app", 2));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn load(folder: &Folder, options: &Options) -> Result<Loaded, LoadError> {
    let mut diagnostics = Diagnostics::default();
    let loaded = discover(folder, &mut diagnostics).and_then(|entries| {
        let files = entries.iter().map(|Entry { path, .. }| path.clone()).collect();
        let raw = read(folder, entries, &mut diagnostics);
        assemble(folder, options, files, raw, &mut diagnostics)
    });
    match loaded {
        Some(loaded) if !diagnostics.has_errors() => Ok(Loaded { warnings: diagnostics, ..loaded }),
        loaded => {
            let migrations = loaded.map(|loaded| loaded.migrations).unwrap_or_default();
            Err(LoadError { folder: folder.clone(), diagnostics, migrations })
        }
    }
}

/// The part without input and output: from the bytes of the files to all that is known about them.
fn assemble(
    folder: &Folder,
    options: &Options,
    files: Vec<PathBuf>,
    raw: RawFiles,
    diagnostics: &mut Diagnostics,
) -> Option<Loaded> {
    let digest = digest(&raw.files);
    let mut sequence = sequence(folder, raw, diagnostics);

    let toml = text(folder, sequence.manifest.as_ref(), diagnostics);
    let manifest = Manifest::parse(folder, toml.as_ref(), &options.module, diagnostics);
    let drafts = drafts(folder, &sequence.migrations, &mut sequence.excused, diagnostics);
    let mut found: Vec<_> = drafts.iter().map(Draft::found).collect();
    let lock = text(folder, sequence.lockfile.as_ref(), diagnostics);
    let moves = manifest.as_ref().map_or(&[][..], |manifest| &manifest.moved);
    let gone = match &toml {
        Some(toml) => {
            let locked = lock.as_ref().and_then(|lock| lockfile::parse(lock).ok()).unwrap_or_default();
            gone(toml, moves, &found, &locked, diagnostics)
        }
        None => Vec::new(),
    };
    found.extend(gone.iter().map(Gone::found));
    found.sort_by_key(|found| found.version);
    let accepts = manifest.as_ref().map_or(&[][..], |manifest| &manifest.accepts);
    if let Some(toml) = &toml {
        check_accepts(toml, accepts, &found, diagnostics);
        let tags = manifest.as_ref().map_or(&[][..], |manifest| &manifest.tags);
        check_tags(toml, tags, &found, diagnostics);
    }
    let Checked { versions: locked, corrected } =
        lockfile::check(folder, lock.as_ref(), &found, &sequence.excused, accepts, options.locked, diagnostics);

    // A locked version that is gone is told as such, and not once more as a gap.
    let known = [sequence.excused, locked].concat();
    if manifest.as_ref().is_some_and(|manifest| manifest.numbering == Numbering::Sequential) {
        report_gaps(folder, &sequence.migrations, &known, diagnostics);
    }
    if sequence.migrations.is_empty() && known.is_empty() {
        diagnostics.push(m012_no_migration::diagnostic(folder));
    }

    if let Some(manifest) = &manifest {
        refuse_itself(manifest, &drafts, diagnostics);
        refuse_large(manifest.limits, &drafts, diagnostics);
    }
    let requires = manifest.as_ref().map_or(&[][..], |manifest| &manifest.requires);
    let analyses = analyse(&drafts, neighbours(requires, moves, &drafts, &gone), diagnostics);
    let settings = manifest.as_ref().map_or(&[][..], |manifest| &manifest.settings);
    *diagnostics = policy::apply(std::mem::take(diagnostics), &drafts, settings);

    let histories = manifest.as_ref().and_then(|manifest| {
        let accepted = |found: &Found| {
            let accepts = manifest.accepts.iter().find(|accepts| accepts.version == found.version);
            (found.checksum, accepts.map(|accepts| accepts.checksums.clone()).unwrap_or_default())
        };
        let histories = histories(&found.iter().map(accepted).collect::<Vec<_>>());
        if let (Err(_), Some(last), Some(toml)) = (&histories, manifest.accepts.last(), &toml) {
            diagnostics.push(m035_invalid_acceptance::too_many(toml, last.range.clone()));
        }
        histories.ok()
    });
    let Manifest { module, formerly, requires, unmanaged, accepts, moved, tags, numbering, .. } = manifest?;
    let (analyses, script) = analyses?;
    let mut migrations = link(folder, drafts, analyses, gone);
    for (migration, links) in migrations.iter_mut().zip(histories?) {
        let accepts = accepts.iter().find(|accepts| accepts.version == migration.version);
        migration.correction = accepts.map(|accepts| accepts.reason.clone()).unwrap_or_default();
        // The first is its own.
        migration.links = links.into_iter().skip(1).collect();
        migration.corrected = corrected.get(&migration.version).cloned().unwrap_or_default();
        migration.moved = moved.iter().find(|one| one.version == migration.version).map(|one| one.handover.clone());
    }
    let fresh = script.map(|script| fresh(script, &migrations));
    let tags = tags.into_iter().map(|tag| (tag.name, tag.version)).collect();
    Some(Loaded {
        module,
        formerly,
        requires,
        unmanaged,
        tags,
        numbering,
        migrations,
        fresh,
        files,
        digest,
        warnings: Diagnostics::default(),
    })
}

fn text(folder: &Folder, file: Option<&RawFile>, diagnostics: &mut Diagnostics) -> Option<Source> {
    let file = file?;
    canonical(folder.file(&file.name), &file.bytes).map_err(|diagnostic| diagnostics.push(diagnostic)).ok()
}

/// Refuses acceptances that stand for nothing.
fn check_accepts(toml: &Source, accepts: &[Accepts], found: &[Found], diagnostics: &mut Diagnostics) {
    for Accepts { version, checksums, range, .. } in accepts {
        match found.iter().find(|found| found.version == *version) {
            None => diagnostics.push(m035_invalid_acceptance::absent(toml, range.clone(), *version)),
            Some(found) if checksums.contains(&found.checksum) => {
                diagnostics.push(m035_invalid_acceptance::present(toml, range.clone(), *version));
            }
            Some(_) => {}
        }
    }
}

/// Refuses migrations that are larger than the module allows.
fn refuse_large(limits: Limits, drafts: &[Draft], diagnostics: &mut Diagnostics) {
    for draft in drafts {
        if draft.source.text().len() > limits.text {
            diagnostics.push(m013_long_text::diagnostic(&draft.source, limits.text));
        }
        let statements = match &draft.body {
            Some(Body::Statements(statements)) => statements.len(),
            Some(Body::Phased(steps)) => steps.iter().map(|step| step.statements.len()).sum(),
            None => 0,
        };
        if statements > limits.statements {
            diagnostics.push(m014_many_statements::diagnostic(&draft.source, statements, limits.statements));
        }
    }
}

/// What the folder says of other modules: what a migration was moved from or to stands before what comes behind it.
fn neighbours(requires: &[(String, Version)], moves: &[Move], drafts: &[Draft], gone: &[Gone]) -> Neighbours {
    let of_all = drafts.first().filter(|_| !requires.is_empty()).map(|draft| draft.slot.version);
    let own = drafts.iter().find(|draft| !draft.header.requires.is_empty()).map(|draft| draft.slot.version);
    let handed = moves.first().map(|one| one.version);
    Neighbours {
        since: [of_all, own, handed].into_iter().flatten().min(),
        gone: gone.first().map(|gone| gone.entry.version),
    }
}

/// Refuses tags of versions that are not there.
fn check_tags(toml: &Source, tags: &[Tag], found: &[Found], diagnostics: &mut Diagnostics) {
    for Tag { name, version, range } in tags {
        if !found.iter().any(|found| found.version == *version) {
            diagnostics.push(m037_invalid_tag::absent(toml, range.clone(), name, *version));
        }
    }
}

/// Refuses migrations that require their own module, by whichever of its names.
fn refuse_itself(manifest: &Manifest, drafts: &[Draft], diagnostics: &mut Diagnostics) {
    let is_itself = |name: &String| *name == manifest.module || manifest.formerly.contains(name);
    for draft in drafts {
        for requires in draft.header.requires.iter().filter(|requires| is_itself(&requires.module)) {
            let range = requires.range.clone();
            diagnostics.push(m033_invalid_requirement::itself(&draft.source, range, &requires.module));
        }
    }
}

/// Chains the migrations, those that are gone included, and puts together what is known of each.
fn link(folder: &Folder, drafts: Vec<Draft>, analyses: Vec<Analysis>, gone: Vec<Gone>) -> Vec<LoadedMigration> {
    let here = drafts.into_iter().zip(analyses).map(|(draft, analysis)| present(draft, analysis));
    let mut migrations: Vec<_> = here.chain(gone.into_iter().map(|gone| absent(folder, gone))).collect();
    migrations.sort_by_key(|migration| migration.version);
    let mut predecessor: Option<Checksum> = None;
    for migration in &mut migrations {
        migration.chain = hash::chain(predecessor, migration.checksum);
        predecessor = Some(migration.chain);
    }
    migrations
}

/// A migration of which the file is here, not yet behind any other.
fn present(draft: Draft, analysis: Analysis) -> LoadedMigration {
    let mode = draft.mode();
    let (steps, irreversible) = analysis.phases.map_or_else(Default::default, phases);
    LoadedMigration {
        version: draft.slot.version,
        name: draft.slot.name,
        description: draft.header.description.clone().unwrap_or_default(),
        file: draft.file,
        source: draft.source,
        checksum: draft.checksum,
        chain: hash::chain(None, draft.checksum),
        compatibility: analysis.compatibility,
        mode,
        requires: draft.header.requires.into_iter().map(|one| (one.module, one.version)).collect(),
        contents: analysis.contents,
        correction: String::new(),
        links: Vec::new(),
        corrected: Vec::new(),
        moved: None,
        statements: analysis.statements,
        changes: analysis.changes,
        checks: analysis.checks,
        undo: analysis.undo,
        steps,
        irreversible,
    }
}

/// What is left of one that was moved away.
fn absent(folder: &Folder, Gone { entry, handover }: Gone) -> LoadedMigration {
    let name = match FileName::parse(&entry.file) {
        Ok(FileName::Up(slot) | FileName::Phased(slot)) => slot.name,
        // The lockfile holds no other.
        _ => String::new(),
    };
    LoadedMigration {
        version: entry.version,
        name,
        description: String::new(),
        source: Source::new(folder.file(&entry.file), ""),
        file: entry.file,
        checksum: entry.checksum,
        chain: entry.chain,
        compatibility: Compatibility::Compatible,
        mode: Mode::Transaction,
        requires: Vec::new(),
        contents: Contents::More,
        correction: String::new(),
        links: Vec::new(),
        corrected: Vec::new(),
        undo: Undo::None { reason: format!("it is V{} of `{}` now", handover.version, handover.module).into() },
        moved: Some(handover),
        statements: Vec::new(),
        changes: Vec::new(),
        checks: Vec::new(),
        steps: Vec::new(),
        irreversible: String::new(),
    }
}

fn phases(phases: AnalysedPhases) -> (Vec<LoadedStep>, String) {
    let step = |AnalysedStep { id, phase, work, text, statements, changes }| LoadedStep {
        id,
        phase,
        work,
        text,
        statements,
        changes,
    };
    (phases.steps.into_iter().map(step).collect(), phases.irreversible)
}

/// A script as the runtime takes it, which names texts that are embedded anyway.
fn fresh(script: FreshScript, migrations: &[LoadedMigration]) -> Fresh {
    let mut known: HashMap<&str, FreshStatement> = HashMap::new();
    for (at, one) in migrations.iter().enumerate() {
        let Ok(migration) = u32::try_from(at) else { break };
        for (change, definition) in (0..).zip(one.changes.iter().map(Change::definition)) {
            if let Some(definition) = definition {
                known.insert(definition, FreshStatement::Change { migration, change });
            }
        }
        for (statement, range) in (0..).zip(one.statements.iter().map(Statement::range)) {
            if let Some(text) = one.source.text().get(range) {
                known.entry(text).or_insert(FreshStatement::Statement { migration, statement });
            }
        }
    }
    let FreshScript { migrations, statements } = script;
    let statement = |text: String| known.get(&*text).cloned().unwrap_or(FreshStatement::Text(text.into()));
    let statements: Vec<_> = statements.into_iter().map(statement).collect();
    Fresh::__new(u32::try_from(migrations).unwrap_or(u32::MAX), statements.into())
}
