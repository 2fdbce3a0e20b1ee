use std::collections::BTreeMap;
use std::ops::Range;

use migrate_core::{Checksum, Version};
use serde::Deserialize;
use toml::Spanned;

use super::Manifest;
use crate::rules::m035_invalid_acceptance;
use crate::{Diagnostics, Source};

/// That the text of a version was corrected after it was shipped.
#[derive(Clone, Debug)]
pub(crate) struct Accepts {
    pub(crate) version: Version,
    /// Of the texts that count as the same migration.
    pub(crate) checksums: Vec<Checksum>,
    pub(crate) reason: String,
    /// Where it is said.
    pub(crate) range: Range<usize>,
}

/// One of `[accepts]`, as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AcceptsRow {
    checksums: Vec<Spanned<String>>,
    reason: Spanned<String>,
}

impl Manifest {
    pub(super) fn take_accepts(
        &mut self,
        source: &Source,
        accepts: BTreeMap<Spanned<String>, AcceptsRow>,
        diagnostics: &mut Diagnostics,
    ) {
        for (version, AcceptsRow { checksums: given, reason }) in accepts {
            let range = version.span();
            let Ok(number) = version.get_ref().parse() else {
                diagnostics.push(m035_invalid_acceptance::version(source, range));
                continue;
            };
            let text = reason.get_ref().trim();
            if text.is_empty() || text.chars().any(char::is_control) {
                diagnostics.push(m035_invalid_acceptance::reason(source, reason.span()));
            }
            if given.is_empty() {
                diagnostics.push(m035_invalid_acceptance::checksum(source, range.clone(), "no checksum is named"));
            }
            let mut checksums = Vec::new();
            for checksum in &given {
                match checksum.get_ref().parse::<Checksum>() {
                    Ok(parsed) if !checksums.contains(&parsed) => checksums.push(parsed),
                    Ok(_) => {
                        let twice = "this checksum is named twice";
                        diagnostics.push(m035_invalid_acceptance::checksum(source, checksum.span(), twice));
                    }
                    Err(error) => {
                        let error = error.to_string();
                        diagnostics.push(m035_invalid_acceptance::checksum(source, checksum.span(), &error));
                    }
                }
            }
            self.accepts.push(Accepts { version: number, checksums, reason: text.to_owned(), range });
        }
        self.accepts.sort_by_key(|accepts| accepts.version);
    }
}
