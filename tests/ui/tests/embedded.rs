//! What the macro embeds is what the folder holds.

use migrate_runtime::{Migrations, Mode, Statement, Undo};
use migrate_ui_tests::{NAMED, SCHEMA};

#[test]
fn the_whole_folder_is_embedded() {
    assert_eq!((SCHEMA.module(), SCHEMA.len()), ("notes", 2));
    let [requirement] = SCHEMA.requires() else { panic!("one requirement") };
    assert_eq!((requirement.module(), requirement.version().get()), ("accounts", 2));
    let [first, second] = SCHEMA.as_slice() else { panic!("two migrations") };
    assert_eq!((first.file(), first.name()), ("V1__notes.surql", "notes"));
    assert_eq!((first.description(), first.mode()), ("notes and who wrote them", Mode::Transaction));
    assert_eq!(first.statements().iter().map(Statement::line).collect::<Vec<_>>(), [2, 3, 4]);
    assert_eq!(second.mode(), Mode::Transaction);
    assert!(matches!(second.undo(), Undo::Explicit { text, .. } if text == "REMOVE INDEX author ON note;\n"));
}

#[test]
fn the_text_is_canonical_and_its_statements_lie_in_it() {
    let [_, second] = SCHEMA.as_slice() else { panic!("two migrations") };
    assert_eq!(second.text(), "-- migrate: allow(M424) a new table\nDEFINE INDEX author ON note FIELDS author;\n");
    let [statement] = second.statements() else { panic!("one statement") };
    assert_eq!(&second.text()[statement.range()], "DEFINE INDEX author ON note FIELDS author");
}

#[test]
fn a_folder_gives_the_same_value_however_it_is_called() {
    assert_eq!(SCHEMA.head(), NAMED.head());
    let heads =
        |schema: &Migrations| schema.iter().map(|migration| (migration.checksum(), migration.chain())).collect();
    let (ours, named): (Vec<_>, Vec<_>) = (heads(&SCHEMA), heads(&NAMED));
    assert_eq!(ours, named);
}
