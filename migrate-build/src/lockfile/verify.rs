use migrate_core::Version;

use super::{Entry, Found};

/// One thing that is otherwise in the folder than in the lockfile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Finding<'a> {
    /// Its text is another one, and perhaps its name too.
    Edited { locked: &'a Entry, found: &'a Found },
    /// Its name is another one.
    Renamed { locked: &'a Entry, found: &'a Found },
    /// It is gone.
    Removed { locked: &'a Entry },
    /// It is new, and stands before one that is locked.
    Inserted { found: &'a Found },
    /// It has another version, though nothing was inserted or removed that would explain it.
    Reordered { locked: &'a Entry, found: &'a Found },
    /// It is new, and stands behind all that are locked.
    New { found: &'a Found },
}

/// Compares a folder with its lockfile, both in ascending order of version.
///
/// Migrations are recognised by their text first, so that inserting one and renumbering those behind it is reported as
/// the one mistake it is. Versions in `excused` are known to be missing for another reason, which was reported.
pub(crate) fn verify<'a>(locked: &'a [Entry], found: &'a [Found], excused: &[Version]) -> Vec<Finding<'a>> {
    let last = locked.last().map(|entry| entry.version);
    let mut unclaimed: Vec<&Found> = found.iter().collect();
    let mut claim = |is_it: &dyn Fn(&Found) -> bool| {
        let at = unclaimed.iter().position(|found| is_it(found))?;
        Some(unclaimed.remove(at))
    };
    let mut findings = Vec::new();

    // Four passes from the surest to the least sure, so that no migration is taken for another one.
    let mut open: Vec<&Entry> = Vec::new();
    for locked in locked {
        match claim(&|found| found.version == locked.version && found.checksum == locked.checksum) {
            Some(found) if found.file == locked.file => {}
            Some(found) => findings.push(Finding::Renamed { locked, found }),
            None => open.push(locked),
        }
    }
    open.retain(|&locked| match claim(&|found| found.file == locked.file) {
        Some(found) => {
            findings.push(Finding::Edited { locked, found });
            false
        }
        None => true,
    });
    let mut moved = Vec::new();
    open.retain(|&locked| match claim(&|found| found.checksum == locked.checksum) {
        Some(found) => {
            moved.push(Finding::Reordered { locked, found });
            false
        }
        None => true,
    });
    for locked in open {
        match claim(&|found| found.version == locked.version) {
            Some(found) => findings.push(Finding::Edited { locked, found }),
            None if excused.contains(&locked.version) => {}
            None => findings.push(Finding::Removed { locked }),
        }
    }
    for found in unclaimed {
        let is_behind = last.is_none_or(|last| last < found.version);
        findings.push(if is_behind { Finding::New { found } } else { Finding::Inserted { found } });
    }

    let explains = |finding: &Finding<'_>| matches!(finding, Finding::Inserted { .. } | Finding::Removed { .. });
    if !findings.iter().any(explains) {
        findings.extend(moved);
    }
    findings.sort_by_key(Finding::version);
    findings
}

impl Finding<'_> {
    const fn version(&self) -> Version {
        match self {
            Self::Edited { locked, .. }
            | Self::Renamed { locked, .. }
            | Self::Removed { locked }
            | Self::Reordered { locked, .. } => locked.version,
            Self::Inserted { found } | Self::New { found } => found.version,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::hash;

    /// A folder of files given as name and text; versions count from 1.
    fn folder(files: &[(String, String)]) -> Vec<Found> {
        let found = files.iter().zip(1..).map(|((name, text), version)| Found {
            version: Version::new(version).unwrap(),
            file: format!("V{version}__{name}.surql"),
            checksum: hash::checksum(text),
        });
        found.collect()
    }

    fn lock(found: &[Found]) -> Vec<Entry> {
        let entry = |found: &Found| {
            let Found { version, file, checksum } = found.clone();
            Entry { version, file, checksum, chain: checksum, corrected: Vec::new() }
        };
        found.iter().map(entry).collect()
    }

    /// The kinds of what was found, with the versions.
    fn kinds(locked: &[Entry], found: &[Found]) -> Vec<(&'static str, u64)> {
        let findings = verify(locked, found, &[]);
        let kind = |finding: &Finding<'_>| match finding {
            Finding::Edited { .. } => "edited",
            Finding::Renamed { .. } => "renamed",
            Finding::Removed { .. } => "removed",
            Finding::Inserted { .. } => "inserted",
            Finding::Reordered { .. } => "reordered",
            Finding::New { .. } => "new",
        };
        findings.iter().map(|finding| (kind(finding), finding.version().get())).collect()
    }

    fn files(names: &[&str]) -> Vec<(String, String)> {
        names.iter().map(|name| ((*name).to_owned(), format!("text of {name}"))).collect()
    }

    #[test]
    fn without_a_lockfile_all_are_new() {
        assert_eq!(kinds(&[], &folder(&files(&["a", "b"]))), [("new", 1), ("new", 2)]);
    }

    #[test]
    fn inserting_and_renumbering_is_one_mistake() {
        let locked = lock(&folder(&files(&["a", "b", "c"])));
        assert_eq!(kinds(&locked, &folder(&files(&["a", "new", "b", "c"]))), [("inserted", 2)]);
    }

    #[test]
    fn removing_and_renumbering_is_one_mistake() {
        let locked = lock(&folder(&files(&["a", "b", "c"])));
        assert_eq!(kinds(&locked, &folder(&files(&["a", "c"]))), [("removed", 2)]);
    }

    #[test]
    fn swapping_two_is_reordering() {
        let locked = lock(&folder(&files(&["a", "b", "c"])));
        assert_eq!(kinds(&locked, &folder(&files(&["a", "c", "b"]))), [("reordered", 2), ("reordered", 3)]);
    }

    #[test]
    fn another_name_and_another_text_is_an_edit() {
        let locked = lock(&folder(&files(&["a", "b"])));
        assert_eq!(kinds(&locked, &folder(&files(&["a", "other"]))), [("edited", 2)]);
    }

    #[test]
    fn inserting_between_timestamps_needs_no_renumbering() {
        let locked = lock(&folder(&files(&["a", "b", "c"])));
        let mut found = folder(&files(&["a", "b", "c", "d"]));
        let kept: Vec<_> = locked.iter().filter(|entry| entry.version.get() != 2).cloned().collect();
        assert_eq!(kinds(&kept, &found), [("inserted", 2), ("new", 4)]);
        found.remove(1);
        assert_eq!(kinds(&kept, &found), [("new", 4)]);
    }

    #[test]
    fn what_was_reported_already_is_not_called_removed() {
        let all = folder(&files(&["a", "b"]));
        let locked = lock(&all);
        assert_eq!(verify(&locked, &all[..1], &[Version::new(2).unwrap()]), []);
    }

    fn chains() -> impl Strategy<Value = (Vec<(String, String)>, usize)> {
        // Equal texts and equal names on purpose.
        proptest::collection::vec(("[ab]", "[xyz]{1,2}"), 1..7).prop_flat_map(|files| {
            let at = 0..files.len();
            (Just(files), at)
        })
    }

    proptest! {
        #[test]
        fn a_folder_agrees_with_its_own_lockfile((files, _) in chains()) {
            let found = folder(&files);
            prop_assert_eq!(kinds(&lock(&found), &found), []);
        }

        #[test]
        fn one_edit_is_one_edit((mut files, at) in chains()) {
            let locked = lock(&folder(&files));
            files[at].1.push('!');
            prop_assert_eq!(kinds(&locked, &folder(&files)), [("edited", at as u64 + 1)]);
        }

        #[test]
        fn one_renaming_is_one_renaming((mut files, at) in chains()) {
            let locked = lock(&folder(&files));
            files[at].0.push('z');
            prop_assert_eq!(kinds(&locked, &folder(&files)), [("renamed", at as u64 + 1)]);
        }

        #[test]
        fn one_removal_is_one_removal((files, at) in chains()) {
            let mut found = folder(&files);
            let locked = lock(&found);
            found.remove(at);
            prop_assert_eq!(kinds(&locked, &found), [("removed", at as u64 + 1)]);
        }

        #[test]
        fn one_insertion_is_one_insertion(names in proptest::collection::hash_set("[a-z]{2}", 1..7), at in 0..7usize) {
            let names: Vec<_> = names.iter().map(String::as_str).collect();
            let mut files = files(&names);
            let at = at % files.len();
            let locked = lock(&folder(&files));
            files.insert(at, ("new".to_owned(), "new".to_owned()));
            prop_assert_eq!(kinds(&locked, &folder(&files)), [("inserted", at as u64 + 1)]);
        }
    }
}
