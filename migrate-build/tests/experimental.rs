//! Modules, which servers take only with an experimental capability; and models, which no statement of SurrealQL defines.

use migrate_build::{__Analysed as Analysed, __analyse as analyse, Contents};
use migrate_core::{Effect, Statement};

const FILE: &str = "DEFINE MODULE mod::text FROM f\"modules:/text.surli\" UNSIGNED COMMENT 'c' PERMISSIONS NONE";
const SILO: &str = "DEFINE MODULE silo::org::text::<1.2.3> UNSIGNED";

fn last(texts: &[&str]) -> Analysed {
    let mut analysed = analyse(texts);
    assert_eq!(analysed.len(), texts.len(), "every text parses");
    analysed.pop().unwrap()
}

fn catalog(analysed: &Analysed) -> Vec<String> {
    analysed.catalog.iter().map(|(object, definition)| format!("{object}: {definition}")).collect()
}

fn undo(analysed: &Analysed) -> &str {
    analysed.undo.text().unwrap_or_else(|| panic!("{:?}", analysed.undo))
}

fn codes(analysed: &Analysed) -> Vec<&'static str> {
    analysed.diagnostics.iter().map(|diagnostic| diagnostic.rule().code).collect()
}

#[test]
fn a_module_is_in_the_catalog_under_the_name_that_the_database_gives_it() {
    let analysed = last(&[&format!("{FILE}; {SILO}")]);
    assert_eq!(
        catalog(&analysed),
        [
            "module mod::text: DEFINE MODULE mod::text FROM f\"modules:/text.surli\" UNSIGNED COMMENT 'c' PERMISSIONS NONE",
            "module silo::org::text::<1.2.3>: DEFINE MODULE silo::org::text::<1.2.3> UNSIGNED PERMISSIONS FULL",
        ]
    );
    assert_eq!(analysed.contents, Contents::Definitions);
    assert_eq!(analysed.statements.iter().map(Statement::effect).collect::<Vec<_>>(), [Effect::Additive; 2]);
    assert_eq!(codes(&analysed), [""; 0]);
}

#[test]
fn a_module_is_altered_overwritten_and_removed_by_its_name() {
    let altered = last(&[FILE, "ALTER MODULE mod::text DROP COMMENT PERMISSIONS FULL"]);
    assert_eq!(
        catalog(&altered),
        ["module mod::text: DEFINE MODULE mod::text FROM f\"modules:/text.surli\" UNSIGNED PERMISSIONS FULL"]
    );
    assert_eq!(altered.statements[0].effect(), Effect::Restrictive);

    let other = "DEFINE MODULE OVERWRITE mod::text FROM f\"modules:/other.surli\" UNSIGNED";
    assert!(catalog(&last(&[FILE, other]))[0].contains("other.surli"));
    for text in ["REMOVE MODULE mod::text", "REMOVE MODULE IF EXISTS mod::text"] {
        assert_eq!(catalog(&last(&[FILE, text])), [""; 0], "{text}");
    }
    assert_eq!(catalog(&last(&[SILO, "REMOVE MODULE silo::org::text::<1.2.3>"])), [""; 0]);
}

#[test]
fn the_way_back_of_each_leads_to_where_it_began() {
    for (before, text) in [
        ("DEFINE TABLE a", FILE),
        ("DEFINE TABLE a", SILO),
        (FILE, "ALTER MODULE mod::text COMMENT 'd'"),
        (FILE, "DEFINE MODULE OVERWRITE mod::text FROM f\"modules:/other.surli\" UNSIGNED"),
        (FILE, "REMOVE MODULE mod::text"),
        (SILO, "REMOVE MODULE silo::org::text::<1.2.3>"),
    ] {
        let begun = last(&[before]).catalog;
        let there = last(&[before, text]);
        assert_ne!(there.catalog, begun, "{text}");
        assert_eq!(last(&[before, text, undo(&there)]).catalog, begun, "{text}");
    }
}

#[test]
fn what_is_wrong_with_a_module_is_told() {
    assert_eq!(codes(&last(&[FILE, FILE])), ["M201"]);
    assert_eq!(codes(&last(&["REMOVE MODULE mod::text"])), ["M202"]);
    assert_eq!(codes(&last(&[FILE, "REMOVE MODULE mod::txt"])), ["M202"]);
    assert_eq!(
        codes(&last(&[SILO, "DEFINE MODULE IF NOT EXISTS silo::org::text::<1.2.3> UNSIGNED COMMENT 'c'"])),
        ["M222"]
    );
}

#[test]
fn an_analyzer_may_pass_text_through_a_module() {
    assert_eq!(codes(&last(&[FILE, "DEFINE ANALYZER words FUNCTION mod::text::plain TOKENIZERS blank"])), [""; 0]);
    assert_eq!(codes(&last(&["DEFINE ANALYZER words FUNCTION fn::plain TOKENIZERS blank"])), ["M226"]);
}

#[test]
fn a_model_is_imported_and_never_defined() {
    for text in ["DEFINE MODEL ml::price<1.0.0>", "REMOVE MODEL ml::price<1.0.0>"] {
        assert!(analyse(&[text]).is_empty(), "the parser refuses it: {text}");
    }
}
