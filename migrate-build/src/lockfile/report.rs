use std::collections::BTreeMap;

use migrate_core::Version;

use super::{Correction, Entry, Finding, Found, parse, render, verify};
use crate::manifest::Accepts;
use crate::rules::{m503_locked_edited, m504_locked_renamed, m505_locked_removed, m506_locked_inserted};
use crate::rules::{m507_locked_reordered, m509_not_locked, m510_correction_not_locked};
use crate::{Diagnostic, Diagnostics, Folder, Locked, Severity, Source, hash};

/// What a lockfile knows of a folder.
#[derive(Debug, Default)]
pub(crate) struct Checked {
    /// The versions that are locked.
    pub(crate) versions: Vec<Version>,
    /// The texts that were shipped before the present ones, oldest first.
    pub(crate) corrected: BTreeMap<Version, Vec<Correction>>,
}

/// Holds a folder against its lockfile, reports every difference, and returns what is locked.
///
/// No lockfile is the same as an empty one. One that cannot be read is reported, and nothing is held against it.
pub(crate) fn check(
    folder: &Folder,
    lockfile: Option<&Source>,
    found: &[Found],
    excused: &[Version],
    accepts: &[Accepts],
    policy: Locked,
    diagnostics: &mut Diagnostics,
) -> Checked {
    let mut locked = match lockfile.map_or_else(|| Ok(Vec::new()), parse) {
        Ok(locked) => locked,
        Err(diagnostic) => {
            diagnostics.push(diagnostic);
            return Checked::default();
        }
    };
    let severity = match policy {
        Locked::Required => Severity::Error,
        Locked::Warn => Severity::Warning,
    };
    for found in correct(&mut locked, found, accepts) {
        diagnostics.push(m510_correction_not_locked::diagnostic(folder, found, severity));
    }
    let mut new = Vec::new();
    for finding in verify(&locked, found, excused) {
        match finding {
            Finding::New { found } => new.push(found),
            finding => diagnostics.extend(explain(folder, &locked, found, &finding)),
        }
    }
    if !new.is_empty() {
        let files: Vec<_> = new.iter().map(|found| found.file.as_str()).collect();
        let lines = render(&entries(locked.last(), &new));
        let lines = lines.trim_end();
        diagnostics.push(m509_not_locked::diagnostic(folder, &files, lines, severity));
    }
    let versions = locked.iter().map(|entry| entry.version).collect();
    let corrected = locked.into_iter().filter(|entry| !entry.corrected.is_empty());
    Checked { versions, corrected: corrected.map(|entry| (entry.version, entry.corrected)).collect() }
}

/// Puts the texts that may take the place of those that were shipped into the entries, with what was there before into their
/// history; gives the migrations for which it did.
fn correct<'a>(locked: &mut [Entry], found: &'a [Found], accepts: &[Accepts]) -> Vec<&'a Found> {
    let mut corrected = Vec::new();
    let mut predecessor = None;
    for entry in locked {
        let now = found.iter().find(|found| found.version == entry.version && found.checksum != entry.checksum);
        let accepts = accepts.iter().find(|accepts| accepts.version == entry.version);
        let accepts = accepts.filter(|accepts| accepts.checksums.contains(&entry.checksum));
        if let (Some(now), Some(accepts)) = (now, accepts) {
            let reason = accepts.reason.clone();
            entry.corrected.push(Correction { checksum: entry.checksum, reason });
            entry.checksum = now.checksum;
            corrected.push(now);
        }
        entry.chain = hash::chain(predecessor, entry.checksum);
        predecessor = Some(entry.chain);
    }
    corrected
}

/// The entries that lock these migrations behind the last locked one.
fn entries(last: Option<&Entry>, new: &[&Found]) -> Vec<Entry> {
    let mut chain = last.map(|entry| entry.chain);
    let entry = |found: &&Found| {
        let link = hash::chain(chain, found.checksum);
        chain = Some(link);
        Entry {
            version: found.version,
            file: found.file.clone(),
            checksum: found.checksum,
            chain: link,
            corrected: Vec::new(),
        }
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
