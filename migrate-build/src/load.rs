//! From a folder to all that is known about its migrations.

mod checks;
mod error;
mod fresh;
mod link;
mod options;

use std::path::PathBuf;

use migrate_core::Version;

use self::checks::{check_accepts, check_tags, refuse_itself, refuse_large};
pub use self::error::LoadError;
use self::fresh::fresh;
use self::link::link;
pub use self::options::{Locked, Options};
use crate::analysis::{Neighbours, analyse};
use crate::canonical::canonical;
use crate::discover::{Entry, discover};
use crate::draft::{Draft, drafts};
use crate::handover::{Gone, Move, gone};
use crate::history::histories;
use crate::lockfile::{Checked, Found};
use crate::manifest::{Manifest, Numbering};
use crate::read::{RawFile, RawFiles, digest, read};
use crate::rules::{m012_no_migration, m035_invalid_acceptance};
use crate::sequence::{report_gaps, sequence};
use crate::{Diagnostics, Folder, Loaded, Source, lockfile, policy};

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
            Err(LoadError::new(folder.clone(), diagnostics, migrations))
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
    let manifest = Manifest::parse(folder, toml.as_ref(), options.module(), diagnostics);
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
        lockfile::check(folder, lock.as_ref(), &found, &sequence.excused, accepts, options.locking(), diagnostics);

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
