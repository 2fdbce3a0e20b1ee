/// What a migration consists of, seen from a database that has nothing yet: may the catalog be put in its place?
///
/// In ascending order of what has to be run instead, so that the greatest of a chain's first migrations says it of all of
/// them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Contents {
    /// Each statement defines, alters or removes something of a known name, and what comes of it is certain: on an empty
    /// database the catalog stands for the migration.
    Definitions,
    /// As [`Definitions`](Self::Definitions), but a key or a password is among them. Of those the catalog has only
    /// `[REDACTED]`, so that the migration itself has to be run.
    Secrets,
    /// There is more to it: rows, something computed or decided when it runs, or what other modules may have defined.
    More,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::testing::last;

    fn contents(texts: &[&str]) -> Contents {
        last(texts).contents
    }

    #[test]
    fn what_only_defines_may_be_replaced_by_the_catalog() {
        for text in [
            "DEFINE TABLE b SCHEMAFULL; DEFINE FIELD c ON b TYPE array<int>; DEFINE INDEX d ON b FIELDS c CONCURRENTLY",
            "REMOVE TABLE a",
            "ALTER TABLE a SCHEMAFULL",
            "DEFINE TABLE IF NOT EXISTS a; REMOVE TABLE IF EXISTS z; ALTER TABLE IF EXISTS z SCHEMAFULL",
            "DEFINE FIELD c ON implicit",
            "DEFINE EVENT e ON a WHEN true THEN (CREATE b); DEFINE FUNCTION fn::f() { DELETE a }; DEFINE PARAM $p VALUE 1",
        ] {
            assert_eq!(contents(&["DEFINE TABLE a", text]), Contents::Definitions, "{text}");
        }
    }

    #[test]
    fn what_the_catalog_has_only_redacted_must_be_run() {
        for text in [
            "DEFINE ACCESS a ON DATABASE TYPE JWT ALGORITHM HS256 KEY 'secret'",
            "DEFINE ACCESS a ON DATABASE TYPE RECORD",
            "DEFINE TABLE b; DEFINE USER u ON DATABASE PASSWORD 'secret'; DEFINE TABLE c",
        ] {
            assert_eq!(contents(&[text]), Contents::Secrets, "{text}");
        }
    }

    #[test]
    fn rows_and_what_is_decided_when_it_runs_are_more_than_definitions() {
        for text in [
            "DEFINE TABLE b; CREATE b",
            "UPDATE a:1 SET b = 1",
            "IF true { DEFINE TABLE b }",
            "DEFINE PARAM $p VALUE time::now()",
            "DEFINE TABLE b COMMENT $c",
            "LET $x = 1",
            "DEFINE DATABASE d",
            "FOR $i IN 0..2 { REMOVE TABLE IF EXISTS a }",
            "DEFINE USER u ON DATABASE PASSWORD 'secret'; CREATE a",
        ] {
            assert_eq!(contents(&["DEFINE TABLE a", text]), Contents::More, "{text}");
        }
    }
}
