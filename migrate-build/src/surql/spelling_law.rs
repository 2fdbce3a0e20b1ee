//! The law that what counts as another way to write a definition is the same definition to the parser.

use migrate_core::DifferenceClass;
use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::parse;
use crate::{Diagnostics, Source};

/// As the database reports them.
const DEFINITIONS: &[&str] = &[
    "DEFINE TABLE user TYPE NORMAL SCHEMAFULL COMMENT 'it\\'s' PERMISSIONS NONE",
    "DEFINE TABLE `odd name` TYPE RELATION IN user OUT `a\\`b` | post ENFORCED SCHEMALESS PERMISSIONS FOR select WHERE a = b, FOR create NONE",
    "DEFINE TABLE v TYPE ANY SCHEMALESS AS SELECT count() AS n, type FROM user WHERE value = 'a b' GROUP BY type PERMISSIONS NONE",
    "DEFINE FIELD name ON user TYPE none | string DEFAULT ALWAYS 'x' READONLY VALUE $value OR $before.name ASSERT $value != NONE PERMISSIONS FULL",
    "DEFINE FIELD value ON user TYPE set<int, 3> | 'a' | [int, { b: string }] VALUE { a.value + 1d2h } PERMISSIONS FULL",
    "DEFINE FIELD tags.* ON user TYPE record<user | post> REFERENCE ON DELETE CASCADE PERMISSIONS FOR select, create FULL, FOR update NONE",
    "DEFINE FIELD a.`b c`[*].d ON user COMPUTED user:[1, 'a'].b.c ?? post:⟨x y⟩ PERMISSIONS FULL",
    "DEFINE INDEX by_name ON user FIELDS name, value.type UNIQUE COMMENT \"a \\\" b\"",
    "DEFINE INDEX near ON user FIELDS v HNSW DIMENSION 4 DIST COSINE TYPE F32 EFC 150 M 12",
    "DEFINE EVENT e ON user WHEN $event = 'CREATE' THEN { UPDATE user SET type = 1, n += 1; RETURN { a: 1, \"b\": [2, 3] } }",
    "DEFINE FUNCTION fn::greet($name: string, $n: option<int>) -> string { LET $a = user:1->likes->post; RETURN 'hi ' + $name + string::len($name) * -1 } PERMISSIONS FULL",
    "DEFINE FUNCTION fn::c() { IF a { 1 } ELSE { |$x: int| $x + 1 }; FOR $i IN 0..10 { CREATE t:e5 SET v = 1.5e5, d = d'2020-01-01T00:00:00Z' } } PERMISSIONS NONE",
    "DEFINE PARAM $limit VALUE [1, 2.5f, 3dec, NaN, user:ulid(), r'user:1'] PERMISSIONS FULL",
    "DEFINE ANALYZER a TOKENIZERS BLANK,CLASS FILTERS LOWERCASE,SNOWBALL(ENGLISH),EDGENGRAM(2,10)",
    "DEFINE ACCESS account ON DATABASE TYPE RECORD SIGNUP (CREATE user) SIGNIN (SELECT * FROM user) WITH JWT ALGORITHM HS512 KEY '[REDACTED]' WITH ISSUER KEY '[REDACTED]' DURATION FOR TOKEN 1h, FOR SESSION NONE",
    "DEFINE SEQUENCE s BATCH 10 START 5 TIMEOUT 1m",
];

/// What is put in the place of something else.
const PIECES: &[&str] = &[
    " ",
    "  ",
    "\n\t",
    "",
    "`",
    "⟨",
    "⟩",
    "'",
    "\"",
    "\\",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    ",",
    ";",
    ":",
    "::",
    ".",
    "..",
    "-",
    "->",
    "/",
    "$",
    "@",
    "<",
    ">",
    "|",
    "=",
    "+",
    "1",
    "1e5",
    "e5",
    "1d",
    "a",
    "A",
    "b",
    "value",
    "VALUE",
    "`value`",
    "type",
    "TYPE",
    "`type`",
    "NONE",
    "none",
    "`none`",
    "user",
    "⟨user⟩",
    "`user`",
    "'user'",
    "\"user\"",
    "fn::greet",
    "user:1",
    "NaN",
    "r",
    "d",
    "u8",
    "count",
    "`count`",
    "rand",
    "string",
    "`string`",
    "true",
    "this",
    "$this",
    "`this`",
    "FOR",
    "select",
    "`select`",
    "math::pi",
];

/// The words of a text, and the single characters between them.
fn pieces(text: &str) -> Vec<&str> {
    let is_of_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let length = rest.find(|c| !is_of_word(c)).unwrap_or(rest.len());
        let (piece, behind) = rest.split_at(length.max(c.len_utf8()));
        pieces.push(piece);
        rest = behind;
    }
    pieces
}

/// Another way to write the piece at a place, or something else in its stead.
fn changed(text: &str, at: usize, how: usize, other: &str) -> String {
    let all = pieces(text);
    let piece = all[at];
    let instead = match how {
        0 => other.to_owned(),
        1 => format!("{piece}{other}"),
        2 => format!("{other}{piece}"),
        3 => format!("`{piece}`"),
        4 => format!("⟨{piece}⟩"),
        5 => piece.to_ascii_uppercase(),
        6 => piece.to_ascii_lowercase(),
        7 => format!(" {piece} "),
        _ => String::new(),
    };
    [&all[..at].concat(), &instead, &all[at + 1..].concat()].map(String::as_str).concat()
}

/// What the parser makes of a text; `None` where it refuses it.
fn parsed(text: &str) -> Option<String> {
    let source = Source::new("V1__test.surql", text);
    let statements = parse(&source, &mut Diagnostics::default())?;
    Some(format!("{:?}", statements.iter().map(|statement| &statement.ast).collect::<Vec<_>>()))
}

fn holds(one: &str, other: &str) -> bool {
    match (parsed(one), parsed(other)) {
        (Some(a), Some(b)) => a == b || DifferenceClass::of(one, other) == DifferenceClass::Real,
        _ => true,
    }
}

#[test]
fn every_definition_is_one() {
    for text in DEFINITIONS {
        assert!(parsed(text).is_some(), "{text}: {}", super::testing::diagnostics(text));
    }
}

#[test]
fn no_word_is_taken_for_a_name_that_may_be_something_else() {
    for text in DEFINITIONS {
        for at in 0..pieces(text).len() {
            for how in 3..=8 {
                let other = changed(text, at, how, "");
                assert!(holds(text, &other), "{text}\n{other}");
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3_000, ..ProptestConfig::default() })]

    #[test]
    fn what_is_another_way_to_write_it_is_the_same_to_the_parser(
        text in select(DEFINITIONS),
        changes in prop::collection::vec((any::<Index>(), 0..9_usize, select(PIECES)), 1..4),
        both in any::<bool>(),
    ) {
        let mut other = text.to_owned();
        let mut before = other.clone();
        for (at, how, piece) in changes {
            before.clone_from(&other);
            if !other.is_empty() {
                let at = at.index(pieces(&other).len());
                other = changed(&other, at, how, piece);
            }
        }
        let one = if both { before.as_str() } else { text };
        prop_assert!(holds(one, &other), "{one}\n{other}");
    }
}
