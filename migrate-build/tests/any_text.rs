//! No text makes the analysis panic, hang or run out of stack.

use migrate_build::__analyse as analyse;
use proptest::prelude::*;
use proptest::sample::select;

const WORDS: &[&str] = &[
    "DEFINE",
    "ALTER",
    "REMOVE",
    "TABLE",
    "FIELD",
    "INDEX",
    "EVENT",
    "FUNCTION",
    "PARAM",
    "ACCESS",
    "USER",
    "ANALYZER",
    "OVERWRITE",
    "IF NOT EXISTS",
    "IF EXISTS",
    "ON",
    "TYPE",
    "FIELDS",
    "UNIQUE",
    "WHEN",
    "THEN",
    "VALUE",
    "DEFAULT",
    "ASSERT",
    "PERMISSIONS",
    "NONE",
    "FULL",
    "WHERE",
    "SCHEMAFULL",
    "RELATION IN a OUT b",
    "array<",
    "option<",
    "record<",
    ">",
    "int",
    "|",
    "{",
    "}",
    "(",
    ")",
    "[",
    "]",
    ";",
    ",",
    "a",
    "b",
    "a.*",
    "`odd`",
    "$p",
    "fn::f",
    "()",
    "'x'",
    "1",
    "true",
    "CREATE",
    "UPDATE",
    "DELETE",
    "SELECT",
    "* FROM",
    "IF",
    "ELSE",
    "FOR $i IN",
    "LET $x =",
    "SET",
    "=",
    "AS",
    "COMMENT",
    "CONCURRENTLY",
    "é",
    "\n",
    "-- c\n",
    "DATABASE",
    "RECORD",
    "PASSWORD",
    "DROP",
    "READONLY",
    "COMPUTED",
    "REFERENCE",
    "INSERT INTO",
    "RELATE a:1->b->a:1",
];

/// Texts that parse, over names that meet.
fn statement() -> impl Strategy<Value = String> {
    let leaf = select(
        &["CREATE a", "DELETE b", "fn::f(1)", "SELECT * FROM a", "DEFINE TABLE a", "REMOVE FIELD x ON a", "1 + 1"][..],
    );
    let body = leaf.prop_map(str::to_owned).prop_recursive(6, 24, 3, |inner| {
        prop_oneof![
            inner.clone().prop_map(|inner| format!("{{ {inner} }}")),
            inner.clone().prop_map(|inner| format!("IF true {{ {inner} }}")),
            inner.clone().prop_map(|inner| format!("FOR $i IN [1] {{ {inner} }}")),
            inner.clone().prop_map(|inner| format!("LET $x = ({inner})")),
            inner.clone().prop_map(|inner| format!("DEFINE EVENT OVERWRITE e ON a WHEN true THEN {{ {inner} }}")),
            inner.prop_map(|inner| format!("DEFINE FUNCTION OVERWRITE fn::f($x: int) {{ {inner} }}")),
        ]
    });
    let define = ("(a|b|x)", "(|array<int>|option<record<a>>|object|string)").prop_map(|(name, value_type)| {
        let value_type = if value_type.is_empty() { String::new() } else { format!(" TYPE {value_type}") };
        format!("DEFINE FIELD OVERWRITE {name} ON a{value_type}")
    });
    prop_oneof![body, define]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn of_words(words in prop::collection::vec(select(WORDS), 0..40)) {
        let text = words.join(" ");
        analyse(&["DEFINE TABLE a; DEFINE FIELD x ON a TYPE array<int>", &text]);
    }

    #[test]
    fn of_statements(texts in prop::collection::vec(prop::collection::vec(statement(), 1..6), 1..4)) {
        let texts: Vec<String> = texts.iter().map(|statements| statements.join(";\n")).collect();
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        prop_assert_eq!(analyse(&texts).len(), texts.len());
    }
}

#[test]
fn however_deep() {
    for depth in [10, 19, 60, 99, 120, 400, 5_000] {
        let nested = |open: &str, inner: &str, close: &str| open.repeat(depth) + inner + &close.repeat(depth);
        for text in [
            format!("DEFINE FIELD a ON t TYPE {}", nested("array<", "int", ">")),
            format!("DEFINE FIELD a ON t TYPE {}", nested("option<set<", "int", ">>")),
            format!("DEFINE FIELD a ON t TYPE {}", vec!["int"; depth].join(" | ")),
            format!("DEFINE FIELD a ON t DEFAULT {}", nested("[", "1", "]")),
            format!("DEFINE FIELD a ON t DEFAULT {}", nested("(", "1", ")")),
            format!("DEFINE FIELD a ON t VALUE 1{}", " + 1".repeat(depth)),
            format!("DEFINE FIELD a ON t VALUE {}1", "!".repeat(depth)),
            format!("DEFINE FIELD {} ON t TYPE int", vec!["a"; depth].join(".")),
            format!("DEFINE PARAM $a VALUE {}", nested("{ a: ", "1", "}")),
            nested("IF true { ", "CREATE a", " }"),
            nested("{ ", "CREATE a", " }"),
            format!("DEFINE FUNCTION fn::a() {}", nested("{ IF true { ", "CREATE a", " } }")),
        ] {
            analyse(&[&text]);
        }
    }
}
