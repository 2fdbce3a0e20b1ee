use std::collections::BTreeMap;
use std::fmt::Write as _;

use migrate_core::{Effect, Object, Statement};

use super::link::Link;
use super::next::{Breakage, Consent, NextError};
use super::rename::Rename;
use crate::analysis::{Schema, analyse_text};
use crate::operation::{Lowered, Operation};
use crate::{Diagnostic, Diagnostics, Severity, Source, surql};

/// The statements of a migration that was not written yet, each with what a build will say of it.
#[derive(Clone, Debug)]
pub(super) struct Draft {
    pub(super) lines: Vec<Line>,
}

/// One statement of a [`Draft`].
#[derive(Clone, Debug)]
pub(super) struct Line {
    /// Without a semicolon.
    pub(super) text: String,
    pub(super) effect: Effect,
    /// What it defines or removes, if it is about one object.
    object: Option<Object>,
    /// The rule that refuses it for its effect, and why.
    pub(super) code: Option<&'static str>,
    pub(super) reason: String,
}

/// Has the analysis look at statements that come behind a schema.
pub(super) fn draft(from: &Schema, file: &str, statements: &[String]) -> Result<Draft, NextError> {
    analysed(from, file, statements).map_err(|error| match error {
        // Where the text itself would be shown, no secret is to be in it.
        NextError::Invalid(_) => {
            let shown: Vec<_> = statements.iter().map(|text| shown(text)).collect();
            analysed(from, file, &shown).err().unwrap_or(NextError::NoWay)
        }
        error => error,
    })
}

fn analysed(from: &Schema, file: &str, statements: &[String]) -> Result<Draft, NextError> {
    let source = Source::new(file, statements.iter().fold(String::new(), |text, one| text + one + ";\n"));
    let mut diagnostics = Diagnostics::default();
    let Some(analysed) = analyse_text(from, &source, &mut diagnostics) else {
        return Err(NextError::Invalid(diagnostics));
    };
    let is_effect = |diagnostic: &Diagnostic| diagnostic.rule().code.starts_with("M3");
    if diagnostics.iter().any(|one| one.severity() == Severity::Error && !is_effect(one)) {
        diagnostics.retain(|one| !is_effect(one));
        return Err(NextError::Invalid(diagnostics));
    }
    if analysed.len() != statements.len() {
        return Err(NextError::NoWay);
    }
    let line = |(text, statement): (&String, Statement)| {
        let lines = statement.line()..statement.line() + u32::try_from(text.lines().count()).unwrap_or(u32::MAX);
        let is_here = |one: &&Diagnostic| one.position().is_some_and(|place| lines.contains(&place.line));
        let refusal =
            diagnostics.iter().filter(|one| is_effect(one) && one.severity() == Severity::Error).find(is_here);
        Line {
            text: text.clone(),
            effect: statement.effect(),
            object: statement.object().cloned(),
            code: refusal.map(|one| one.rule().code),
            reason: refusal.map(|one| one.label().to_owned()).unwrap_or_default(),
        }
    };
    Ok(Draft { lines: statements.iter().zip(analysed).map(line).collect() })
}

impl Line {
    /// The statement for people: what holds a secret as the database shows it.
    pub(super) fn shown(&self) -> String {
        shown(&self.text)
    }
}

/// A statement for people: what holds a secret as the database shows it.
fn shown(text: &str) -> String {
    let redacted = |(lowered, _): &(Lowered, String)| match &lowered.operation {
        Operation::Define(define) if define.definition.is_redacted() => Some(define.definition.text.clone()),
        _ => None,
    };
    let statements = surql::statements(text);
    statements.iter().find_map(redacted).unwrap_or_else(|| text.to_owned())
}

impl Draft {
    /// The text of its file, or what stands in the way of writing it.
    pub(super) fn text(
        &self,
        renames: &[Rename],
        links: &[Link<'_>],
        consent: Consent,
    ) -> Result<String, Vec<Breakage>> {
        let rename = |line: &Line| {
            let object = line.object.as_ref()?;
            let follows = || links.iter().find(|link| link.holds(object)).map(|link| link.rename);
            renames.iter().find(|rename| rename.covers(object)).or_else(follows)
        };
        let breakages = self.breakages();
        let is_renaming = self.lines.iter().filter(|line| line.code.is_some()).all(|line| rename(line).is_some());
        if !breakages.is_empty() && consent == Consent::Ask && !is_renaming {
            return Err(breakages);
        }
        // A code may be allowed once in a file, so all that is allowed by it is told in one line.
        let mut reasons: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for line in &self.lines {
            let Some(code) = line.code else { continue };
            let what = line.object.as_ref().map_or_else(|| "a statement".to_owned(), ToString::to_string);
            let reason = match rename(line) {
                Some(rename) => format!("{what}, by --rename {rename}"),
                None => format!("{what}, by --force"),
            };
            let of_code = reasons.entry(code).or_default();
            if !of_code.contains(&reason) {
                of_code.push(reason);
            }
        }
        let mut text = String::new();
        for (code, reasons) in reasons {
            // Writing into a string cannot fail.
            _ = writeln!(text, "-- migrate: allow({code}) {}", one_line(&reasons.join("; ")));
        }
        for line in &self.lines {
            _ = writeln!(text, "{};", line.text);
        }
        Ok(text)
    }
}

/// A text that cannot end the comment that it stands in.
fn one_line(text: &str) -> String {
    text.replace(|c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{85}'), " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_holds_a_secret_is_shown_as_the_database_shows_it() {
        let access = "DEFINE ACCESS OVERWRITE api ON DATABASE TYPE JWT ALGORITHM HS256 KEY 'a secret'";
        let told = shown(access);
        assert!(told.contains("ACCESS api") && told.contains("[REDACTED]") && !told.contains("a secret"), "{told}");
        let user = shown("DEFINE USER ann ON DATABASE PASSWORD 'a secret' ROLES VIEWER");
        assert!(user.contains("USER ann") && !user.contains("a secret"), "{user}");
        assert_eq!(shown("DEFINE TABLE a"), "DEFINE TABLE a");
        assert_eq!(shown("REMOVE ACCESS api ON DATABASE"), "REMOVE ACCESS api ON DATABASE");
    }
}
