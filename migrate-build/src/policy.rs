use crate::draft::Draft;
use crate::manifest::Setting;
use crate::rules::{m028_unused_allow, m509_not_locked};
use crate::{Diagnostic, Diagnostics, Rule, Severity};

/// Applies what the files and the module say about rules: `allow` directives first, then the settings of `[rules]`.
///
/// An `allow` that silenced nothing is reported, unless there are errors: they may have kept its rule from being
/// checked. Nor is it said then what is not locked.
pub(crate) fn apply(found: Diagnostics, drafts: &[Draft], settings: &[(&'static Rule, Setting)]) -> Diagnostics {
    let mut used = Vec::new();
    let mut kept = Diagnostics::default();
    for diagnostic in found {
        match allowing(&diagnostic, drafts) {
            Some(allow) => used.push(allow),
            None => kept.extend(set(diagnostic, settings)),
        }
    }
    let is_unlocked = |diagnostic: &Diagnostic| diagnostic.rule().code == m509_not_locked::RULE.code;
    if kept.iter().any(|diagnostic| diagnostic.severity() == Severity::Error && !is_unlocked(diagnostic)) {
        // The lines to append would lock texts that are yet to be mended.
        kept.retain(|diagnostic| !is_unlocked(diagnostic));
    } else {
        let unused = unused(drafts, &used);
        kept.extend(unused.into_iter().filter_map(|diagnostic| set(diagnostic, settings)));
    }
    kept
}

/// The file and the code of the `allow` that silences a diagnostic.
fn allowing(diagnostic: &Diagnostic, drafts: &[Draft]) -> Option<(String, &'static str)> {
    let code = diagnostic.rule().code;
    let draft = drafts.iter().find(|draft| draft.source.file() == diagnostic.file())?;
    let is_allowed = diagnostic.rule().is_allowable() && allows(draft, code);
    is_allowed.then(|| (diagnostic.file().to_owned(), code))
}

fn allows(draft: &Draft, code: &str) -> bool {
    draft.header.allows.iter().any(|allow| allow.rule.code == code)
}

fn set(diagnostic: Diagnostic, settings: &[(&'static Rule, Setting)]) -> Option<Diagnostic> {
    let code = diagnostic.rule().code;
    match settings.iter().find(|(rule, _)| rule.code == code) {
        Some((_, Setting::Allow)) => None,
        Some((_, Setting::Warning)) => Some(diagnostic.with_severity(Severity::Warning)),
        Some((_, Setting::Error)) => Some(diagnostic.with_severity(Severity::Error)),
        None => Some(diagnostic),
    }
}

fn unused(drafts: &[Draft], used: &[(String, &'static str)]) -> Vec<Diagnostic> {
    let mut diagnostics = Vec::new();
    let own = m028_unused_allow::RULE.code;
    for draft in drafts.iter().filter(|draft| !allows(draft, own)) {
        for allow in &draft.header.allows {
            let code = allow.rule.code;
            if !used.iter().any(|(file, silenced)| file == draft.source.file() && *silenced == code) {
                diagnostics.push(m028_unused_allow::diagnostic(&draft.source, allow.range.clone(), code));
            }
        }
    }
    diagnostics
}
