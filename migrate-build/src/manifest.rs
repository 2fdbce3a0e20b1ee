use std::collections::BTreeMap;
use std::ops::Range;

use migrate_core::{Checksum, Version};
use serde::Deserialize;
use toml::Spanned;

use crate::handover::{self, Move};
use crate::module_name::is_module_name;
use crate::revision::is_tag;
use crate::rules::{
    m013_long_text, m014_many_statements, m030_invalid_manifest, m031_invalid_module_name, m032_invalid_rule_setting,
    m033_invalid_requirement, m034_invalid_former_name, m035_invalid_acceptance, m037_invalid_tag,
    m038_invalid_pattern,
};
use crate::{Diagnostics, Folder, RULES, Rule, Source};

/// What `migrations.toml` says, or what holds without one.
#[derive(Clone, Debug)]
pub(crate) struct Manifest {
    pub(crate) module: String,
    /// The names that it had before.
    pub(crate) formerly: Vec<String>,
    pub(crate) numbering: Numbering,
    pub(crate) requires: Vec<(String, Version)>,
    /// Patterns over the names of objects that are none of its business.
    pub(crate) unmanaged: Vec<String>,
    pub(crate) accepts: Vec<Accepts>,
    pub(crate) moved: Vec<Move>,
    pub(crate) tags: Vec<Tag>,
    pub(crate) settings: Vec<(&'static Rule, Setting)>,
    pub(crate) limits: Limits,
}

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

/// A name for a version.
#[derive(Clone, Debug)]
pub(crate) struct Tag {
    pub(crate) name: String,
    pub(crate) version: Version,
    /// Where it is said.
    pub(crate) range: Range<usize>,
}

/// How the versions of a module are given.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Numbering {
    /// 1, 2, 3 and so on.
    #[default]
    Sequential,
    /// Any ascending numbers, such as dates.
    Timestamp,
}

/// How severe a module wants a rule to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Setting {
    Allow,
    Warning,
    Error,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    module: Option<Spanned<String>>,
    formerly: Option<Spanned<toml::Value>>,
    #[serde(default)]
    versions: Numbering,
    #[serde(default)]
    requires: BTreeMap<Spanned<String>, Spanned<i64>>,
    #[serde(default)]
    unmanaged: Vec<Spanned<String>>,
    #[serde(default)]
    accepts: BTreeMap<Spanned<String>, AcceptsRow>,
    #[serde(default)]
    moved: BTreeMap<Spanned<String>, handover::Row>,
    #[serde(default)]
    tags: BTreeMap<Spanned<String>, Spanned<i64>>,
    #[serde(default)]
    rules: BTreeMap<Spanned<String>, Setting>,
    #[serde(default)]
    limits: Limits,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AcceptsRow {
    checksums: Vec<Spanned<String>>,
    reason: Spanned<String>,
}

impl Manifest {
    /// Reads `migrations.toml`; `module` is the name of a module that gives itself none.
    ///
    /// `None` when it does not say what it must, which is reported.
    pub(crate) fn parse(
        folder: &Folder,
        source: Option<&Source>,
        module: &str,
        diagnostics: &mut Diagnostics,
    ) -> Option<Self> {
        let document = match source.map(|source| (source, toml::from_str::<Document>(source.text()))) {
            Some((_, Ok(document))) => document,
            Some((source, Err(error))) => {
                diagnostics.push(m030_invalid_manifest::diagnostic(source, &error));
                return None;
            }
            None => Document::default(),
        };
        let module = match (source, &document.module) {
            (Some(source), Some(name)) if !is_module_name(name.get_ref()) => {
                diagnostics.push(m031_invalid_module_name::diagnostic(source, name.span(), name.get_ref()));
                return None;
            }
            (_, Some(name)) => name.get_ref(),
            (_, None) if !is_module_name(module) => {
                diagnostics.push(m031_invalid_module_name::of_crate(folder, module));
                return None;
            }
            (_, None) => module,
        };
        let mut manifest = Self {
            module: module.to_owned(),
            formerly: Vec::new(),
            numbering: document.versions,
            requires: Vec::new(),
            unmanaged: Vec::new(),
            accepts: Vec::new(),
            moved: Vec::new(),
            tags: Vec::new(),
            settings: Vec::new(),
            limits: document.limits,
        };
        if let Some(source) = source {
            manifest.take_formerly(source, document.formerly, diagnostics);
            manifest.take_requires(source, &document.requires, diagnostics);
            manifest.take_unmanaged(source, document.unmanaged, diagnostics);
            manifest.take_accepts(source, document.accepts, diagnostics);
            manifest.moved = handover::moves(source, module, document.moved, diagnostics);
            manifest.take_tags(source, &document.tags, diagnostics);
            manifest.take_settings(source, document.rules, diagnostics);
        }
        Some(manifest)
    }

