//! What the macro embeds is what the folder holds.

use migrate_runtime::{
    Compatibility, Expectation, Migrations, Mode, Moved, Pace, Phase, PhaseWork, Statement, Undo, Version,
};
use migrate_ui_tests::{NAMED, SCHEMA};

#[test]
fn the_whole_folder_is_embedded() {
    assert_eq!((SCHEMA.module(), SCHEMA.len()), ("notes", 5));
    assert_eq!(SCHEMA.formerly(), ["memos"]);
    let [requirement] = SCHEMA.requires() else { panic!("one requirement") };
    assert_eq!((requirement.module(), requirement.version().get()), ("accounts", 2));
    let [first, second, third, ..] = SCHEMA.as_slice() else { panic!("five migrations") };
    assert_eq!((first.file(), first.name()), ("V1__notes.surql", "notes"));
    assert_eq!((first.description(), first.mode()), ("notes and who wrote them", Mode::Transaction));
    assert_eq!(first.statements().iter().map(Statement::line).collect::<Vec<_>>(), [2, 3, 4]);
    assert_eq!(
        (second.mode(), third.mode(), SCHEMA.last().unwrap().mode()),
        (Mode::Transaction, Mode::Stepwise, Mode::Phased)
    );
    assert!(matches!(second.undo(), Undo::Explicit { text, .. } if text == "REMOVE INDEX author ON note;\n"));
}

#[test]
fn the_text_is_canonical_and_its_statements_lie_in_it() {
    let [_, second, ..] = SCHEMA.as_slice() else { panic!("five migrations") };
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

#[test]
fn what_a_stepwise_migration_does_with_each_statement_is_embedded() {
    let third = SCHEMA.get(Version::new(3).unwrap()).unwrap();
    let [requirement] = third.requires() else { panic!("one requirement") };
    assert_eq!((requirement.module(), requirement.version().get()), ("accounts", 3));
    let paces: Vec<_> = third.statements().iter().map(Statement::pace).collect();
    let [Pace::Once, Pace::Batch { start, end, limit: Some(1000) }, Pace::Build, Pace::Rebuild] = paces[..] else {
        panic!("{paces:?}")
    };
    let select = &third.text()[usize::try_from(start).unwrap()..usize::try_from(end).unwrap()];
    assert_eq!(select, "SELECT VALUE id FROM note WHERE plan IS NONE LIMIT 1000");
}

#[test]
fn what_was_corrected_is_embedded_with_every_history_that_databases_may_have() {
    let first = SCHEMA.iter().next().unwrap();
    assert!(first.links().iter().any(|link| link.checksum() != first.checksum()), "the text of before");
    let last = SCHEMA.last().unwrap();
    assert!(last.links().iter().any(|link| link.chain() != last.chain()), "and what follows from it");
}

#[test]
fn what_changed_hands_is_embedded_with_its_other_place() {
    let [first, second, _, fourth, _] = SCHEMA.as_slice() else { panic!("five migrations") };
    assert_eq!(first.moved(), None);
    let Some(Moved::From(origin)) = second.moved() else { panic!("{second:?}") };
    assert_eq!((origin.module(), origin.version().get()), ("accounts", 7));
    let Some(Moved::To(receiver)) = fourth.moved() else { panic!("{fourth:?}") };
    assert_eq!((receiver.module(), receiver.version().get()), ("plans", 1));
    assert_eq!((fourth.file(), fourth.text(), fourth.changes().len()), ("V4__plan.surql", "", 0));
}

#[test]
fn the_phases_of_a_phased_migration_are_embedded_with_its_rollback() {
    let fifth = SCHEMA.last().unwrap();
    assert_eq!((fifth.description(), fifth.compatibility()), ("a plan has a tier", Compatibility::Breaking));
    assert!(fifth.text().starts_with("description = "), "the file is what was hashed");
    let phased = fifth.phased().unwrap();
    assert_eq!(Phase::ALL.map(|phase| phased.range(phase)), [0..2, 2..4, 4..6]);
    let [widen, fill, assertion, narrow, clear, remove] = phased.steps() else { panic!("{phased:?}") };
    assert_eq!((widen.id(), widen.work(), widen.statements().len()), ("add_tier", PhaseWork::Sql, 2));
    assert_eq!(widen.statements().iter().map(Statement::line).collect::<Vec<_>>(), [8, 9]);
    assert_eq!(fill.work(), PhaseWork::Backfill);
    assert!(matches!(fill.statements()[0].pace(), Pace::Batch { .. }));
    assert_eq!(assertion.work(), PhaseWork::Assert(Expectation::AtMost(0)));
    assert_eq!(narrow.text(), "ALTER FIELD tier ON note TYPE string");
    assert!(clear.text().contains("UNSET `tier`") && remove.text().contains("REMOVE FIELD IF EXISTS tier"));
    let lines: Vec<_> = fifth.statements().iter().map(Statement::line).collect();
    assert_eq!(lines, [8, 9, 15, 20, 26]);
}
