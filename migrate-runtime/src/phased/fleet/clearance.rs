//! Whether a phased migration may be moved on over a fleet, without any I/O.

use migrate_core::Version;

use super::error::{NotReady, RolloutError};
use super::policy::{RolloutOptions, RolloutOverride};
use crate::context::Context;
use crate::halt::Halted;
use crate::phased::state::{Move, Next, PhasedState};
use crate::phased::status::PhasedStatus;
use crate::reading::Reading;
use crate::registry::{AtLeast, RegistryError, Seen};

/// What is to be done in one context.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Todo {
    /// It is moved on.
    Move(PhasedState),
    /// It is where it shall be.
    Nothing(PhasedState),
    /// It cannot be moved on, and is left out, or says so itself when it is tried.
    Illegal(PhasedState),
}

/// What a move comes to in a context where the migration stands so.
///
/// Of a fleet, what was never begun need not be taken back.
pub(super) fn todo(state: PhasedState, wanted: Move) -> Todo {
    match state.decide(wanted) {
        Ok(Next::Run(_)) => Todo::Move(state),
        Ok(Next::Done) => Todo::Nothing(state),
        Err(_) if state == PhasedState::Pending && wanted == Move::Rollback => Todo::Nothing(state),
        Err(_) => Todo::Illegal(state),
    }
}

/// The contexts in which a completion is not possible now.
pub(super) fn not_ready(standing: &[Reading<PhasedStatus>]) -> Vec<NotReady> {
    let found = |one: &Reading<PhasedStatus>| match &one.found {
        Ok(status) => match todo(status.state, Move::Complete) {
            Todo::Illegal(state) => Some(Ok(state)),
            Todo::Move(_) | Todo::Nothing(_) => None,
        },
        Err(error) => Some(Err(error.clone())),
    };
    let context = |one: &Reading<PhasedStatus>| -> Context { one.context.clone() };
    standing.iter().filter_map(|one| Some(NotReady { context: context(one), found: found(one)? })).collect()
}

/// What the registry's context says against going on, or that nobody can read it.
///
/// `None` where no registry is known.
pub(in crate::phased) fn objection(
    seen: Option<&Result<Seen, RegistryError>>,
    (module, version): (&str, Version),
    wanted: Move,
    options: &RolloutOptions,
) -> Option<Halted> {
    let overrides = |check| options.overrides(check);
    let asks_replicas = wanted == Move::Complete && !overrides(RolloutOverride::OlderReplicas);
    let unknown = |reason: &str| Some(Halted::ReplicasUnknown { reason: reason.to_owned() });
    let must_know = asks_replicas && !overrides(RolloutOverride::UnknownReplicas);
    let seen = match seen {
        None if must_know => return unknown("the migrator was not told which registry its replicas join"),
        // Whether it is paused is unknown as well.
        Some(Err(error)) if must_know || !overrides(RolloutOverride::Paused) => return unknown(&error.to_string()),
        None | Some(Err(_)) => return None,
        Some(Ok(seen)) => seen,
    };
    if let Some(pause) = seen.pause(module, version).filter(|_| !overrides(RolloutOverride::Paused)) {
        return Some(Halted::Paused(Box::new(pause.clone())));
    }
    if !asks_replicas {
        return None;
    }
    match AtLeast::of(seen.replicas.clone(), module, version) {
        AtLeast::Behind { behind } => Some(Halted::OlderReplicas(behind)),
        AtLeast::Nobody if must_know => {
            unknown("no replica is alive in the registry, and those that never joined are not seen")
        }
        AtLeast::Nobody | AtLeast::Everyone { .. } => None,
    }
}