    fn take_formerly(
        &mut self,
        source: &Source,
        formerly: Option<Spanned<toml::Value>>,
        diagnostics: &mut Diagnostics,
    ) {
        let Some(formerly) = formerly else { return };
        let range = formerly.span();
        let names = match formerly.into_inner() {
            toml::Value::Array(names) => names,
            name => vec![name],
        };
        for name in names {
            match name.as_str() {
                Some(name)
                    if is_module_name(name) && name != self.module && !self.formerly.iter().any(|one| one == name) =>
                {
                    self.formerly.push(name.to_owned());
                }
                name => {
                    diagnostics.push(m034_invalid_former_name::diagnostic(source, range.clone(), name, &self.module));
                }
            }
        }
    }

    fn take_requires(
        &mut self,
        source: &Source,
        requires: &BTreeMap<Spanned<String>, Spanned<i64>>,
        diagnostics: &mut Diagnostics,
    ) {
        for (module, version) in requires {
            let name = module.get_ref();
            let number = u64::try_from(*version.get_ref()).ok().and_then(Version::new);
            match number {
                _ if !is_module_name(name) => {
                    diagnostics.push(m033_invalid_requirement::name(source, module.span(), name));
                }
                _ if *name == self.module || self.formerly.contains(name) => {
                    diagnostics.push(m033_invalid_requirement::itself(source, module.span(), name));
                }
                None => diagnostics.push(m033_invalid_requirement::version(source, version.span(), name)),
                Some(number) => self.requires.push((name.clone(), number)),
            }
        }
    }

    fn take_unmanaged(&mut self, source: &Source, unmanaged: Vec<Spanned<String>>, diagnostics: &mut Diagnostics) {
        for pattern in unmanaged {
            let (range, pattern) = (pattern.span(), pattern.into_inner());
            match m038_invalid_pattern::check(&pattern) {
                Some(message) => diagnostics.push(m038_invalid_pattern::diagnostic(source, range, message)),
                None if self.unmanaged.contains(&pattern) => {
                    let message = "this pattern is given twice".to_owned();
                    diagnostics.push(m038_invalid_pattern::diagnostic(source, range, message));
                }
                None => self.unmanaged.push(pattern),
            }
        }
    }

