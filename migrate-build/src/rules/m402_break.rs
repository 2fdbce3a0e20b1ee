use std::ops::Range;

use super::jump;
use crate::{Diagnostic, Rule, Source};

pub(crate) static RULE: Rule = jump::rule!("M402", "break-outside-loop", "BREAK");

pub(crate) fn diagnostic(source: &Source, range: Range<usize>) -> Diagnostic {
    jump::diagnostic(&RULE, "BREAK", source, range)
}
