use migrate_core::{Checksum, Version};

/// A locked migration: one `[[migration]]` of the lockfile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) version: Version,
    pub(crate) file: String,
    pub(crate) checksum: Checksum,
    pub(crate) chain: Checksum,
    /// The texts that were shipped under this version before, oldest first.
    pub(crate) corrected: Vec<Correction>,
}

/// A text that was shipped and then corrected.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Correction {
    /// The checksum of the text that was shipped.
    pub checksum: Checksum,
    /// Why it was corrected.
    pub reason: String,
}

/// A migration as it is in the folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) version: Version,
    pub(crate) file: String,
    pub(crate) checksum: Checksum,
}

/// How a shipped file is had back, as the end of a help.
pub(crate) fn restore(path: &str) -> String {
    format!("`git checkout <commit> -- {path}` (`git log -- {path}` lists the commits)")
}

/// The path of a file beside another one, as both are shown.
pub(crate) fn shipped_path(beside: &str, file: &str) -> String {
    match beside.rsplit_once('/') {
        Some((folder, _)) => format!("{folder}/{file}"),
        None => file.to_owned(),
    }
}