    fn take_accepts(
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

    fn take_tags(
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

    fn take_settings(
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parse(text: &str) -> (Option<Manifest>, String) {
        let mut diagnostics = Diagnostics::default();
        let source = Source::new("migrations/migrations.toml", text);
        let manifest = Manifest::parse(&Folder::new("migrations"), Some(&source), "app", &mut diagnostics);
        let said = diagnostics.iter().map(|one| {
            let place = one.position().map_or(String::new(), |at| format!(":{}:{}", at.line, at.column));
            format!("{}{place} {}", one.rule().code, one.message())
        });
        (manifest, said.collect::<Vec<_>>().join("\n"))
    }

    #[test]
    fn everything_it_may_say_is_read() {
        let (manifest, said) = parse(
            "module = \"notes\"\nversions = \"timestamp\"\nrequires = { auth = 3, \"mail-box\" = 1 }\n\
             [rules]\nM012 = \"allow\"\nM101 = \"error\"\n",
        );
        assert_eq!(said, "");
        let manifest = manifest.unwrap();
        assert_eq!((manifest.module.as_str(), manifest.numbering), ("notes", Numbering::Timestamp));
        let requires: Vec<_> = manifest.requires.iter().map(|(name, version)| format!("{name} {version}")).collect();
        assert_eq!(requires, ["auth 3", "mail-box 1"]);
        let settings: Vec<_> = manifest.settings.iter().map(|(rule, setting)| (rule.code, *setting)).collect();
        assert_eq!(settings, [("M012", Setting::Allow), ("M101", Setting::Error)]);
    }

    #[test]
    fn former_names_are_one_or_several() {
        assert_eq!(parse("formerly = \"old\"").0.unwrap().formerly, ["old"]);
        assert_eq!(parse("formerly = [\"older\", \"old\"]").0.unwrap().formerly, ["older", "old"]);
    }

    #[test]
    fn what_is_unmanaged_is_kept_as_it_is_written() {
        let (manifest, said) = parse("unmanaged = [\"audit_*\", \"field user.legacy_?\"]");
        assert_eq!(
            (manifest.unwrap().unmanaged, said.as_str()),
            (vec!["audit_*".into(), "field user.legacy_?".into()], "")
        );
    }

    #[test]
    fn without_a_word_the_module_is_the_crate() {
        let mut diagnostics = Diagnostics::default();
        let manifest = Manifest::parse(&Folder::new("m"), None, "my-app", &mut diagnostics).unwrap();
        assert_eq!((manifest.module.as_str(), manifest.numbering), ("my-app", Numbering::Sequential));
        assert_eq!(parse("").0.unwrap().module, "app");
        assert!(Manifest::parse(&Folder::new("m"), None, "My", &mut diagnostics).is_none());
        assert_eq!(diagnostics.iter().next().unwrap().rule().code, "M031");
    }

    #[test]
    fn each_mistake_is_told_with_its_place() {
        let cases = [
            ("modul = \"x\"", "M030:1:1"),
            ("module = 3", "M030:1:10"),
            ("versions = \"dates\"", "M030:1:12"),
            ("module = \"x\"\nmodule = \"y\"", "M030:2:1"),
            ("[", "M030:1:2"),
            ("module = \"My App\"", "M031:1:10"),
            ("module = \"\"", "M031:1:10"),
            ("[rules]\nM999 = \"allow\"", "M032:2:1"),
            ("[rules]\nM101 = \"warning\"", "M032:2:1"),
            ("formerly = \"post\"\nrequires = { post = 1 }", "M033:2:14"),
            ("accepts = { x = { checksums = [], reason = \"r\" } }", "M035:1:13"),
            ("[accepts]\n3 = { checksums = [], reason = \"r\" }", "M035:2:1"),
            ("[accepts]\n3 = { checksums = [\"sha256:00\"], reason = \"r\" }", "M035:2:20"),
            ("[accepts]\n3 = { checksums = [], reason = \" \" }", "M035:2:32"),
            ("[accepts]\n3 = { checksums = [] }", "M030:2:5"),
            ("[accepts]\n3 = { checksums = [], reason = \"r\", why = 1 }", "M030:2:37"),
            ("formerly = 3", "M034:1:12"),
            ("formerly = \"Old Name\"", "M034:1:12"),
            ("formerly = \"app\"", "M034:1:12"),
            ("formerly = [\"a\", \"a\"]", "M034:1:12"),
            ("requires = { Auth = 1 }", "M033:1:14"),
            ("unmanaged = \"a\"", "M030:1:13"),
            ("unmanaged = [1]", "M030:1:14"),
            ("unmanaged = [\"a\", \"\"]", "M038:1:19"),
            ("unmanaged = [\"a\", \"a\"]", "M038:1:19"),
            ("unmanaged = [\"tables audit_*\"]", "M038:1:14"),
            ("requires = { auth = 0 }", "M033:1:21"),
            ("requires = { app = 1 }", "M033:1:14"),
            ("[tags]\nv1 = 1", "M037:2:1"),
            ("[tags]\n\"a b\" = 1", "M037:2:1"),
            ("[tags]\nlaunch = 0", "M037:2:10"),
        ];
        for (text, expected) in cases {
            let (_, said) = parse(text);
            assert!(said.starts_with(&format!("{expected} ")), "{text}: {said}");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "([a-z\\[\\]{}=\"\n .0-9é]|module|requires|rules|versions){0,30}") {
            parse(&text);
        }
    }
}
