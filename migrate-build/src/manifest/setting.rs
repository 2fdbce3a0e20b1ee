use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Spanned;

use super::Manifest;
use crate::rules::m032_invalid_rule_setting;
use crate::{Diagnostics, RULES, Source};

/// How severe a module wants a rule to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Setting {
    Allow,
    Warning,
    Error,
}

impl Manifest {
    pub(super) fn take_settings(
        &mut self,
        source: &Source,
        settings: BTreeMap<Spanned<String>, Setting>,
        diagnostics: &mut Diagnostics,
    ) {
        for (code, setting) in settings {
            let rule = RULES.iter().find(|rule| rule.code == code.get_ref());
            match rule {
                None => diagnostics.push(m032_invalid_rule_setting::unknown(source, code.span(), code.get_ref())),
                Some(rule) if !rule.is_allowable() && setting != Setting::Error => {
                    diagnostics.push(m032_invalid_rule_setting::not_allowable(source, code.span(), rule));
                }
                Some(rule) => self.settings.push((rule, setting)),
            }
        }
    }
}
