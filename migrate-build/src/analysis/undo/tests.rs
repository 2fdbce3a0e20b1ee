use migrate_core::{Undo, UndoSafety};

use crate::analysis::testing::{down, last};

fn derived(texts: &[&str]) -> (String, UndoSafety) {
    match last(texts).undo {
        Undo::Derived { text, safety } => (text.into_owned(), safety),
        other => panic!("{other:?}"),
    }
}

fn reason(texts: &[&str]) -> String {
    match last(texts).undo {
        Undo::None { reason } => reason.into_owned(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_number_that_a_sequence_gave_is_not_given_back() {
    let text = "sequence::nextval('ids')";
    assert_eq!(reason(&["DEFINE SEQUENCE ids", text]), "it takes numbers from a sequence");
}

#[test]
fn a_new_table_goes_with_all_that_stands_on_it() {
    let text = "DEFINE TABLE a; DEFINE FIELD b ON a TYPE array<int>; CREATE a:1";
    assert_eq!(derived(&[text]), ("REMOVE TABLE IF EXISTS a;\n".into(), UndoSafety::DataLoss));
}

#[test]
fn a_new_field_goes_with_its_parts() {
    let (text, safety) = derived(&["DEFINE TABLE a", "DEFINE FIELD b ON a TYPE array<int>"]);
    assert_eq!(text, "REMOVE FIELD IF EXISTS b ON a;\nREMOVE FIELD IF EXISTS b.* ON a;\n");
    assert_eq!(safety, UndoSafety::DataLoss);
}

#[test]
fn a_changed_definition_is_put_back_word_for_word() {
    assert_eq!(
        derived(&[
            "DEFINE TABLE a COMMENT 'old'",
            "DEFINE TABLE OVERWRITE a SCHEMAFULL; DEFINE INDEX i ON a FIELDS id"
        ]),
        (
            "REMOVE INDEX IF EXISTS i ON a;\n\
             DEFINE TABLE OVERWRITE a TYPE ANY SCHEMALESS COMMENT 'old' PERMISSIONS NONE;\n"
                .into(),
            UndoSafety::Safe
        )
    );
}

#[test]
fn what_was_lost_cannot_be_had_back() {
    let (text, safety) = derived(&["DEFINE TABLE a; DEFINE FIELD b ON a TYPE int", "REMOVE FIELD b ON a"]);
    assert_eq!(text, "DEFINE FIELD OVERWRITE b ON a TYPE int PERMISSIONS FULL;\n");
    assert_eq!(safety, UndoSafety::Unsafe);
}

#[test]
fn a_secret_is_put_back_from_the_migrations() {
    let access = "DEFINE ACCESS a ON DATABASE TYPE JWT ALGORITHM HS256 KEY 'secret'";
    let alter = "ALTER ACCESS a ON DATABASE DURATION FOR SESSION 1h";
    let (text, safety) = derived(&[&format!("{access}; {alter}"), "REMOVE ACCESS a ON DATABASE"]);
    assert_eq!(text, format!("REMOVE ACCESS IF EXISTS a ON DATABASE;\n{access};\n{alter};\n"));
    assert_eq!(safety, UndoSafety::Safe);

    let made_up = "DEFINE ACCESS a ON DATABASE TYPE RECORD";
    assert_eq!(derived(&[made_up, "REMOVE ACCESS a ON DATABASE"]).1, UndoSafety::Unsafe);
    let again = "DEFINE ACCESS OVERWRITE a ON DATABASE TYPE RECORD";
    assert_eq!(derived(&[made_up, again]), (String::new(), UndoSafety::Unsafe), "the key of before is gone");
}

#[test]
fn where_there_is_none_the_reason_is_given() {
    assert_eq!(reason(&["DEFINE TABLE a", "UPDATE a:1 SET b = 1"]), "it writes rows");
    assert_eq!(reason(&["IF true { DEFINE TABLE a }"]), "what it changes is decided when it runs");
    assert_eq!(
        reason(&["DEFINE PARAM $a VALUE time::now()"]),
        "what a definition of it leaves is only known when it runs"
    );
    assert_eq!(reason(&["DEFINE FUNCTION fn::a() {}", "fn::a()"]), "it calls functions that may write rows");
    assert_eq!(
        reason(&["DEFINE TABLE a", "LET $x = function() { return 1 }"]),
        "it calls functions that may write rows"
    );
}

#[test]
fn a_down_file_that_the_database_would_refuse_is_told_as_an_error() {
    let chain = ["DEFINE TABLE a", "DEFINE FIELD b ON a TYPE option<int>"];
    for (text, code) in [
        ("REMOVE FIELD b ON a; REMOVE FIELD c ON a", "M202"),
        ("REMOVE FIELD b ON a; fn::nothing()", "M204"),
        ("UPDATE a SET b = 'x'; REMOVE FIELD b ON a", "M213"),
        ("REMOVE FIELD b ON a; THROW 'x'", "M409"),
    ] {
        let said = down(&chain, text);
        assert_eq!(said.len(), 1, "{said:?}");
        assert!(said[0].starts_with(&format!("error[{code}]")), "{}", said[0]);
    }
    assert_eq!(down(&chain, "LET $n = 1; UPDATE a SET b = $n; DELETE a; REMOVE FIELD b ON a"), [""; 0]);
}

#[test]
fn doing_nothing_is_undone_by_nothing() {
    assert_eq!(derived(&["DEFINE TABLE a", "SELECT * FROM a"]), (String::new(), UndoSafety::Safe));
}

#[test]
fn types_that_disagree_are_brought_back_by_the_way_they_came() {
    let chain = ["DEFINE FIELD a ON t TYPE array<int>; ALTER FIELD a ON t TYPE array<string>", "REMOVE TABLE t"];
    let text = "DEFINE TABLE OVERWRITE t TYPE ANY SCHEMALESS PERMISSIONS NONE;\n\
                DEFINE FIELD OVERWRITE a ON t PERMISSIONS FULL;\n\
                DEFINE FIELD OVERWRITE a.* ON t TYPE int PERMISSIONS FULL;\n\
                ALTER FIELD a ON t TYPE array<string>;\n";
    assert_eq!(derived(&chain), (text.into(), UndoSafety::Unsafe));

    let part = [chain[0], "DEFINE FIELD OVERWRITE a.* ON t TYPE string COMMENT 'c'"];
    assert_eq!(derived(&part).0.lines().last(), Some("ALTER FIELD a ON t TYPE array<string>;"));
    let both = "DEFINE TABLE t SCHEMAFULL; DEFINE FIELD o ON t TYPE object FLEXIBLE; DEFINE FIELD o.p ON t TYPE array<int>; \
                ALTER FIELD o.p ON t TYPE array<bool>; ALTER FIELD o ON t TYPE string DROP FLEXIBLE";
    assert!(
        derived(&[both, "REMOVE FIELD o ON t; REMOVE FIELD o.p ON t; REMOVE FIELD o.p.* ON t"]).0.contains("ALTER")
    );
}

#[test]
fn edges_go_before_their_table_unless_links_lead_to_them() {
    let before = "DEFINE TABLE user; DEFINE TABLE post";
    let edges = "DEFINE TABLE likes TYPE RELATION IN user OUT post; DEFINE EVENT told ON likes WHEN true THEN {}";
    let undo = |text: &str| crate::analysis::testing::last(&[before, text]).undo.text().unwrap().to_owned();
    let lines: Vec<_> = undo(edges).lines().map(|line| line.split(" TYPE").next().unwrap().to_owned()).collect();
    assert_eq!(
        lines,
        [
            "DEFINE TABLE IF NOT EXISTS likes",
            "REMOVE EVENT IF EXISTS told ON likes;",
            "DELETE `likes` RETURN NONE;",
            "REMOVE TABLE IF EXISTS likes;"
        ]
    );
    // Deleting what is referenced may be refused.
    let linked = format!("{edges}; DEFINE FIELD edge ON post TYPE option<record<likes>> REFERENCE ON DELETE REJECT");
    assert!(!undo(&linked).contains("DELETE `"), "{}", undo(&linked));
    assert!(!undo("DEFINE TABLE plain; DEFINE FIELD a ON plain TYPE int").contains("DELETE `"));
}
