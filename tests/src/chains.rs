use migrate_runtime::Migrations;

use crate::module;

/// The chains that a test and the replicas it starts know by name.
///
/// Each migration defines something and writes one row of `effect` with its version, so that it shows how often and how
/// far it ran.
pub const CHAINS: [&str; 2] = ["small", "split"];

/// The chain of this name, or `None` if there is none.
///
/// # Panics
///
/// When a chain does not pass the checks of a build.
pub fn chain(name: &str) -> Option<&'static Migrations> {
    match name {
        "small" => Some(module("app", &SMALL)),
        "split" => Some(module("app", &SPLIT)),
        "stepwise" => Some(module("app", &STEPWISE)),
        "reversible" => Some(module("app", &REVERSIBLE)),
        "before_phased" => Some(module("app", &PHASED[..1])),
        "phased" => Some(module("app", &PHASED)),
        _ => None,
    }
}

/// The second migration is stepwise, with batches and an index build. It is not of [`CHAINS`]: it does more than one thing.
const STEPWISE: [(&str, &str); 2] = [
    (
        "V1__effects.surql",
        "DEFINE TABLE effect SCHEMAFULL;\nDEFINE FIELD version ON effect TYPE int;\nDEFINE TABLE note;\n\
         FOR $i IN 0..200 { CREATE type::record('note', $i) SET n = $i, writes = 0 };\nCREATE effect SET version = 1;\n",
    ),
    (
        "V2__slow.surql",
        "-- migrate: stepwise\nCREATE effect SET version = 2;\n\
         UPDATE (SELECT VALUE id FROM note WHERE writes = 0 LIMIT 20) SET writes += 1;\n\
         DEFINE INDEX by_n ON note FIELDS n CONCURRENTLY;\nCREATE effect SET version = 3;\n",
    ),
];

/// All of it can be undone, since it writes no rows. It is not of [`CHAINS`].
const REVERSIBLE: [(&str, &str); 4] = [
    ("V1__notes.surql", "DEFINE TABLE note SCHEMAFULL;\nDEFINE FIELD text ON note TYPE string;\n"),
    ("V2__tags.surql", "DEFINE FIELD tags ON note TYPE option<array<string>>;\n"),
    ("V3__authors.surql", "DEFINE TABLE author SCHEMAFULL;\nDEFINE FIELD name ON author TYPE string;\n"),
    ("V4__index.surql", "DEFINE INDEX by_text ON note FIELDS text;\n"),
];

/// The second migration is a phased one, in batches. It is not of [`CHAINS`]: it is not applied as a whole.
const PHASED: [(&str, &str); 2] = [
    (
        "V1__notes.surql",
        "DEFINE TABLE note SCHEMAFULL;\nDEFINE FIELD n ON note TYPE option<int>;\n\
         FOR $i IN 0..60 { CREATE type::record('note', $i) SET n = $i };\n",
    ),
    (
        "V2__number.toml",
        r#"
[[step]]
id = "add"
phase = "start"
sql = 'DEFINE FIELD number ON note TYPE option<int>'

[[step]]
id = "fill"
phase = "start"
backfill = { table = "note", where = "number IS NONE AND n IS NOT NONE", set = "number = n", batch = 20 }

[[step]]
id = "clear"
phase = "complete"
backfill = { table = "note", where = "n IS NOT NONE", set = "n = NONE", batch = 5 }

[[step]]
id = "drop"
phase = "complete"
sql = 'REMOVE FIELD n ON note'
"#,
    ),
];

/// All of it goes in one text.
const SMALL: [(&str, &str); 4] = [
    (
        "V1__effects.surql",
        "DEFINE TABLE effect SCHEMAFULL;\nDEFINE FIELD version ON effect TYPE int;\nCREATE effect SET version = 1;\n",
    ),
    (
        "V2__notes.surql",
        "CREATE effect SET version = 2;\nDEFINE TABLE note SCHEMAFULL;\nDEFINE FIELD text ON note TYPE string;\n\
         DEFINE INDEX by_text ON note FIELDS text;\n",
    ),
    (
        "V3__tags.surql",
        "DEFINE FIELD tags ON note TYPE option<array<string>>;\nCREATE effect SET version = 3;\n\
         DEFINE FUNCTION fn::twice($n: int) { RETURN $n * 2; };\n",
    ),
    (
        "V4__authors.surql",
        "DEFINE TABLE author SCHEMAFULL;\nDEFINE FIELD name ON author TYPE string;\n\
         DEFINE FIELD author ON note TYPE option<record<author>>;\nCREATE effect SET version = 4;\n",
    ),
];

/// Each `LET` ends a text, so that there are as many round trips as migrations, and something may happen between them.
const SPLIT: [(&str, &str); 4] = [
    (
        "V1__effects.surql",
        "DEFINE TABLE effect SCHEMAFULL;\nDEFINE FIELD version ON effect TYPE int;\nLET $version = 1;\n\
         CREATE effect SET version = $version;\n",
    ),
    (
        "V2__notes.surql",
        "LET $version = 2;\nCREATE effect SET version = $version;\nDEFINE TABLE note SCHEMAFULL;\n\
         DEFINE FIELD text ON note TYPE string;\nDEFINE INDEX by_text ON note FIELDS text;\n",
    ),
    (
        "V3__tags.surql",
        "LET $version = 3;\nDEFINE FIELD tags ON note TYPE option<array<string>>;\n\
         CREATE effect SET version = $version;\n",
    ),
    (
        "V4__authors.surql",
        "DEFINE TABLE author SCHEMAFULL;\nLET $version = 4;\nDEFINE FIELD name ON author TYPE string;\n\
         CREATE effect SET version = $version;\n",
    ),
];
