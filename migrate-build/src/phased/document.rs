use std::collections::BTreeMap;
use std::ops::Range;

use migrate_core::{Phase, Version};
use serde::Deserialize;
use toml::Spanned;

use crate::directive::{Allow, Requires};
use crate::header::{Header, Irreversible};
use crate::module_name::is_module_name;
use crate::rules::m026_long_description::{self, LIMIT};
use crate::rules::{m025_invalid_allow, m033_invalid_requirement, m040_invalid_phased_migration};
use crate::{Diagnostics, RULES, Source};

/// The file as TOML.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Document {
    description: Option<Spanned<String>>,
    irreversible: Option<Spanned<String>>,
    #[serde(default)]
    requires: BTreeMap<Spanned<String>, Spanned<i64>>,
    #[serde(default)]
    allow: BTreeMap<Spanned<String>, Spanned<String>>,
    #[serde(default)]
    pub(super) step: Vec<StepRow>,
}

/// One `[[step]]`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StepRow {
    pub(super) id: Spanned<String>,
    pub(super) phase: PhaseWord,
    pub(super) sql: Option<Spanned<String>>,
    pub(super) assert: Option<Spanned<String>>,
    pub(super) expect: Option<Spanned<toml::Value>>,
    pub(super) backfill: Option<Spanned<BackfillRow>>,
}

/// The name of a phase.
#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum PhaseWord {
    Start,
    Complete,
    Rollback,
}

/// `backfill = { … }`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct BackfillRow {
    pub(super) table: Spanned<String>,
    pub(super) set: Spanned<String>,
    #[serde(rename = "where")]
    pub(super) condition: Spanned<String>,
    pub(super) batch: Option<Spanned<i64>>,
}

impl From<PhaseWord> for Phase {
    fn from(word: PhaseWord) -> Self {
        match word {
            PhaseWord::Start => Self::Start,
            PhaseWord::Complete => Self::Complete,
            PhaseWord::Rollback => Self::Rollback,
        }
    }
}

/// Reads the file; `None` when it is not what it must be, which is reported.
pub(super) fn parse(source: &Source, diagnostics: &mut Diagnostics) -> Option<Document> {
    let parsed = toml::from_str(source.text());
    parsed.map_err(|error| diagnostics.push(m040_invalid_phased_migration::diagnostic(source, &error))).ok()
}

/// What stands at the top of the file, as the directives of another migration would say it.
pub(super) fn header(source: &Source, document: &Document, diagnostics: &mut Diagnostics) -> Header {
    let mut header = Header::default();
    if let Some(description) = &document.description {
        let text = description.get_ref().trim();
        match text.chars().count() {
            _ if text.chars().any(char::is_control) || text.is_empty() => {
                diagnostics.push(m040_invalid_phased_migration::no_line(source, description.span(), "description"));
            }
            0..=LIMIT => header.description = Some(text.to_owned()),
            length => diagnostics.push(m026_long_description::diagnostic(source, description.span(), length)),
        }
    }
    if let Some(irreversible) = &document.irreversible
        && let Some(reason) = reason(source, irreversible, "irreversible", diagnostics)
    {
        header.irreversible = Some(Irreversible { reason, range: irreversible.span() });
    }
    for (module, version) in &document.requires {
        let name = module.get_ref();
        match u64::try_from(*version.get_ref()).ok().and_then(Version::new) {
            _ if !is_module_name(name) => {
                diagnostics.push(m033_invalid_requirement::name(source, module.span(), name));
            }
            None => diagnostics.push(m033_invalid_requirement::version(source, version.span(), name)),
            Some(version) => header.requires.push(Requires { module: name.clone(), version, range: module.span() }),
        }
    }
    for (code, why) in &document.allow {
        header.allows.extend(allow(source, code, why, diagnostics));
    }
    header
}

fn allow(
    source: &Source,
    code: &Spanned<String>,
    why: &Spanned<String>,
    diagnostics: &mut Diagnostics,
) -> Option<Allow> {
    let range = code.span();
    let Some(rule) = RULES.iter().find(|rule| rule.code == code.get_ref()) else {
        diagnostics.push(m025_invalid_allow::unknown(source, range, code.get_ref()));
        return None;
    };
    if !rule.is_allowable() {
        diagnostics.push(m025_invalid_allow::not_allowable(source, range, rule));
        return None;
    }
    reason(source, why, "allow", diagnostics).map(|_| Allow { rule, range })
}

fn reason(source: &Source, text: &Spanned<String>, key: &str, diagnostics: &mut Diagnostics) -> Option<String> {
    let reason = text.get_ref().trim();
    if reason.is_empty() || reason.chars().any(char::is_control) {
        diagnostics.push(m040_invalid_phased_migration::no_line(source, text.span(), key));
        return None;
    }
    Some(reason.to_owned())
}

impl StepRow {
    /// Where its name stands.
    pub(super) fn place(&self) -> Range<usize> {
        self.id.span()
    }
}