/// The objection as the reason for which nothing was begun.
pub(super) fn refused(objection: Halted) -> Result<(), RolloutError> {
    match objection {
        Halted::Paused(pause) => Err(RolloutError::Paused(pause)),
        Halted::OlderReplicas(behind) => Err(RolloutError::OlderReplicas { behind }),
        Halted::ReplicasUnknown { reason } => Err(RolloutError::ReplicasUnknown { reason }),
        // These speak of a run that goes on.
        Halted::Canary(_) | Halted::FailureBudget { .. } | Halted::Wave { .. } | Halted::Stopped => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::registry::ReplicaInfo;

    const APP: &str = "app";

    fn version() -> Version {
        Version::new(2).unwrap()
    }

    fn replica(module: &str, version: u64) -> ReplicaInfo {
        let row = json!([{ "id": "a", "replica": "b", "binary": "notes", "process": 1, "started_at": "", "seen_at": "",
            "expires_at": "", "modules": { module: { "version": version, "chain": format!("sha256:{}", "0".repeat(64)) } } }]);
        crate::registry::read_replicas(row).unwrap().pop().unwrap()
    }

    fn seen(replicas: Vec<ReplicaInfo>) -> Seen {
        Seen::of(replicas)
    }

    fn said(seen: Option<&Result<Seen, RegistryError>>, wanted: Move, options: &RolloutOptions) -> Option<Halted> {
        objection(seen, (APP, version()), wanted, options)
    }

    #[test]
    fn a_completion_wants_to_know_that_nobody_is_older() {
        let every = RolloutOptions::new();
        let complete = |seen: Seen| said(Some(&Ok(seen)), Move::Complete, &every);
        assert_eq!(complete(seen(vec![replica(APP, 2), replica(APP, 3)])), None);
        assert_eq!(
            complete(seen(vec![replica(APP, 2), replica(APP, 1)])),
            Some(Halted::OlderReplicas(vec![replica(APP, 1)]))
        );
        assert_eq!(
            complete(seen(vec![replica("mail", 9)])),
            Some(Halted::OlderReplicas(vec![replica("mail", 9)])),
            "who does not have the module is older"
        );
        assert!(matches!(complete(seen(Vec::new())), Some(Halted::ReplicasUnknown { .. })));
        assert!(matches!(said(None, Move::Complete, &every), Some(Halted::ReplicasUnknown { .. })));
        let lost = Err(RegistryError::Unreadable("x".to_owned()));
        assert!(matches!(said(Some(&lost), Move::Complete, &every), Some(Halted::ReplicasUnknown { .. })));
    }

    #[test]
    fn each_override_lifts_its_own_check_only() {
        let unknown = RolloutOptions::new().overriding(RolloutOverride::UnknownReplicas);
        let older = RolloutOptions::new().overriding(RolloutOverride::OlderReplicas);
        let old = Ok(seen(vec![replica(APP, 1)]));
        assert_eq!(said(None, Move::Complete, &unknown), None);
        assert_eq!(said(Some(&Ok(seen(Vec::new()))), Move::Complete, &unknown), None);
        assert!(matches!(said(Some(&old), Move::Complete, &unknown), Some(Halted::OlderReplicas(_))));
        assert_eq!(said(Some(&old), Move::Complete, &older), None);
        for wanted in [Move::Start, Move::Rollback] {
            assert_eq!(said(Some(&old), wanted, &RolloutOptions::new()), None, "older ones live with a {wanted}");
            assert_eq!(said(None, wanted, &RolloutOptions::new()), None);
        }
        let lost = Err(RegistryError::Unreadable("x".to_owned()));
        assert!(said(Some(&lost), Move::Start, &RolloutOptions::new()).is_some(), "it may be paused");
    }

    #[test]
    fn of_a_fleet_what_was_never_begun_need_not_be_taken_back() {
        assert_eq!(todo(PhasedState::Pending, Move::Rollback), Todo::Nothing(PhasedState::Pending));
        assert_eq!(todo(PhasedState::Pending, Move::Complete), Todo::Illegal(PhasedState::Pending));
        assert_eq!(todo(PhasedState::Completing, Move::Complete), Todo::Move(PhasedState::Completing));
        assert_eq!(todo(PhasedState::Applied, Move::Complete), Todo::Nothing(PhasedState::Applied));
    }
}
