use std::ops::Range;

use super::jump;
use crate::{Diagnostic, Rule, Source};

pub(crate) static RULE: Rule = jump::rule!("M403", "continue-outside-loop", "CONTINUE");

pub(crate) fn diagnostic(source: &Source, range: Range<usize>) -> Diagnostic {
    jump::diagnostic(&RULE, "CONTINUE", source, range)
}
