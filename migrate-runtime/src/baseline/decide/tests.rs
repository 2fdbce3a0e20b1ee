use migrate_core::{Checksum, Compatibility, ObjectKind};

use super::*;
use crate::ledger::Kept;
use crate::live::{SchemaDifference, Unmanaged};

fn table(name: &'static str) -> Object {
    Object::new(ObjectKind::Table, name)
}

/// A chain, of which each migration makes these changes.
fn module(name: &'static str, chain: &[&[(&'static str, Option<&'static str>)]]) -> &'static Migrations {
    let migration = |(at, changes): (usize, &&[(&'static str, Option<&'static str>)])| {
        let change = |(name, text): &(&'static str, Option<&'static str>)| match text {
            Some(text) => Change::define(table(name), *text),
            None => Change::remove(table(name)),
        };
        let changes: Vec<_> = changes.iter().map(change).collect();
        let sum = [u8::try_from(at).unwrap(); 32];
        let version = u64::try_from(at + 1).unwrap();
        Migration::__new(version, "x", "V__x.surql", "", sum, sum).__with_changes(changes.leak())
    };
    let chain: Vec<_> = chain.iter().enumerate().map(migration).collect();
    Box::leak(Box::new(Migrations::__new(name, chain.leak())))
}

fn app() -> &'static Migrations {
    module("app", &[&[("a", Some("1"))], &[("b", Some("1")), ("a", Some("2"))], &[], &[("a", None)]])
}

