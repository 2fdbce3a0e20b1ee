use migrate_core::{Checksum, Migrations, Requirement};
use serde_json::json;

use super::*;

fn version(version: u64) -> Version {
    Version::new(version).unwrap()
}

fn sum(of: u64) -> [u8; 32] {
    [u8::try_from(of).unwrap(); 32]
}

/// A module whose migrations require what is named: of this version, that version of that module.
/// Each module has texts of its own.
fn sum_of(module: &str, at: u64) -> [u8; 32] {
    let mut sum = sum(at);
    sum[1] = module.bytes().fold(0, u8::wrapping_add);
    sum
}

fn module(name: &'static str, last: u64, requires: &[(u64, &'static str, u64)]) -> &'static Migrations {
    let migration = |at: u64| {
        let needs = requires.iter().filter(|(by, ..)| *by == at);
        let needs: Vec<_> = needs.map(|&(_, module, version)| Requirement::__new(module, version)).collect();
        let undo = Undo::Derived { text: format!("UNDO {name} {at}").into(), safety: UndoSafety::Safe };
        Migration::__new(at, "x", "V__x.surql", "", sum_of(name, at), sum_of(name, at))
            .__with_requires(needs.leak())
            .__with_undo(Box::leak(Box::new(undo)))
    };
    let chain: Vec<_> = (1..=last).map(migration).collect();
    Box::leak(Box::new(Migrations::__new(name, chain.leak())))
}

/// Rows as (module, version, status), applied in this order.
fn ledger(rows: &[(&str, u64, &str)]) -> Vec<Recorded> {
    let row = |(at, &(module, version, status)): (usize, &(&str, u64, &str))| {
        let sum = Checksum::from_bytes(sum_of(module, version)).to_string();
        json!({ "module": module, "version": version, "name": "x", "file": "V__x.surql", "checksum": sum, "chain": sum,
            "status": status, "breaking": false, "applied": at, "down": { "text": "DOWN", "safety": "data_loss" } })
    };
    Recorded::read_all(&rows.iter().enumerate().map(row).collect()).unwrap()
}

