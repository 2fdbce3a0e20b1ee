//! What is planned of phased migrations, and what waits for them.

use std::borrow::Cow;

use migrate_core::{Fresh, Phase, PhaseStep, PhaseWork, Phased, Requirement};

use super::*;
use crate::order::PhasedStarts;
use crate::phased::PhasedState;

static STEPS: [PhaseStep; 2] = [
    PhaseStep::__new("a", Phase::Start, PhaseWork::Sql, "", &[]),
    PhaseStep::__new("b", Phase::Complete, PhaseWork::Sql, "", &[]),
];
static PHASES: Phased = Phased::__new(&STEPS, "");

/// Three migrations, of which the second is a phased one.
fn app() -> &'static Migrations {
    let chain = vec![migration(1), migration(2).__with_phased(&PHASES), migration(3)];
    Box::leak(Box::new(Migrations::__new("app", chain.leak())))
}

fn rows(second: Option<(Status, Option<Phase>)>) -> Vec<Row> {
    let mut rows = applied(&[1]);
    rows.extend(second.map(|(status, phase)| Row { phase, kept: Kept::Something, ..row("app", 2, status) }));
    rows
}

/// The versions with the phases that are run of each, and what is incomplete with how much waits for it.
type Planned = (Vec<(u64, &'static [Phase])>, Vec<(PhasedState, usize)>);

fn planned(rows: &[Row]) -> Planned {
    let plan = plan(&[app()], rows).unwrap();
    let steps = plan.steps.iter().map(|step| (step.migration.version().get(), step.phases));
    (steps.collect(), plan.incomplete.iter().map(|one| (one.state, one.waiting)).collect())
}

#[test]
fn a_start_is_run_and_what_is_behind_it_waits() {
    let start: Planned = (vec![(2, &[Phase::Start])], vec![(PhasedState::ReadyToComplete, 1)]);
    assert_eq!(planned(&rows(None)), start);
    assert_eq!(planned(&rows(Some((Status::RunningStart, Some(Phase::Start))))), start);
    assert_eq!(planned(&rows(Some((Status::Failed, Some(Phase::Start))))), start);
    assert_eq!(planned(&rows(Some((Status::RolledBack, Some(Phase::Rollback))))), start);
}

#[test]
fn a_completion_and_a_rollback_are_left_to_whoever_began_them() {
    for (status, phase, state) in [
        (Status::ReadyToComplete, Phase::Start, PhasedState::ReadyToComplete),
        (Status::RunningComplete, Phase::Complete, PhasedState::Completing),
        (Status::Failed, Phase::Complete, PhasedState::CompleteFailed),
        (Status::RunningRollback, Phase::Rollback, PhasedState::RollingBack),
        (Status::Failed, Phase::Rollback, PhasedState::RollbackFailed),
    ] {
        assert_eq!(planned(&rows(Some((status, Some(phase))))), (vec![], vec![(state, 1)]));
    }
    let (steps, incomplete) = planned(&applied(&[1, 2]));
    assert_eq!((steps.len(), incomplete), (1, vec![]));
}

#[test]
fn a_module_of_which_nothing_is_there_gets_all_phases() {
    let (steps, incomplete) = planned(&[]);
    assert_eq!(steps, [(1, &[][..]), (2, &[Phase::Start, Phase::Complete][..]), (3, &[][..])]);
    assert_eq!(incomplete, []);
    let begun = Row { at_once: true, ..rows(Some((Status::ReadyToComplete, Some(Phase::Start)))).remove(1) };
    let (steps, _) = planned(&[applied(&[1]), vec![begun]].concat());
    assert_eq!(steps, [(2, &[Phase::Complete][..]), (3, &[][..])], "what was interrupted is gone on with");
}

#[test]
fn what_was_applied_at_once_and_taken_back_is_only_started_again() {
    let back = Row { at_once: true, ..rows(Some((Status::RolledBack, Some(Phase::Rollback)))).remove(1) };
    let (steps, incomplete) = planned(&[applied(&[1]), vec![back]].concat());
    assert_eq!((steps, incomplete), (vec![(2, &[Phase::Start][..])], vec![(PhasedState::ReadyToComplete, 1)]));
}

#[test]
fn a_start_that_is_left_holds_up_what_is_behind_it() {
    let mut modules = Modules::new([app()]).unwrap();
    modules.starts = PhasedStarts::Leave;
    let plan = super::super::plan(&modules, &rows(None)).unwrap();
    assert!(plan.steps.is_empty());
    assert_eq!((plan.incomplete[0].state, plan.incomplete[0].waiting), (PhasedState::Pending, 1));
}

#[test]
fn words_of_phases_fit_phased_migrations_only() {
    let stuck = refusal(&[1, 2], &[applied(&[1]), vec![row("app", 2, Status::ReadyToComplete)]].concat());
    assert!(matches!(stuck, Refusal::Stuck { status: Status::ReadyToComplete, .. }), "{stuck}");
    let running = super::super::plan(&Modules::new([app()]).unwrap(), &rows(Some((Status::Running, None))));
    assert!(matches!(running, Err(Refusal::Stuck { .. })));
}

#[test]
fn a_binary_that_does_not_know_it_is_ahead_until_it_breaks() {
    let older = |breaking| {
        let row =
            Row { compatibility: breaking, ..rows(Some((Status::ReadyToComplete, Some(Phase::Start)))).remove(1) };
        plan(&[module("app", &[1])], &[applied(&[1]), vec![row]].concat())
    };
    assert_eq!(older(Compatibility::Compatible).unwrap().ahead.len(), 1);
    assert!(matches!(older(Compatibility::Breaking), Err(Refusal::Incompatible { .. })));
}

/// A module that requires another one, and whose definitions stand for both its migrations, of which the second is a phased one.
fn fresh_behind_another() -> [&'static Migrations; 2] {
    static FRESH: Fresh = Fresh::__new(2, Cow::Borrowed(&[]));
    let chain = vec![migration(1), migration(2).__with_phased(&PHASES)];
    let requires = vec![Requirement::__new("auth", 1)];
    let app = Migrations::__new("app", chain.leak()).__with_requires(requires.leak()).__with_fresh(&FRESH);
    [module("auth", &[1]), Box::leak(Box::new(app))]
}

#[test]
fn what_is_only_begun_is_not_made_of_the_definitions_that_are_left() {
    let modules = fresh_behind_another();
    let begun = plan(&modules, &[row("auth", 1, Status::Applied)]).unwrap();
    let steps: Vec<_> = begun.steps.iter().map(|step| (step.phases, step.fresh.is_some())).collect();
    assert_eq!(steps, [(&[][..], false), (&[Phase::Start][..], false)], "older binaries may be served here");
    assert_eq!(begun.incomplete.len(), 1);

    let whole = plan(&modules, &[]).unwrap();
    let of_app: Vec<_> = whole.steps.iter().filter(|step| step.module == "app").collect();
    assert!(of_app[0].fresh.is_some() && of_app[1].at_once, "nobody has ever seen this tenant");
    assert!(whole.incomplete.is_empty());
}
