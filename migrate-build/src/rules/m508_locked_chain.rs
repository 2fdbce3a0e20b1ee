use std::ops::Range;

use migrate_core::Version;

use crate::{Diagnostic, Rule, Severity, Source};

pub(crate) static RULE: Rule = Rule {
    code: "M508",
    name: "locked-chain",
    severity: Severity::Error,
    summary: "`migrations.lock` contradicts itself",
    explanation: "The chain value of an entry is computed from the one before it and its own checksum. One that does \
                  not fit was edited by hand, or its lines were reordered. Get the committed lockfile back.",
};

/// What the chain should be is not said: pasting it would make the lockfile agree with whatever was changed.
pub(crate) fn diagnostic(source: &Source, range: Range<usize>, version: Version) -> Diagnostic {
    Diagnostic::of_text(
        &RULE,
        source,
        range,
        format!("the chain of V{version} does not follow from its checksum and the entries before it"),
        format!(
            "entries may not be edited, removed or reordered; get the committed ones back: `git checkout -- {}`",
            source.file()
        ),
    )
}
