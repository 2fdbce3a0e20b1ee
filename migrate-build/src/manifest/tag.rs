use std::collections::BTreeMap;
use std::ops::Range;

use migrate_core::Version;
use toml::Spanned;

use super::Manifest;
use crate::revision::is_tag;
use crate::rules::m037_invalid_tag;
use crate::{Diagnostics, Source};

/// A name for a version.
#[derive(Clone, Debug)]
pub(crate) struct Tag {
    pub(crate) name: String,
    pub(crate) version: Version,
    /// Where it is said.
    pub(crate) range: Range<usize>,
}

impl Manifest {
    pub(super) fn take_tags(
        &mut self,
        source: &Source,
        tags: &BTreeMap<Spanned<String>, Spanned<i64>>,
        diagnostics: &mut Diagnostics,
    ) {
        for (tag, version) in tags {
            let name = tag.get_ref();
            let number = u64::try_from(*version.get_ref()).ok().and_then(Version::new);
            match number {
                _ if !is_tag(name) => diagnostics.push(m037_invalid_tag::name(source, tag.span(), name)),
                None => diagnostics.push(m037_invalid_tag::version(source, version.span(), name)),
                Some(number) => self.tags.push(Tag { name: name.clone(), version: number, range: tag.span() }),
            }
        }
    }
}
