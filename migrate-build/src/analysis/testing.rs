//! What the unit tests of rules share.

use migrate_core::Mode;

use super::{Analysed, Input, Schema, analyse_one, analyse_texts};
use crate::{Diagnostics, Source, surql};

/// What the analysis says of the last of a chain of texts.
pub(crate) fn last(texts: &[&str]) -> Analysed {
    let mut analysed = analyse_texts(texts);
    assert_eq!(analysed.len(), texts.len(), "every text parses");
    analysed.pop().unwrap()
}

/// The codes of what is said of the last of a chain of texts, but for the policy's own.
pub(crate) fn codes(texts: &[&str]) -> Vec<&'static str> {
    let said = last(texts).diagnostics;
    said.iter().map(|one| one.rule().code).filter(|code| !matches!(*code, "M301" | "M302" | "M303")).collect()
}

/// What one rule says of the last of a chain of texts, as `message | text under the caret | help`.
pub(crate) fn said(texts: &[&str], code: &str) -> Vec<String> {
    let diagnostics = last(texts).diagnostics;
    let of_rule = diagnostics.iter().filter(|one| one.rule().code == code);
    of_rule.map(|one| format!("{} | {} | {}", one.message(), one.marked(), one.help())).collect()
}

/// The codes of what is said of the last of a chain of texts when it is stepwise, or allows something.
pub(crate) fn codes_with(texts: &[&str], mode: Mode, allows: &[&'static str]) -> Vec<&'static str> {
    let mut schema = Schema::default();
    let mut codes = Vec::new();
    for text in texts {
        let mut diagnostics = Diagnostics::default();
        let source = Source::new("V1__test.surql", *text);
        let statements = surql::parse(&source, &mut diagnostics).unwrap();
        let input = Input { mode, allows: allows.to_vec(), ..Input::new(&source, &statements) };
        analyse_one(&mut schema, &input, &mut diagnostics);
        codes = diagnostics.iter().map(|one| one.rule().code).collect();
    }
    codes
}

/// What is said of the down file of the last of a chain of texts.
pub(crate) fn down(texts: &[&str], down: &str) -> Vec<String> {
    let mut schema = Schema::default();
    let down = Source::new("V1__test.down.surql", down);
    let mut said = Vec::new();
    for text in texts {
        let mut diagnostics = Diagnostics::default();
        let source = Source::new("V1__test.surql", *text);
        let statements = surql::parse(&source, &mut diagnostics).unwrap();
        let input = Input { down: Some(&down), ..Input::new(&source, &statements) };
        analyse_one(&mut schema, &input, &mut diagnostics);
        said = diagnostics.iter().filter(|one| one.file() == down.file()).map(ToString::to_string).collect();
    }
    said
}