fn live(texts: &[(&'static str, &str)]) -> Catalog {
    texts.iter().map(|(name, text)| (table(name), (*text).to_owned())).collect()
}

fn version(number: u64) -> Version {
    Version::new(number).unwrap()
}

fn wanted(targets: &[(&'static Migrations, At)]) -> Wanted {
    Wanted { targets: targets.to_vec(), unmanaged: Unmanaged::none(), strangers: Strangers::Refused }
}

fn run(
    modules: &[&'static Migrations],
    wanted: &Wanted,
    ledger: &[Recorded],
    live: &Catalog,
) -> Result<Vec<(&'static str, u64)>, BaselineError> {
    let decided = decide(&Context::new("a", "b").unwrap(), modules, wanted, ledger, live)?;
    Ok(decided.missing.iter().map(|(module, version)| (module.module(), version.get())).collect())
}

fn recorded(module: &Migrations, number: u64, is_taken_over: bool) -> Recorded {
    let migration = module.get(version(number)).unwrap();
    let row = Row {
        module: module.module().to_owned(),
        version: version(number),
        name: "x".to_owned(),
        checksum: migration.checksum(),
        chain: migration.chain(),
        status: Status::Applied,
        compatibility: Compatibility::Compatible,
        kept: Kept::Nothing,
        accepted: None,
        phase: None,
        at_once: false,
        undo_failed: None,
    };
    Recorded { row, is_taken_over, replica: None }
}

#[test]
fn the_latest_version_with_the_live_schema_is_found() {
    let app = app();
    let detected = wanted(&[(app, At::Detected)]);
    for (texts, at) in [(&[("a", "1")][..], 1), (&[("a", "2"), ("b", "1")], 3), (&[("b", "1")], 4)] {
        assert_eq!(run(&[app], &detected, &[], &live(texts)), Ok(vec![("app", at)]), "{texts:?}");
    }
    assert_eq!(run(&[app], &detected, &[], &Catalog::new()), Ok(vec![]), "it is still to come");
}

#[test]
fn a_difference_is_told_against_the_version_that_comes_closest() {
    let app = app();
    let error = run(&[app], &wanted(&[(app, At::Detected)]), &[], &live(&[("a", "2"), ("b", "9")])).unwrap_err();
    let BaselineError::Different { at, differences, .. } = error else { panic!("{error}") };
    assert_eq!(at, [("app", version(3))]);
    let changed = SchemaDifference::Changed { object: table("b"), expected: "1".into(), live: "9".into() };
    assert_eq!(differences, [changed]);
}

#[test]
fn the_version_that_is_named_is_the_one_that_counts() {
    let app = app();
    let at = |number| wanted(&[(app, At::Version(version(number)))]);
    let schema = live(&[("a", "2"), ("b", "1")]);
    assert_eq!(run(&[app], &at(2), &[], &schema), Ok(vec![("app", 2)]));
    let error = run(&[app], &at(1), &[], &schema).unwrap_err();
    let kinds: Vec<_> = error.differences().iter().map(|one| one.object().name().to_owned()).collect();
    assert_eq!(kinds, ["a", "b"], "what a later version defines is not overlooked");
    assert!(run(&[app], &at(1), &[], &Catalog::new()).is_err(), "nothing there is not V1");
}

#[test]
fn the_schemas_of_all_modules_are_accounted_for() {
    let (app, other) = (app(), module("other", &[&[("o", Some("1"))], &[("p", Some("1"))]]));
    let schema = live(&[("a", "1"), ("o", "1")]);
    let all = wanted(&[(app, At::Detected), (other, At::Detected)]);
    assert_eq!(run(&[app, other], &all, &[], &schema), Ok(vec![("app", 1), ("other", 1)]));
    let only = wanted(&[(app, At::Detected)]);
    assert_eq!(
        run(&[app, other], &only, &[], &schema),
        Ok(vec![("app", 1)]),
        "the other one's tables are no strangers"
    );
    assert!(run(&[app], &only, &[], &schema).is_err(), "nobody defines them here");
}

#[test]
fn strangers_are_refused_unless_accepted_or_unmanaged() {
    let app = app();
    let schema = live(&[("a", "1"), ("audit_1", "x")]);
    let refused = wanted(&[(app, At::Detected)]);
    let error = run(&[app], &refused, &[], &schema).unwrap_err();
    assert!(matches!(error.differences(), [SchemaDifference::Added { object, .. }] if *object == table("audit_1")));
    let accepted = Wanted { strangers: Strangers::Accepted, ..refused.clone() };
    assert_eq!(run(&[app], &accepted, &[], &schema), Ok(vec![("app", 1)]));
    let unmanaged = Wanted { unmanaged: Unmanaged::matching(["audit_*", "a"]), ..refused };
    assert_eq!(run(&[app], &unmanaged, &[], &schema), Ok(vec![("app", 1)]));
    let changed = live(&[("a", "changed")]);
    assert!(run(&[app], &unmanaged, &[], &changed).is_err(), "no pattern hides what a module defines");
    assert!(run(&[app], &accepted, &[], &changed).is_err());
}

#[test]
fn a_ledger_that_did_not_come_from_here_is_refused() {
    let app = app();
    let schema = live(&[("a", "1")]);
    let detected = wanted(&[(app, At::Detected)]);
    let taken = [recorded(app, 1, true)];
    let decided = decide(&Context::new("a", "b").unwrap(), &[app], &detected, &taken, &schema).unwrap();
    assert!(decided.missing.is_empty() && decided.recorded.len() == 1);
    // It was migrated on since.
    let on = [recorded(app, 1, true), recorded(app, 2, false)];
    assert_eq!(run(&[app], &detected, &on, &live(&[("a", "2"), ("b", "1")])), Ok(vec![]));
    for ledger in [vec![recorded(app, 1, false)], {
        let mut other = recorded(app, 1, true);
        other.row.chain = Checksum::from_bytes([9; 32]);
        vec![other]
    }] {
        assert!(matches!(run(&[app], &detected, &ledger, &schema), Err(BaselineError::LedgerExists { .. })));
    }
    let at = wanted(&[(app, At::Version(version(2)))]);
    assert!(matches!(run(&[app], &at, &taken, &schema), Err(BaselineError::LedgerExists { .. })), "it is at V1");
}

#[test]
fn an_attempt_of_which_nothing_was_kept_is_in_nobodys_way() {
    let app = app();
    let failed = |kept| {
        let mut failed = recorded(app, 1, false);
        failed.row.status = Status::Failed;
        failed.row.kept = kept;
        [failed]
    };
    let (detected, schema) = (wanted(&[(app, At::Detected)]), live(&[("a", "1")]));
    assert_eq!(run(&[app], &detected, &failed(Kept::Nothing), &schema), Ok(vec![("app", 1)]));
    let begun = run(&[app], &detected, &failed(Kept::Something), &schema);
    assert!(matches!(begun, Err(BaselineError::LedgerExists { .. })), "some of its statements are committed");
}
