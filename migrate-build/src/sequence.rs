use std::collections::BTreeMap;
use std::fmt;

use migrate_core::Version;

use crate::filename::{FileName, Slot};
use crate::read::{RawFile, RawFiles};
use crate::rules::{m007_duplicate_version, m008_version_gap, m009_down_without_up};
use crate::{Diagnostics, Folder};

/// The files of one migration.
#[derive(Clone, Debug)]
pub(crate) struct Files {
    pub(crate) slot: Slot,
    pub(crate) up: RawFile,
    pub(crate) down: Option<RawFile>,
}

/// The migrations in ascending order of version, and what stands beside them.
#[derive(Debug, Default)]
pub(crate) struct Sequence {
    pub(crate) migrations: Vec<Files>,
    pub(crate) manifest: Option<RawFile>,
    pub(crate) lockfile: Option<RawFile>,
    /// Versions about which something was reported already.
    pub(crate) excused: Vec<Version>,
}

/// What kind of file a migration is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Plain,
    Phased,
}

/// Puts the files of each migration together, and the migrations in order.
pub(crate) fn sequence(folder: &Folder, read: RawFiles, diagnostics: &mut Diagnostics) -> Sequence {
    let mut sequence = Sequence { excused: read.excused, ..Sequence::default() };
    let mut ups: BTreeMap<(Slot, Kind), Files> = BTreeMap::new();
    let mut downs = Vec::new();
    for file in read.files {
        match file.role.clone() {
            FileName::Up(slot) => _ = ups.insert((slot.clone(), Kind::Plain), Files { slot, up: file, down: None }),
            FileName::Phased(slot) => {
                ups.insert((slot.clone(), Kind::Phased), Files { slot, up: file, down: None });
            }
            FileName::Down(slot) => downs.push((slot, file)),
            FileName::Manifest => sequence.manifest = Some(file),
            FileName::Lockfile => sequence.lockfile = Some(file),
        }
    }
    for (slot, down) in downs {
        if let Some(files) = ups.get_mut(&(slot.clone(), Kind::Plain)) {
            files.down = Some(down);
        } else if !sequence.excused.contains(&slot.version) {
            let other =
                ups.values().find(|other| other.slot.version == slot.version).map(|other| other.up.name.as_str());
            let file = folder.file(&down.name);
            diagnostics.push(m009_down_without_up::diagnostic(file, &slot.up(), other));
        }
    }
    for files in ups.into_values() {
        match sequence.migrations.last() {
            Some(first) if first.slot.version == files.slot.version => {
                let (version, second) = (files.slot.version, &files.up.name);
                let shown = folder.file(second);
                diagnostics.push(m007_duplicate_version::diagnostic(shown, version, &first.up.name, second));
                sequence.excused.push(version);
            }
            _ => sequence.migrations.push(files),
        }
    }
    sequence
}

/// A run of versions that no file has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Missing {
    first: u64,
    last: u64,
}

impl Missing {
    pub(crate) const fn first(self) -> u64 {
        self.first
    }

    pub(crate) const fn is_one(self) -> bool {
        self.first == self.last
    }
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { first, last } = self;
        match last - first {
            0 => write!(f, "version {first}"),
            1 => write!(f, "versions {first} and {last}"),
            _ => write!(f, "versions {first} to {last}"),
        }
    }
}

/// Reports the versions from 1 on that are neither there nor in `known`, where their absence is told otherwise.
pub(crate) fn report_gaps(folder: &Folder, migrations: &[Files], known: &[Version], diagnostics: &mut Diagnostics) {
    let mut all: BTreeMap<Version, Option<&str>> = known.iter().map(|&version| (version, None)).collect();
    all.extend(migrations.iter().map(|files| (files.slot.version, Some(files.up.name.as_str()))));
    let mut after = None;
    let mut expected = Version::FIRST.get();
    for (version, file) in all {
        let called = file.map_or_else(|| format!("V{version}"), str::to_owned);
        if expected < version.get() {
            let missing = Missing { first: expected, last: version.get() - 1 };
            let shown = file.map_or_else(|| folder.to_string(), |file| folder.file(file));
            diagnostics.push(m008_version_gap::diagnostic(shown, missing, after.as_deref(), &called));
        }
        expected = version.get() + 1;
        after = Some(called);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sequenced(names: &[&str]) -> (Vec<String>, Vec<String>) {
        let file = |name: &&str| {
            let (role, name) = (FileName::parse(name).unwrap(), (*name).to_owned());
            RawFile { role, name, bytes: Vec::new() }
        };
        let read = RawFiles { files: names.iter().map(file).collect(), excused: Vec::new() };
        let mut diagnostics = Diagnostics::default();
        let folder = Folder::new("m");
        let sequence = sequence(&folder, read, &mut diagnostics);
        report_gaps(&folder, &sequence.migrations, &sequence.excused, &mut diagnostics);
        let called = |files: &Files| files.slot.up() + if files.down.is_some() { " and down" } else { "" };
        let said = diagnostics.iter().map(|one| format!("{} {}", one.rule().code, one.message()));
        (sequence.migrations.iter().map(called).collect(), said.collect())
    }

    #[test]
    fn order_is_that_of_numbers_and_not_of_names() {
        let versions = ["V10__j.surql", "V1__a.surql", "V2__b.down.surql", "V2__b.surql", "V9__i.surql", "V3__c.surql"];
        let more = ["V4__d.surql", "V5__e.surql", "V6__f.surql", "V7__g.surql", "V8__h.surql"];
        let (order, said) = sequenced(&[versions.as_slice(), &more].concat());
        assert_eq!(order[..3], ["V1__a.surql", "V2__b.surql and down", "V3__c.surql"]);
        assert_eq!(order[8..], ["V9__i.surql", "V10__j.surql"]);
        assert_eq!(said, [""; 0]);
    }

    #[test]
    fn a_version_taken_twice_names_both() {
        let (_, said) = sequenced(&["V1__a.surql", "V1__b.surql"]);
        assert_eq!(said, ["M007 version 1 is taken twice: by `V1__a.surql` and by `V1__b.surql`"]);
    }

    #[test]
    fn gaps_name_what_is_missing() {
        let (_, said) = sequenced(&["V2__a.surql", "V5__b.surql", "V9__c.surql"]);
        assert_eq!(
            said,
            [
                "M008 version 1 is missing: the first migration is `V2__a.surql`",
                "M008 versions 3 and 4 are missing: `V2__a.surql` is followed by `V5__b.surql`",
                "M008 versions 6 to 8 are missing: `V5__b.surql` is followed by `V9__c.surql`",
            ]
        );
        let (_, said) = sequenced(&["V1__a.surql", "V9223372036854775807__b.surql"]);
        assert_eq!(said.len(), 1);
    }

    #[test]
    fn a_down_file_needs_the_migration_of_its_very_name() {
        let (_, said) = sequenced(&["V1__a.surql", "V1__b.down.surql", "V2__c.surql", "V3__d.down.surql"]);
        assert_eq!(
            said,
            [
                "M009 this undoes `V1__b.surql`, which does not exist",
                "M009 this undoes `V3__d.surql`, which does not exist",
            ]
        );
    }
}