fn decided(
    modules: &[&'static Migrations],
    rows: &[(&str, u64, &str)],
    target: &UndoTarget,
) -> Result<String, Undecided> {
    let modules = Modules::new(modules.iter().copied()).unwrap();
    let ledger = ledger(rows);
    let steps = decide(&modules, &ledger, target, None)?;
    let steps = steps.iter().map(|one| format!("{}{}", one.recorded.row.module, one.recorded.row.version));
    Ok(steps.collect::<Vec<_>>().join(" "))
}

const ALL: [(&str, u64, &str); 6] = [
    ("auth", 1, "applied"),
    ("app", 1, "applied"),
    ("auth", 2, "applied"),
    ("auth", 3, "applied"),
    ("app", 2, "applied"),
    ("app", 3, "applied"),
];

fn both() -> [&'static Migrations; 2] {
    [module("app", 3, &[(1, "auth", 1), (2, "auth", 3)]), module("auth", 3, &[])]
}

#[test]
fn what_requires_something_that_goes_goes_before_it() {
    let to = |module: &str, at| UndoTarget::version(module, version(at));
    assert_eq!(decided(&both(), &ALL, &to("app", 1)).unwrap(), "app3 app2");
    assert_eq!(decided(&both(), &ALL, &to("auth", 2)).unwrap(), "app3 app2 auth3");
    assert_eq!(decided(&both(), &ALL, &to("auth", 1)).unwrap(), "app3 app2 auth3 auth2");
    assert_eq!(decided(&both(), &ALL, &UndoTarget::module("auth")).unwrap(), "app3 app2 auth3 auth2 app1 auth1");
    assert_eq!(decided(&both(), &ALL, &to("app", 3)).unwrap(), "");
    let last = UndoTarget::last(std::num::NonZeroUsize::new(2).unwrap());
    assert_eq!(decided(&both(), &ALL, &last).unwrap(), "app3 app2");
}

#[test]
fn what_the_binary_does_not_know_goes_first_the_latest_before_all() {
    let rows: Vec<_> =
        ALL.into_iter().chain([("auth", 4, "applied"), ("new", 1, "applied"), ("auth", 5, "applied")]).collect();
    let to = |module: &str, at| UndoTarget::version(module, version(at));
    assert_eq!(decided(&both(), &rows, &to("auth", 2)).unwrap(), "auth5 auth4 app3 app2 auth3");
    assert_eq!(decided(&both(), &rows, &UndoTarget::module("new")).unwrap(), "new1");
    let last = UndoTarget::last(std::num::NonZeroUsize::new(3).unwrap());
    assert_eq!(decided(&both(), &rows, &last).unwrap(), "auth5 new1 auth4");
}

#[test]
fn what_is_undone_or_failed_already_is_no_step() {
    let mut rows = ALL;
    rows[5].2 = "rolled_back";
    rows[4].2 = "failed";
    assert_eq!(decided(&both(), &rows, &UndoTarget::version("app", version(1))).unwrap(), "");
    let gone = decided(&both(), &rows, &UndoTarget::version("app", version(3)));
    let latest = Some(version(1));
    assert_eq!(gone, Err(Undecided::NoSuchVersion { module: "app".to_owned(), version: version(3), latest }));
    let nobody = decided(&both(), &rows, &UndoTarget::module("nobody"));
    assert_eq!(nobody, Err(Undecided::NoSuchModule("nobody".to_owned())));
}

#[test]
fn every_obstacle_is_told_at_once() {
    let mut rows = ALL;
    rows[5].2 = "started";
    rows[4].2 = "running";
    rows[3].2 = "running_start";
    let Err(Undecided::Impossible(obstacles)) = decided(&both(), &rows, &UndoTarget::module("auth")) else {
        panic!("it is not possible")
    };
    let named: Vec<_> = obstacles.iter().filter_map(UndoObstacle::migration).map(|(m, v)| format!("{m}{v}")).collect();
    assert_eq!(named, ["app3", "app2", "auth3"]);
    assert!(matches!(obstacles[1], UndoObstacle::Begun { .. }), "{obstacles:?}");
    assert!(obstacles.iter().all(|one| !one.to_string().is_empty()));
}

#[test]
fn what_another_module_has_on_record_too_is_not_undone_under_one_of_them() {
    let modules = Modules::new([module("app", 2, &[])]).unwrap();
    let shared = |of: &str| {
        let mut ledger = ledger(&[("app", 1, "applied"), ("app", 2, "applied"), ("mail", 7, "applied")]);
        let twin = ledger.iter().find(|one| one.row.module == of).unwrap().row.checksum;
        ledger[2].row.checksum = twin;
        match decide(&modules, &ledger, &UndoTarget::last(3.try_into().unwrap()), None) {
            Err(Undecided::Impossible(obstacles)) => {
                obstacles.iter().filter_map(UndoObstacle::migration).map(|(m, v)| format!("{m}{v}")).collect()
            }
            other => vec![format!("{other:?}")],
        }
    };
    assert_eq!(shared("app"), ["mail7", "app1"], "neither side goes by itself");
    assert!(shared("mail")[0].starts_with("Ok"), "what only one of them has goes");
}

#[test]
fn another_text_or_another_history_is_refused() {
    let modules = Modules::new([module("app", 2, &[])]).unwrap();
    for field in ["checksum", "chain"] {
        let mut ledger = ledger(&[("app", 1, "applied"), ("app", 2, "applied")]);
        let other = Checksum::from_bytes([99; 32]);
        if field == "chain" {
            ledger[1].row.chain = other;
        } else {
            ledger[1].row.checksum = other;
        }
        let Err(Undecided::Impossible(obstacles)) = decide(&modules, &ledger, &UndoTarget::module("app"), None) else {
            panic!("{field}")
        };
        assert!(matches!(&obstacles[..], [UndoObstacle::Divergent { recorded, .. }] if *recorded == other), "{field}");
    }
}

#[test]
fn nothing_is_planned_while_somebody_is_at_a_stepwise_migration() {
    let modules = Modules::new([module("app", 2, &[])]).unwrap();
    let ledger = ledger(&[("app", 1, "applied"), ("app", 2, "applied")]);
    let busy = decide(&modules, &ledger, &UndoTarget::module("app"), Some("worker"));
    let Err(Undecided::Impossible(obstacles)) = busy else { panic!("somebody is at it") };
    assert_eq!(obstacles, [UndoObstacle::Busy { by: "worker".to_owned() }]);
}
