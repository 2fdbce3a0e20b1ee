mod accepts;
mod document;
mod limits;
mod setting;
mod tag;

use std::collections::BTreeMap;

use migrate_core::Version;
use serde::Deserialize;
use toml::Spanned;

pub(crate) use self::accepts::Accepts;
use self::document::Document;
pub(crate) use self::limits::Limits;
pub(crate) use self::setting::Setting;
pub(crate) use self::tag::Tag;
use crate::handover::{self, Move};
use crate::module_name::is_module_name;
use crate::rules::{
    m030_invalid_manifest, m031_invalid_module_name, m033_invalid_requirement, m034_invalid_former_name,
    m038_invalid_pattern,
};
use crate::{Diagnostics, Folder, Rule, Source};

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
}

#[cfg(test)]
mod tests;
