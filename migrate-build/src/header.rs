use std::ops::Range;

use migrate_core::Mode;

use crate::comment::{self, Comment};
use crate::directive::{self, Allow, Directive, Requires};
use crate::rules::{m021_repeated_directive, m023_misplaced_directive};
use crate::{Diagnostics, Source};

/// What the directives at the top of a migration say together.
#[derive(Clone, Debug, Default)]
pub(crate) struct Header {
    pub(crate) description: Option<String>,
    /// Where it says that it is stepwise.
    pub(crate) stepwise: Option<Range<usize>>,
    pub(crate) allows: Vec<Allow>,
    pub(crate) irreversible: Option<Irreversible>,
    pub(crate) requires: Vec<Requires>,
}

/// That a migration cannot be undone.
#[derive(Clone, Debug)]
pub(crate) struct Irreversible {
    pub(crate) reason: String,
    /// Where it is said.
    pub(crate) range: Range<usize>,
}

impl Header {
    /// Reads the leading comments of a migration.
    pub(crate) fn read(source: &Source, diagnostics: &mut Diagnostics) -> Self {
        let mut header = Self::default();
        for comment in comment::leading(source.text()) {
            match directive::read(source, &comment) {
                Some(Ok(directive)) => header.take(source, comment.0, directive, diagnostics),
                Some(Err(diagnostic)) => diagnostics.push(diagnostic),
                None => {}
            }
        }
        header
    }

    /// How the migration is applied.
    pub(crate) const fn mode(&self) -> Mode {
        if self.stepwise.is_some() { Mode::Stepwise } else { Mode::Transaction }
    }

    fn take(&mut self, source: &Source, range: Range<usize>, directive: Directive, diagnostics: &mut Diagnostics) {
        let word = directive.word();
        let is_repeated = match directive {
            Directive::Description(text) => self.description.replace(text).is_some(),
            Directive::Stepwise => self.stepwise.replace(range.clone()).is_some(),
            Directive::Irreversible(reason) => {
                let range = range.clone();
                self.irreversible.replace(Irreversible { reason, range }).is_some()
            }
            Directive::Allow(allow) => {
                let code = allow.rule.code;
                let is_repeated = self.allows.iter().any(|other| other.rule.code == code);
                self.allows.push(allow);
                is_repeated
            }
            Directive::Requires(requires) => {
                let is_repeated = self.requires.iter().any(|other| other.module == requires.module);
                self.requires.push(requires);
                is_repeated
            }
        };
        if is_repeated {
            diagnostics.push(m021_repeated_directive::diagnostic(source, range, word));
        }
    }
}

/// Refuses directives that stand between or inside the statements, where nothing reads them.
pub(crate) fn refuse_late(source: &Source, statements: &[Range<usize>], diagnostics: &mut Diagnostics) {
    let text = source.text();
    let top = comment::leading(text).last().map_or(0, |Comment(range)| range.end);
    let starts = statements.iter().map(|range| range.start).chain([text.len()]);
    let ends = [top].into_iter().chain(statements.iter().map(|range| range.end));
    for (from, to) in ends.zip(starts) {
        for comment in comment::between(text, from..to) {
            if directive::read(source, &comment).is_some() {
                diagnostics.push(m023_misplaced_directive::late(source, comment.0));
            }
        }
    }
    for statement in statements {
        for range in lines(text, statement.clone()) {
            let comment = Comment(range.clone());
            // A line of a string can be anything; only what is surely a directive is worth a word.
            if text[range.clone()].starts_with("-- migrate:")
                && matches!(directive::read(source, &comment), Some(Ok(_)))
            {
                diagnostics.push(m023_misplaced_directive::inside(source, range));
            }
        }
    }
}

/// Refuses every directive in a down file.
pub(crate) fn refuse_all(source: &Source, diagnostics: &mut Diagnostics) {
    for comment in comment::leading(source.text()) {
        if directive::read(source, &comment).is_some() {
            diagnostics.push(m023_misplaced_directive::in_down_file(source, comment.0));
        }
    }
}

/// Refuses every directive in a step of a phased migration.
pub(crate) fn refuse_everywhere(source: &Source, statements: &[Range<usize>], diagnostics: &mut Diagnostics) {
    for comment in comment::leading(source.text()) {
        if directive::read(source, &comment).is_some() {
            diagnostics.push(m023_misplaced_directive::in_step(source, comment.0));
        }
    }
    refuse_late(source, statements, diagnostics);
}

