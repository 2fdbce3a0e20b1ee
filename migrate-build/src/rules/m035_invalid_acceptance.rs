use std::ops::Range;

use migrate_core::Version;

use crate::{Diagnostic, Rule, Severity, Source};

pub(crate) static RULE: Rule = Rule {
    code: "M035",
    name: "invalid-acceptance",
    severity: Severity::Error,
    summary: "An entry of `accepts` is not possible",
    explanation: "It says that the text of a version was corrected after it was shipped, and why: \
                  `3 = { checksums = [\"sha256:…\"], reason = \"…\" }`, with the checksums of the texts that were shipped. \
                  Databases that have one of them are not asked to run the corrected one.",
};

const HELP: &str =
    "write `3 = { checksums = [\"sha256:…\"], reason = \"…\" }`, with the checksums that were shipped as V3";

pub(crate) fn version(source: &Source, range: Range<usize>) -> Diagnostic {
    Diagnostic::of_text(&RULE, source, range, "this is not a version", HELP)
}

pub(crate) fn reason(source: &Source, range: Range<usize>) -> Diagnostic {
    let help = "say why on one line: it is kept in the lockfile and in the log of every database";
    Diagnostic::of_text(&RULE, source, range, "an accepted checksum needs a reason", help)
}

pub(crate) fn checksum(source: &Source, range: Range<usize>, message: &str) -> Diagnostic {
    Diagnostic::of_text(&RULE, source, range, message.to_owned(), HELP)
}

pub(crate) fn absent(source: &Source, range: Range<usize>, version: Version) -> Diagnostic {
    Diagnostic::of_text(&RULE, source, range, format!("there is no V{version}"), "remove this entry")
}

pub(crate) fn present(source: &Source, range: Range<usize>, version: Version) -> Diagnostic {
    let message = format!("V{version} has this very checksum");
    Diagnostic::of_text(
        &RULE,
        source,
        range,
        message,
        "name the checksums of the texts before, not that of the present one",
    )
}

pub(crate) fn too_many(source: &Source, range: Range<usize>) -> Diagnostic {
    let message = "these are more histories than can be told apart";
    let help = "each accepted text doubles them, and 64 are the limit: remove those that no database has any more";
    Diagnostic::of_text(&RULE, source, range, message, help)
}
