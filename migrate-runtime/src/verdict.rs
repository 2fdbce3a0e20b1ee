//! What the results of a script say about each of its steps, without any I/O.

use crate::script::{Role, Script};
use crate::{Reply, StatementError, StatementErrorKind};

/// What became of one step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It is committed.
    Applied,
    /// Somebody else was there first, or the ledger changed meanwhile: read it again. The text says what was seen.
    Again(String),
    /// The context was not entered.
    NotEntered(String),
    /// It was taken back because of this error, met at the statement of this index, or at none of the migration's own.
    Failed { statement: Option<usize>, cause: String },
    /// A statement failed, and yet the rest was committed.
    Torn(String),
    /// Somebody else has got further than what was to be recorded.
    Overtaken,
    /// Somebody else holds the lease.
    Held,
    /// It was taken back because the fleet index could not be written.
    Unindexed(String),
    /// It was taken back because the snapshot behind it could not be stored.
    NoSnapshot(String),
}

/// The reply has another number of results than the text has statements: something ended a transaction early.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the database gave {got} results for {expected} statements, so something ended the transaction early{}", cause.as_ref().map_or_else(String::new, |cause| format!(": {cause}")))]
pub(crate) struct Misshapen {
    expected: usize,
    got: usize,
    /// What one of the results says went wrong.
    cause: Option<String>,
}

impl Script {
    /// Reads the verdict of every step, in order.
    ///
    /// A step may be applied although the one before it was not: somebody else had applied that one meanwhile.
    pub(crate) fn verdicts(&self, reply: &Reply) -> Result<Vec<Verdict>, Misshapen> {
        let (expected, got) = (self.slots.len(), reply.0.len());
        let timed_out = reply.0.last().and_then(|last| last.as_ref().err());
        let timed_out = timed_out.filter(|error| got < expected && error.kind == StatementErrorKind::TimedOut);
        if expected != got && timed_out.is_none() {
            let errors = reply.0.iter().filter_map(|result| result.as_ref().err());
            let mut causes = errors.filter(|error| error.kind != StatementErrorKind::Bystander);
            let cause = causes.next().map(|error| error.message.clone());
            return Err(Misshapen { expected, got, cause });
        }
        let results: Vec<_> = self.slots.iter().copied().zip(&reply.0).collect();
        let blocks = results.chunk_by(|((one, _), _), ((other, _), _)| one == other);
        let verdict = |block: &[((usize, Role), &Result<_, StatementError>)]| {
            verdict(block.iter().filter_map(|((_, role), result)| Some((*role, result.as_ref().err()?))))
        };
        let mut verdicts: Vec<_> = blocks.map(verdict).collect();
        if let Some(error) = timed_out {
            // The server gave up on the transaction at its last result, and on the rest of the text with it. All results
            // of that transaction say so.
            let cause = error.message.clone();
            verdicts.pop();
            verdicts.push(match self.slots[got - 1] {
                (_, Role::Statement(statement)) => Verdict::Failed { statement: Some(statement), cause },
                (_, Role::Snapshot) => Verdict::NoSnapshot(cause),
                _ => Verdict::Failed { statement: None, cause },
            });
        }
        Ok(verdicts)
    }
}