/// The lines of a part of the text, without the blanks around them.
fn lines(text: &str, range: Range<usize>) -> impl Iterator<Item = Range<usize>> {
    let start = range.start;
    let lines = text.get(range).unwrap_or_default().split('\n');
    lines.scan(start, |at, line| {
        let begin = *at + (line.len() - line.trim_start().len());
        *at += line.len() + 1;
        Some(begin..begin + line.trim().len())
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::Severity::{Error, Warning};

    fn header(text: &str) -> (Header, Vec<String>) {
        let mut diagnostics = Diagnostics::default();
        let header = Header::read(&Source::new("V1__a.surql", text), &mut diagnostics);
        (header, said(&diagnostics))
    }

    fn said(diagnostics: &Diagnostics) -> Vec<String> {
        diagnostics.iter().map(|one| format!("{} {}", one.rule().code, one.message())).collect()
    }

    fn refused(line: &str) -> String {
        let (_, said) = header(&format!("{line}\nDEFINE TABLE a;"));
        said.join("\n")
    }

    #[test]
    fn all_directives_are_read_among_other_comments() {
        let (header, said) = header(
            "-- Orders get a state.\n\n-- migrate: description adds a state to orders\n# old: migrate\n\
             --\tmigrate:stepwise\n-- migrate: allow(M028) some day\n-- migrate:  irreversible  it deletes rows \n\
             DEFINE TABLE a;\n",
        );
        assert!(said.is_empty(), "{said:?}");
        assert_eq!(header.description.as_deref(), Some("adds a state to orders"));
        assert_eq!(header.mode(), Mode::Stepwise);
        assert_eq!(header.allows.iter().map(|allow| allow.rule.code).collect::<Vec<_>>(), ["M028"]);
        assert_eq!(header.irreversible.map(|irreversible| irreversible.reason).as_deref(), Some("it deletes rows"));
    }

    #[test]
    fn several_modules_may_be_required() {
        let (header, said) = header("-- migrate: requires auth 3\n-- migrate: requires mail-box  20240101\n");
        assert!(said.is_empty(), "{said:?}");
        let requires: Vec<_> = header.requires.iter().map(|one| format!("{} {}", one.module, one.version)).collect();
        assert_eq!(requires, ["auth 3", "mail-box 20240101"]);
    }

    #[test]
    fn comments_about_migrating_are_only_comments() {
        for line in [
            "-- migrate the users",
            "-- migration of users: part 2",
            "# migrated: 3",
            "-- to migrate: x",
            "--",
            "-- migration requires a lock",
        ] {
            assert_eq!(refused(line), "", "{line}");
        }
    }

    #[test]
    fn what_would_be_ignored_is_refused() {
        assert_eq!(refused("-- migrate: stepwize"), "M020 there is no directive `stepwize`");
        assert_eq!(refused("-- migrate: description: x"), "M020 there is no directive `description:`");
        assert_eq!(refused("-- migrate:"), "M020 this directive is empty");
        assert_eq!(refused("-- migrate: stepwise\n-- migrate: stepwise"), "M021 `stepwise` is given twice");
        assert_eq!(refused("-- migrate: stepwise please"), "M022 `stepwise` takes nothing behind it");
        assert_eq!(refused("-- migrate: description"), "M022 `description` needs a text");
        assert_eq!(refused("-- migrate: irreversible "), "M022 `irreversible` needs a reason");
        assert_eq!(refused("-- migrate: allow(M028)"), "M022 `allow(M028)` needs a reason");
        assert_eq!(refused("-- migrate: allow M028 why"), "M022 `allow` names no rule");
        assert_eq!(refused("-- migrate: requires auth"), "M022 `requires` names no module and version");
        assert_eq!(refused("-- migrate: requires Auth 3"), "M033 `Auth` cannot be the name of a module");
        assert_eq!(refused("-- migrate: requires auth three"), "M033 this is not a version");
        assert_eq!(refused("-- migrate: requires auth 03"), "M033 this is not a version");
        assert_eq!(
            refused("-- migrate: requires auth 3\n-- migrate: requires auth 4"),
            "M021 `requires` is given twice"
        );
        assert_eq!(refused("-- migrate: allow() why"), "M022 `allow` names no rule");
        assert_eq!(refused("-- migrate: allow(M999) why"), "M025 there is no rule `M999`");
        assert_eq!(refused("-- migrate: allow(M101) why"), "M025 M101 (syntax-error) cannot be allowed");
        let long = format!("-- migrate: description {}", "é".repeat(201));
        assert_eq!(refused(&long), "M026 this description has 201 characters; 200 are the limit");
    }

    #[test]
    fn what_is_nearly_a_directive_is_refused() {
        let lines = ["# migrate: stepwise", "// migrate: x", "--migrate: stepwise", "-- Migrate: stepwise"];
        let more =
            ["-- migrate : stepwise", "-- migrate stepwise", "-- migration: stepwise", "/* migrate: stepwise */"];
        for line in lines.into_iter().chain(more) {
            assert_eq!(refused(line), "M024 this comment is nearly a directive, and would be ignored", "{line}");
        }
    }

    #[test]
    fn a_directive_behind_the_first_statement_is_refused() {
        let text = "CREATE a; -- migrate: stepwise\nCREATE b SET c = 1 +\n  -- migrate: stepwise\n 1;\n# migrate: x";
        let second = text.find("CREATE b").unwrap();
        let end = text.find(" 1;").unwrap() + 2;
        let source = Source::new("V1__a.surql", text);
        let mut diagnostics = Diagnostics::default();
        refuse_late(&source, &[0..8, second..end], &mut diagnostics);
        let lines: Vec<_> = diagnostics.iter().map(|one| (one.position().unwrap().line, one.severity())).collect();
        assert_eq!(lines, [(1, Error), (5, Error), (3, Warning)]);
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "(-- migrate: ?(allow|stepwise|description|x)?[( )M301é\n]{0,8}|[-#/* \n]|.){0,6}", at in 0..60usize) {
            let source = Source::new("f", text);
            let mut diagnostics = Diagnostics::default();
            Header::read(&source, &mut diagnostics);
            refuse_all(&source, &mut diagnostics);
            let cut = source.text().floor_char_boundary(at);
            refuse_late(&source, std::slice::from_ref(&(cut..source.text().len())), &mut diagnostics);
        }
    }
}
