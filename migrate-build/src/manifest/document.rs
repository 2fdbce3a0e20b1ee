use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Spanned;

use super::accepts::AcceptsRow;
use super::{Limits, Numbering, Setting};
use crate::handover;

/// `migrations.toml`, as it is written.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Document {
    pub(super) module: Option<Spanned<String>>,
    pub(super) formerly: Option<Spanned<toml::Value>>,
    #[serde(default)]
    pub(super) versions: Numbering,
    #[serde(default)]
    pub(super) requires: BTreeMap<Spanned<String>, Spanned<i64>>,
    #[serde(default)]
    pub(super) unmanaged: Vec<Spanned<String>>,
    #[serde(default)]
    pub(super) accepts: BTreeMap<Spanned<String>, AcceptsRow>,
    #[serde(default)]
    pub(super) moved: BTreeMap<Spanned<String>, handover::Row>,
    #[serde(default)]
    pub(super) tags: BTreeMap<Spanned<String>, Spanned<i64>>,
    #[serde(default)]
    pub(super) rules: BTreeMap<Spanned<String>, Setting>,
    #[serde(default)]
    pub(super) limits: Limits,
}