fn verdict<'a>(errors: impl Iterator<Item = (Role, &'a StatementError)> + Clone) -> Verdict {
    let again = |error: &StatementError| Verdict::Again(error.message.clone());
    // Somebody else was there first, or has taken the context away since it was entered.
    let interferes = |(role, error): &(Role, &StatementError)| match error.kind {
        StatementErrorKind::Conflict => true,
        StatementErrorKind::NoSuchContext => *role != Role::Enter,
        _ => false,
    };
    if let Some((_, error)) = errors.clone().find(interferes) {
        return again(error);
    }
    let mut causes = errors.clone().filter(|(_, error)| error.kind != StatementErrorKind::Bystander);
    let Some((role, error)) = causes.next() else {
        // Statements fell with their transaction, and none of them says why: the ledger knows.
        return errors.map(|(_, error)| again(error)).next().unwrap_or(Verdict::Applied);
    };
    let failed = |statement| Verdict::Failed { statement, cause: error.message.clone() };
    match role {
        Role::Commit if error.kind == StatementErrorKind::TimedOut => failed(None),
        Role::Enter => Verdict::NotEntered(error.message.clone()),
        Role::Guard if error.kind == StatementErrorKind::Thrown => Verdict::NotEntered(error.message.clone()),
        Role::Fence | Role::Close if error.kind == StatementErrorKind::Thrown => Verdict::Overtaken,
        // The guard fails in no other way of its own: the whole transaction did, and perhaps it was committed.
        Role::Guard | Role::Untaken | Role::Predecessor | Role::Commit | Role::Fence | Role::Lease => again(error),
        Role::Held if error.kind == StatementErrorKind::Thrown => Verdict::Held,
        Role::Claim if error.kind == StatementErrorKind::RecordExists => again(error),
        Role::Statement(_) if !errors.clone().any(|(role, _)| role == Role::Commit) => {
            Verdict::Torn(error.message.clone())
        }
        Role::Statement(statement) => failed(Some(statement)),
        Role::Index => Verdict::Unindexed(error.message.clone()),
        Role::Snapshot => Verdict::NoSnapshot(error.message.clone()),
        Role::Begin
        | Role::Ledger
        | Role::Clear
        | Role::Claim
        | Role::Definition
        | Role::Held
        | Role::Replicas
        | Role::Cursor
        | Role::Read
        | Role::Check(_)
        | Role::Close => failed(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Map, Value};

    const ONE_STEP: [Role; 7] =
        [Role::Enter, Role::Begin, Role::Guard, Role::Claim, Role::Statement(0), Role::Close, Role::Commit];

    fn verdicts(errors: &[(usize, StatementErrorKind)]) -> Result<Vec<Verdict>, Misshapen> {
        let slots = ONE_STEP.map(|role| (0, role)).into_iter().chain(ONE_STEP[1..].iter().map(|&role| (1, role)));
        let script = Script { text: String::new(), variables: Map::new(), slots: slots.collect(), blocks: Vec::new() };
        let mut reply = Reply(vec![Ok(Value::Null); script.slots.len()]);
        for &(at, kind) in errors {
            reply.0[at] = Err(StatementError { kind, message: format!("{kind:?}") });
        }
        script.verdicts(&reply)
    }

    use StatementErrorKind::{Bystander, Conflict, Other, RecordExists, Thrown};

    #[test]
    fn no_error_means_applied() {
        assert_eq!(verdicts(&[]).unwrap(), [Verdict::Applied, Verdict::Applied]);
    }

    #[test]
    fn the_cause_is_told_from_those_that_fell_with_it() {
        let errors = [(2, Bystander), (3, Bystander), (4, Other), (5, Bystander), (6, Bystander)];
        let failed = Verdict::Failed { statement: Some(0), cause: "Other".into() };
        assert_eq!(verdicts(&errors).unwrap(), [failed, Verdict::Applied]);
    }

    #[test]
    fn a_step_counts_although_somebody_else_applied_the_one_before_it() {
        let errors = [(3, RecordExists), (6, Bystander)];
        assert_eq!(verdicts(&errors).unwrap(), [Verdict::Again("RecordExists".into()), Verdict::Applied]);
    }

    #[test]
    fn a_transaction_whose_outcome_is_unknown_means_again() {
        let unknown: Vec<_> = (2..=6).map(|at| (at, Other)).collect();
        assert_eq!(verdicts(&unknown).unwrap()[0], Verdict::Again("Other".into()));
    }

    #[test]
    fn an_error_that_was_committed_all_the_same_is_not_taken_for_a_failure_that_left_nothing() {
        assert_eq!(verdicts(&[(4, Other)]).unwrap()[0], Verdict::Torn("Other".into()));
    }

    #[test]
    fn the_first_step_counts_even_when_the_second_fails() {
        let failed = Verdict::Failed { statement: Some(0), cause: "RecordExists".into() };
        assert_eq!(verdicts(&[(10, RecordExists), (12, Bystander)]).unwrap(), [Verdict::Applied, failed]);
    }

    #[test]
    fn a_conflict_anywhere_means_again() {
        assert_eq!(
            verdicts(&[(4, Other), (6, Conflict)]).unwrap(),
            [Verdict::Again("Conflict".into()), Verdict::Applied]
        );
    }

    #[test]
    fn a_context_that_was_removed_behind_its_use_means_again_and_one_that_cannot_be_entered_does_not() {
        use StatementErrorKind::NoSuchContext;
        let removed = verdicts(&[(3, NoSuchContext), (6, Bystander)]).unwrap().swap_remove(0);
        assert_eq!(removed, Verdict::Again("NoSuchContext".into()));
        let absent = verdicts(&[(0, NoSuchContext), (2, Thrown)]).unwrap().swap_remove(0);
        assert_eq!(absent, Verdict::NotEntered("NoSuchContext".into()));
    }

    #[test]
    fn a_transaction_that_fell_without_a_cause_means_again() {
        assert_eq!(verdicts(&[(6, Bystander)]).unwrap(), [Verdict::Again("Bystander".into()), Verdict::Applied]);
    }

    #[test]
    fn a_guard_that_throws_means_that_the_context_was_not_entered() {
        let elsewhere = verdicts(&[(2, Thrown)]).unwrap().swap_remove(0);
        assert_eq!(elsewhere, Verdict::NotEntered("Thrown".into()));
        let refused = verdicts(&[(0, Other), (2, Thrown)]).unwrap().swap_remove(0);
        assert_eq!(refused, Verdict::NotEntered("Other".into()));
    }

    #[test]
    fn a_transaction_that_the_server_gave_up_on_failed_where_it_stood() {
        let timed_out = || Err(StatementError { kind: StatementErrorKind::TimedOut, message: "late".to_owned() });
        let slots: Vec<_> = [0, 1].iter().flat_map(|&step| ONE_STEP.map(|role| (step, role))).collect();
        let script = Script { text: String::new(), variables: Map::new(), slots, blocks: Vec::new() };
        // `USE` and `BEGIN` stand; the guard, the claim and the statement fell with the rest of the text.
        let first = Reply(vec![Ok(Value::Null), Ok(Value::Null), timed_out(), timed_out(), timed_out()]);
        let failed = Verdict::Failed { statement: Some(0), cause: "late".into() };
        assert_eq!(script.verdicts(&first).unwrap(), std::slice::from_ref(&failed));
        let mut second = Reply(vec![Ok(Value::Null); ONE_STEP.len() + 2]);
        second.0.extend([timed_out(), timed_out(), timed_out()]);
        assert_eq!(script.verdicts(&second).unwrap(), [Verdict::Applied, failed]);
    }

    #[test]
    fn a_missing_result_is_never_taken_for_success() {
        let script =
            Script { text: String::new(), variables: Map::new(), slots: vec![(0, Role::Enter)], blocks: Vec::new() };
        assert_eq!(script.verdicts(&Reply(vec![])), Err(Misshapen { expected: 1, got: 0, cause: None }));
    }
}
