mod phased;

use migrate_core::{Checksum, Compatibility, Migration, Migrations, Mode};
use proptest::prelude::*;

use super::*;
use crate::ledger::{Kept, Status};
use crate::refusal::DivergentPart;

fn migration(version: u64) -> Migration {
    let sum = [u8::try_from(version).unwrap(); 32];
    Migration::__new(version, "x", "V__x.surql", "", sum, sum)
}

fn module(name: &'static str, versions: &[u64]) -> &'static Migrations {
    let chain: Vec<_> = versions.iter().copied().map(migration).collect();
    Box::leak(Box::new(Migrations::__new(name, Box::leak(chain.into_boxed_slice()))))
}

fn plan(modules: &[&'static Migrations], rows: &[Row]) -> Result<Plan, Refusal> {
    super::plan(&Modules::new(modules.iter().copied()).unwrap(), rows)
}

fn row(module: &str, version: u64, status: Status) -> Row {
    let sum = Checksum::from_bytes([u8::try_from(version).unwrap(); 32]);
    Row {
        module: module.to_owned(),
        version: Version::new(version).unwrap(),
        name: "x".to_owned(),
        checksum: sum,
        chain: sum,
        status,
        compatibility: Compatibility::Compatible,
        kept: Kept::Nothing,
        accepted: None,
        phase: None,
        at_once: false,
        undo_failed: None,
    }
}

fn applied(versions: &[u64]) -> Vec<Row> {
    versions.iter().map(|&version| row("app", version, Status::Applied)).collect()
}

fn steps(plan: &Plan) -> Vec<u64> {
    plan.steps.iter().map(|step| step.migration.version().get()).collect()
}

fn refusal(versions: &[u64], rows: &[Row]) -> Refusal {
    plan(&[module("app", versions)], rows).unwrap_err()
}

#[test]
fn a_fresh_context_gets_the_whole_chain_each_step_after_its_predecessor() {
    let plan = plan(&[module("app", &[1, 2, 3])], &[]).unwrap();
    assert_eq!(steps(&plan), [1, 2, 3]);
    assert_eq!(plan.steps[0].predecessor, None);
    assert_eq!(plan.steps[2].predecessor.unwrap().0.get(), 2);
}

#[test]
fn an_applied_chain_leaves_nothing_to_do() {
    let plan = plan(&[module("app", &[1, 2])], &applied(&[1, 2])).unwrap();
    assert!(plan.steps.is_empty() && plan.ahead.is_empty());
}

#[test]
fn what_failed_or_was_rolled_back_is_applied_again() {
    for status in [Status::Failed, Status::RolledBack] {
        let rows = [row("app", 1, Status::Applied), row("app", 2, status)];
        let plan = plan(&[module("app", &[1, 2])], &rows).unwrap();
        assert_eq!(steps(&plan), [2]);
        assert_eq!(plan.steps[0].earlier, Earlier::Row);
    }
}

fn begun(version: u64, status: Status) -> Row {
    Row { kept: Kept::Something, ..row("app", version, status) }
}

#[test]
fn what_was_begun_is_gone_on_with() {
    for status in [Status::Running, Status::Failed] {
        let rows = [row("app", 1, Status::Applied), begun(2, status)];
        let plan = plan(&[module("app", &[1, 2, 3])], &rows).unwrap();
        assert_eq!(steps(&plan), [2, 3]);
        assert_eq!((plan.steps[0].earlier, plan.steps[1].earlier), (Earlier::Begun, Earlier::NoRow));
    }
}

#[test]
fn what_failed_at_its_first_statement_is_begun_anew() {
    let failed = row("app", 1, Status::Failed);
    assert_eq!(plan(&[module("app", &[1])], &[failed]).unwrap().steps[0].earlier, Earlier::Row);
}

#[test]
fn what_was_begun_with_another_text_is_refused() {
    let row = Row { checksum: Checksum::from_bytes([9; 32]), ..begun(1, Status::Running) };
    assert!(matches!(refusal(&[1], &[row]), Refusal::Divergent { .. }));
}

#[test]
fn a_later_version_that_was_begun_counts_as_if_it_were_applied() {
    let mut rows = [row("app", 1, Status::Applied), begun(2, Status::Running)];
    assert_eq!(plan(&[module("app", &[1])], &rows).unwrap().ahead[0].by, 1);
    rows[1].compatibility = Compatibility::Breaking;
    assert!(matches!(refusal(&[1], &rows), Refusal::Incompatible { .. }));
}

#[test]
fn later_versions_that_do_not_break_are_fine() {
    let plan = plan(&[module("app", &[1])], &applied(&[1, 2, 3])).unwrap();
    let [ahead] = &plan.ahead[..] else { panic!("one module is ahead") };
    assert_eq!((ahead.version.get(), ahead.by), (3, 2));
}

#[test]
fn a_later_version_that_breaks_is_refused_by_name() {
    let mut rows = applied(&[1, 2, 3]);
    rows[2].compatibility = Compatibility::Breaking;
    let Refusal::Incompatible { versions, .. } = refusal(&[1], &rows) else { panic!() };
    assert_eq!(versions.iter().map(|unknown| unknown.version.get()).collect::<Vec<_>>(), [3]);
}

#[test]
fn a_breaking_version_that_this_binary_knows_is_fine() {
    let mut rows = applied(&[1, 2]);
    rows[1].compatibility = Compatibility::Breaking;
    assert!(plan(&[module("app", &[1, 2])], &rows).is_ok());
}

#[test]
fn a_hole_in_the_ledger_is_refused() {
    let Refusal::Missing { version, later, .. } = refusal(&[1, 2, 3], &applied(&[1, 3])) else { panic!() };
    assert_eq!((version.get(), later.get()), (2, 3));
    let beyond = refusal(&[1, 2], &applied(&[1, 3]));
    assert!(matches!(beyond, Refusal::Missing { .. }), "{beyond:?}");
}

#[test]
fn another_text_under_the_same_version_is_refused_with_both_checksums() {
    let mut rows = applied(&[1]);
    rows[0].checksum = Checksum::from_bytes([9; 32]);
    let Refusal::Divergent { part, recorded, embedded, .. } = refusal(&[1], &rows) else { panic!() };
    assert_eq!(part, DivergentPart::Checksum);
    assert_eq!((recorded, embedded), (rows[0].checksum, Some(Checksum::from_bytes([1; 32]))));
}

#[test]
fn another_history_under_the_same_text_is_refused() {
    let mut rows = applied(&[1]);
    rows[0].chain = Checksum::from_bytes([9; 32]);
    assert!(matches!(refusal(&[1], &rows), Refusal::Divergent { part: DivergentPart::Chain, .. }));
}

#[test]
fn a_version_between_ours_that_we_do_not_hold_is_refused() {
    let unheld = refusal(&[10, 30], &applied(&[10, 20]));
    assert!(matches!(unheld, Refusal::Divergent { embedded: None, .. }), "{unheld:?}");
}

#[test]
fn a_row_that_no_start_up_can_go_on_from_is_refused() {
    for status in [Status::Started, Status::Other("paused".into()), Status::RunningStart] {
        let stuck = refusal(&[1], &[row("app", 1, status)]);
        assert!(matches!(stuck, Refusal::Stuck { .. }), "{stuck:?}");
    }
}

#[test]
fn two_rows_of_one_version_are_refused() {
    assert!(matches!(refusal(&[1], &applied(&[1, 1])), Refusal::Unreadable { .. }));
}

#[test]
fn the_rows_of_other_modules_do_not_matter() {
    let plan = plan(&[module("app", &[1])], &[row("other", 1, Status::Started)]).unwrap();
    assert_eq!(steps(&plan), [1]);
}

#[test]
fn an_embedded_migration_runs_in_one_transaction_unless_said_otherwise() {
    assert_eq!(migration(1).mode(), Mode::Transaction);
}

fn statuses() -> impl Strategy<Value = Vec<Option<Status>>> {
    let status = prop_oneof![
        4 => Just(Some(Status::Applied)),
        1 => Just(Some(Status::Failed)),
        1 => Just(Some(Status::RolledBack)),
        1 => Just(Some(Status::Started)),
        1 => Just(Some(Status::Running)),
        2 => Just(None),
    ];
    prop::collection::vec(status, 0..8)
}

#[test]
fn what_is_behind_a_target_is_neither_applied_nor_a_reason_to_refuse() {
    let modules = Modules::new([module("app", &[1, 2, 3, 4])]).unwrap().ending(vec![2]);
    assert_eq!(steps(&super::plan(&modules, &applied(&[1])).unwrap()), [2]);
    let at = super::plan(&modules, &applied(&[1, 2])).unwrap();
    assert!(at.steps.is_empty() && at.ahead.is_empty());
    let mut rows = applied(&[1, 2, 3, 4, 5]);
    rows[3].compatibility = Compatibility::Breaking;
    let ahead = super::plan(&modules, &rows).unwrap().ahead.remove(0);
    assert_eq!(
        (ahead.version.get(), ahead.by, ahead.known),
        (5, 3, 2),
        "what breaks others does not break this binary"
    );
    assert!(matches!(super::plan(&modules, &applied(&[1, 2, 4])), Err(Refusal::Missing { .. })), "nor is a hole");
    let mut other = applied(&[1, 2, 3]);
    other[2].checksum = Checksum::from_bytes([9; 32]);
    assert!(matches!(super::plan(&modules, &other), Err(Refusal::Divergent { .. })));
}

proptest! {
    #[test]
    fn the_order_of_the_rows_does_not_matter(statuses in statuses(), known in 1_u64..6, seed in any::<u64>()) {
        let rows = |(at, status): (usize, &Option<Status>)| Some(row("app", at as u64 + 1, status.clone()?));
        let rows: Vec<_> = statuses.iter().enumerate().filter_map(rows).collect();
        let mut shuffled = rows.clone();
        fastrand::Rng::with_seed(seed).shuffle(&mut shuffled);
        let module = module("app", &(1..=known).collect::<Vec<_>>());
        let outcome = |rows: &[Row]| plan(&[module], rows).map(|plan| (steps(&plan), plan.ahead));
        prop_assert_eq!(outcome(&rows), outcome(&shuffled));
    }

    #[test]
    fn doing_what_was_planned_leaves_nothing_to_do(applied_count in 0_u64..6, more in 0_u64..6) {
        let known: Vec<_> = (1..=applied_count + more).collect();
        let module = module("app", &known);
        let before = plan(&[module], &applied(&known[..usize::try_from(applied_count).unwrap()])).unwrap();
        prop_assert_eq!(before.steps.len() as u64, more);
        let after = plan(&[module], &applied(&known)).unwrap();
        prop_assert!(after.steps.is_empty() && after.ahead.is_empty());
    }

    #[test]
    fn a_plan_is_a_suffix_of_the_chain_or_a_refusal(statuses in statuses(), known in 1_u64..6) {
        let rows = |(at, status): (usize, &Option<Status>)| Some(row("app", at as u64 + 1, status.clone()?));
        let rows: Vec<_> = statuses.iter().enumerate().filter_map(rows).collect();
        let chain: Vec<_> = (1..=known).collect();
        if let Ok(plan) = plan(&[module("app", &chain)], &rows) {
            let steps = steps(&plan);
            prop_assert!(chain.ends_with(&steps));
        }
    }
}
