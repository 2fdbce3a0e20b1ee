use std::fmt::Write as _;

use super::Entry;

/// The lines of the lockfile for these entries.
pub(crate) fn render<'a>(entries: impl IntoIterator<Item = &'a Entry>) -> String {
    let mut text = String::new();
    for Entry { version, file, checksum, chain } in entries {
        // Writing into a string cannot fail. File names need no escapes: they were read by `FileName`.
        _ = write!(
            text,
            "\n[[migration]]\nversion = {version}\nfile = \"{file}\"\nchecksum = \"{checksum}\"\nchain = \"{chain}\"\n"
        );
    }
    text
}
