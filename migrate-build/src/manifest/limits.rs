use serde::Deserialize;

use crate::rules::{m013_long_text, m014_many_statements};

/// How large a migration may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Limits {
    /// In bytes of its text.
    pub(crate) text: usize,
    pub(crate) statements: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { text: m013_long_text::LIMIT, statements: m014_many_statements::LIMIT }
    }
}
