use std::fmt::Write as _;

use super::{Correction, Entry};

/// The lines of the lockfile for these entries.
pub(crate) fn render<'a>(entries: impl IntoIterator<Item = &'a Entry>) -> String {
    let mut text = String::new();
    for Entry { version, file, checksum, chain, corrected } in entries {
        // Writing into a string cannot fail. File names need no escapes: they were read by `FileName`.
        _ = write!(
            text,
            "\n[[migration]]\nversion = {version}\nfile = \"{file}\"\nchecksum = \"{checksum}\"\nchain = \"{chain}\"\n"
        );
        if !corrected.is_empty() {
            text.push_str("corrected = [\n");
            for Correction { checksum, reason } in corrected {
                let reason = reason.replace('\\', "\\\\").replace('"', "\\\"");
                _ = writeln!(text, "    {{ checksum = \"{checksum}\", reason = \"{reason}\" }},");
            }
            text.push_str("]\n");
        }
    }
    text
}
