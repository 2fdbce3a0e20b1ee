//! The page of diagnostics is made from the table of rules, so that it cannot say anything else.

use std::fmt::Write;
use std::path::Path;
use std::{env, fs};

use migrate_build::RULES;

const GROUPS: [(char, &str); 6] = [
    ('0', "Files and names"),
    ('1', "Syntax"),
    ('2', "Meaning"),
    ('3', "Effects on those who run the older binary"),
    ('4', "Traps of the database"),
    ('5', "The lockfile"),
];

fn page() -> String {
    let mut page = String::from(
        "# Diagnostics\n\n\
         Made from the table of rules; `MIGRATE_BLESS=1 cargo test -p migrate-build --test diagnostics_page` writes it anew.\n\n\
         A rule marked *allowable* can be silenced in one file by `-- migrate: allow(CODE) reason`, and its severity can be\n\
         set for the whole folder under `[rules]` in `migrations.toml`.\n",
    );
    for (digit, title) in GROUPS {
        let rules: Vec<_> = RULES.iter().filter(|rule| rule.code.chars().nth(1) == Some(digit)).collect();
        if rules.is_empty() {
            continue;
        }
        write!(page, "\n## M{digit}xx: {title}\n").unwrap();
        for rule in rules {
            let allowable = if rule.is_allowable() { ", allowable" } else { "" };
            let (code, name, severity) = (rule.code, rule.name, rule.severity);
            let (summary, explanation) = (rule.summary, rule.explanation);
            write!(page, "\n### {code} {name}\n\n*{severity}{allowable}.* {summary}.\n\n{explanation}\n").unwrap();
        }
    }
    page
}

#[test]
fn the_page_of_diagnostics_says_what_the_rules_say() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/diagnostics.md");
    let page = page();
    if env::var_os("MIGRATE_BLESS").is_some() {
        fs::write(&path, &page).unwrap();
    }
    let written = fs::read_to_string(&path).unwrap_or_default();
    assert!(written == page, "docs/diagnostics.md is stale: MIGRATE_BLESS=1 writes it anew");
}

#[test]
fn codes_and_names_are_unique_and_in_order() {
    for pair in RULES.windows(2) {
        assert!(pair[0].code < pair[1].code, "{} stands before {}", pair[0].code, pair[1].code);
    }
    let mut names: Vec<_> = RULES.iter().map(|rule| rule.name).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), RULES.len());
}

#[test]
fn every_rule_says_what_it_is_about() {
    for rule in RULES {
        let digits = rule.code.strip_prefix('M').unwrap_or_default();
        assert!(digits.len() == 3 && digits.bytes().all(|byte| byte.is_ascii_digit()), "{}", rule.code);
        assert!(
            !rule.summary.is_empty() && !rule.summary.ends_with('.'),
            "{}: the summary has no full stop",
            rule.code
        );
        assert!(rule.explanation.ends_with(['.', '`']), "{}: the explanation is sentences", rule.code);
    }
}
