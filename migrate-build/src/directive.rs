use std::ops::Range;

use migrate_core::Version;

use crate::comment::Comment;
use crate::module_name::is_module_name;
use crate::rules::m026_long_description::{self, LIMIT};
use crate::rules::{
    m020_unknown_directive, m022_incomplete_directive, m024_misspelt_directive, m025_invalid_allow,
    m033_invalid_requirement,
};
use crate::{Diagnostic, RULES, Rule, Source};

/// What one `-- migrate:` line says.
#[derive(Clone, Debug)]
pub(crate) enum Directive {
    Description(String),
    Stepwise,
    Allow(Allow),
    Irreversible(String),
    Requires(Requires),
}

/// Another module that a migration needs at a version.
#[derive(Clone, Debug)]
pub(crate) struct Requires {
    pub(crate) module: String,
    pub(crate) version: Version,
    /// Where it is said.
    pub(crate) range: Range<usize>,
}

/// A rule that a file is allowed to break.
#[derive(Clone, Debug)]
pub(crate) struct Allow {
    pub(crate) rule: &'static Rule,
    /// Where the code stands.
    pub(crate) range: Range<usize>,
}

impl Directive {
    /// Its leading word.
    pub(crate) const fn word(&self) -> &'static str {
        match self {
            Self::Description(_) => "description",
            Self::Stepwise => "stepwise",
            Self::Allow(_) => "allow",
            Self::Irreversible(_) => "irreversible",
            Self::Requires(_) => "requires",
        }
    }
}

/// Reads a comment: `None` when it is only that.
pub(crate) fn read(source: &Source, Comment(range): &Comment) -> Option<Result<Directive, Diagnostic>> {
    let text = source.text().get(range.clone())?;
    if let Some(body) = exact(text) {
        let body = range.end - body.len()..range.end;
        return Some(parse(source, range, body));
    }
    let body = nearly(text)?;
    Some(Err(m024_misspelt_directive::diagnostic(source, range.clone(), &body)))
}

/// What stands behind `-- migrate:`.
fn exact(comment: &str) -> Option<&str> {
    let text = comment.strip_prefix("--")?;
    let word = text.trim_start_matches([' ', '\t']);
    if word.len() == text.len() { None } else { word.strip_prefix("migrate:") }
}

/// What stands behind anything that a person may have taken for `-- migrate:`.
fn nearly(comment: &str) -> Option<String> {
    let text = comment.trim_end_matches("*/");
    let text = text.trim_start_matches(['-', '#', '/', '*', ' ', '\t', '!']).trim_end();
    let word = text.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(text.len());
    let (word, rest) = text.split_at(word);
    let rest = rest.trim_start();
    let body = rest.strip_prefix(':').map(str::trim_start);
    let is_known = |body: &str| WORDS.iter().any(|known| word_of(body).eq_ignore_ascii_case(known));
    let is_near = match (word.to_ascii_lowercase().as_str(), body) {
        ("migrate", Some(_)) => true,
        // A sentence may well begin with "migration requires".
        ("migration" | "migrations", None) if word_of(rest).eq_ignore_ascii_case("requires") => false,
        ("migrate" | "migration" | "migrations", body) => is_known(body.unwrap_or(rest)),
        _ => false,
    };
    is_near.then(|| body.unwrap_or(rest).to_owned())
}

const WORDS: [&str; 5] = ["description", "stepwise", "allow", "irreversible", "requires"];

fn word_of(body: &str) -> &str {
    let end = body.find(|c: char| c.is_whitespace() || c == '(').unwrap_or(body.len());
    body.split_at(end).0
}

fn parse(source: &Source, comment: &Range<usize>, body: Range<usize>) -> Result<Directive, Diagnostic> {
    let body = trim(source.text(), body);
    let text = &source.text()[body.clone()];
    let word = word_of(text);
    let rest = trim(source.text(), body.start + word.len()..body.end);
    let argument = &source.text()[rest.clone()];
    match word {
        "description" if argument.is_empty() => {
            Err(m022_incomplete_directive::without_description(source, comment.clone()))
        }
        "description" => match argument.chars().count() {
            0..=LIMIT => Ok(Directive::Description(argument.to_owned())),
            length => Err(m026_long_description::diagnostic(source, rest, length)),
        },
        "stepwise" if argument.is_empty() => Ok(Directive::Stepwise),
        "stepwise" => Err(m022_incomplete_directive::with_text(source, rest, word)),
        "irreversible" if argument.is_empty() => {
            Err(m022_incomplete_directive::without_reason(source, comment.clone(), word))
        }
        "irreversible" => Ok(Directive::Irreversible(argument.to_owned())),
        "allow" => allow(source, comment, rest).map(Directive::Allow),
        "requires" => requires(source, comment, rest).map(Directive::Requires),
        _ => {
            let place = if word.is_empty() { comment.clone() } else { body.start..body.start + word.len() };
            Err(m020_unknown_directive::diagnostic(source, place, word))
        }
    }
}

/// `(M301) reason`
fn allow(source: &Source, comment: &Range<usize>, argument: Range<usize>) -> Result<Allow, Diagnostic> {
    let text = &source.text()[argument.clone()];
    let inside = text.strip_prefix('(').and_then(|rest| rest.split_once(')'));
    let Some((code, reason)) = inside else {
        return Err(m022_incomplete_directive::without_code(source, comment.clone()));
    };
    let range = trim(source.text(), argument.start + 1..argument.start + 1 + code.len());
    let code = &source.text()[range.clone()];
    if code.is_empty() {
        return Err(m022_incomplete_directive::without_code(source, comment.clone()));
    }
    let Some(rule) = RULES.iter().find(|rule| rule.code == code) else {
        return Err(m025_invalid_allow::unknown(source, range, code));
    };
    if !rule.is_allowable() {
        return Err(m025_invalid_allow::not_allowable(source, range, rule));
    }
    if reason.trim().is_empty() {
        return Err(m022_incomplete_directive::without_reason(source, comment.clone(), &format!("allow({code})")));
    }
    Ok(Allow { rule, range })
}

/// `auth 3`
fn requires(source: &Source, comment: &Range<usize>, argument: Range<usize>) -> Result<Requires, Diagnostic> {
    let text = &source.text()[argument.clone()];
    let Some((module, version)) = text.split_once([' ', '\t']) else {
        return Err(m022_incomplete_directive::without_module(source, comment.clone()));
    };
    let name = argument.start..argument.start + module.len();
    if !is_module_name(module) {
        return Err(m033_invalid_requirement::name(source, name, module));
    }
    let number = trim(source.text(), name.end..argument.end);
    let Ok(version) = version.trim().parse() else {
        return Err(m033_invalid_requirement::version(source, number, module));
    };
    Ok(Requires { module: module.to_owned(), version, range: argument })
}

/// The same range without white space at its ends.
fn trim(text: &str, range: Range<usize>) -> Range<usize> {
    let Some(part) = text.get(range.clone()) else { return range };
    let start = range.start + (part.len() - part.trim_start().len());
    start..start + part.trim().len()
}
