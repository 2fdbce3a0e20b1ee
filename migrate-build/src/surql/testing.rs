//! What the unit tests of rules and parser share.

use crate::{Diagnostics, Source};

/// What is said about a text.
pub(crate) fn diagnostics(text: &str) -> Diagnostics {
    let source = Source::new("V1__test.surql", text);
    crate::__check(&source)
}

/// The codes of what is said about a text, in order.
pub(crate) fn codes(text: &str) -> Vec<&'static str> {
    diagnostics(text).iter().map(|diagnostic| diagnostic.rule().code).collect()
}
