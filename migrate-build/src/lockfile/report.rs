use migrate_core::Version;

use super::{Entry, Finding, Found, parse, render, verify};
use crate::rules::{m503_locked_edited, m504_locked_renamed, m505_locked_removed, m506_locked_inserted};
use crate::rules::{m507_locked_reordered, m509_not_locked};
use crate::{Diagnostic, Diagnostics, Folder, Locked, Severity, Source, hash};

/// Holds a folder against its lockfile, reports every difference, and returns the versions that are locked.
///
/// No lockfile is the same as an empty one. One that cannot be read is reported, and nothing is held against it.
pub(crate) fn check(
    folder: &Folder,
    lockfile: Option<&Source>,
    found: &[Found],
    excused: &[Version],
    policy: Locked,
    diagnostics: &mut Diagnostics,
) -> Vec<Version> {
    let locked = match lockfile.map_or_else(|| Ok(Vec::new()), parse) {
        Ok(locked) => locked,
        Err(diagnostic) => {
            diagnostics.push(diagnostic);
            return Vec::new();
        }
    };
    let mut new = Vec::new();
    for finding in verify(&locked, found, excused) {
        match finding {
            Finding::New { found } => new.push(found),
            finding => diagnostics.extend(explain(folder, &locked, found, &finding)),
        }
    }
    if !new.is_empty() {
        let severity = match policy {
            Locked::Required => Severity::Error,
            Locked::Warn => Severity::Warning,
        };
        let files: Vec<_> = new.iter().map(|found| found.file.as_str()).collect();
        let lines = render(&entries(locked.last(), &new));
        let lines = lines.trim_end();
        diagnostics.push(m509_not_locked::diagnostic(folder, &files, lines, severity));
    }
    locked.into_iter().map(|entry| entry.version).collect()
}

/// The entries that lock these migrations behind the last locked one.
fn entries(last: Option<&Entry>, new: &[&Found]) -> Vec<Entry> {
    let mut chain = last.map(|entry| entry.chain);
    let entry = |found: &&Found| {
        let link = hash::chain(chain, found.checksum);
        chain = Some(link);
        Entry { version: found.version, file: found.file.clone(), checksum: found.checksum, chain: link }
    };
    new.iter().map(entry).collect()
}

fn explain(folder: &Folder, locked: &[Entry], all: &[Found], finding: &Finding<'_>) -> Option<Diagnostic> {
    let latest = all.last().map(|found| found.version).max(locked.last().map(|entry| entry.version));
    Some(match *finding {
        Finding::Edited { locked, found } => {
            m503_locked_edited::diagnostic(folder.file(&found.file), locked, found, latest.and_then(Version::next))
        }
        Finding::Renamed { locked, found } => m504_locked_renamed::diagnostic(folder.file(&found.file), locked, found),
        Finding::Removed { locked } => m505_locked_removed::diagnostic(folder.file(&locked.file), locked),
        Finding::Inserted { found } => {
            let before = locked.iter().find(|entry| entry.version >= found.version)?;
            m506_locked_inserted::diagnostic(folder.file(&found.file), found, before, locked.last()?)
        }
        Finding::Reordered { locked, found } => {
            m507_locked_reordered::diagnostic(folder.file(&found.file), locked, found)
        }
        Finding::New { .. } => return None,
    })
}
