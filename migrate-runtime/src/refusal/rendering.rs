//! How values are told in JSON and in messages.

use std::fmt::Write;

use migrate_core::{Checksum, Version};
use serde::Serializer;

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature that serde calls")]
pub(crate) fn number<S: Serializer>(version: &Version, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64(version.get())
}

/// A value in its own words.
pub(crate) fn text<S: Serializer>(value: &impl std::fmt::Display, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(value)
}

/// What a message ends with that has several things to tell: each in a line of its own.
pub(crate) fn list(lines: &[impl std::fmt::Display]) -> String {
    let mut list = String::new();
    for line in lines {
        let _ = write!(list, "\n  {line}");
    }
    list
}

#[expect(clippy::ref_option, reason = "the signature that serde calls")]
pub(super) fn optional_text<S: Serializer>(value: &Option<Checksum>, serializer: S) -> Result<S::Ok, S::Error> {
    match value {
        Some(value) => serializer.collect_str(value),
        None => serializer.serialize_none(),
    }
}
