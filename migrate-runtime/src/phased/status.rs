use std::fmt;

use migrate_core::{Migration, Phase, Version};
use serde::{Deserialize, Serialize, Serializer};
use serde_json::Value;

use super::state::{Move, PhasedState};
use crate::ledger::Status;
use crate::refusal::number;

/// How far a phased migration is in a context, as the ledger says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct PhasedStatus {
    /// Its module.
    pub module: String,
    /// Its version.
    #[serde(serialize_with = "number")]
    pub version: Version,
    /// Its name.
    pub name: String,
    /// Where it stands.
    pub state: PhasedState,
    /// The steps that are on record as done, in the order of their phases.
    pub done: Vec<StepRecord>,
    /// The step that comes next in the phase that is not done.
    pub next: Option<String>,
    /// Why it failed, where it did.
    pub error: Option<String>,
    /// What can be done with it.
    pub legal: Vec<Move>,
}

/// A step that is on record as done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct StepRecord {
    /// Its name.
    pub id: String,
    /// Its phase.
    #[serde(serialize_with = "word")]
    pub phase: Phase,
    /// When it was done, by the server's clock.
    pub at: String,
    /// How many rows a backfill wrote.
    pub rows: Option<u64>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature that serde calls")]
fn word<S: Serializer>(phase: &Phase, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(phase.word())
}

/// What the ledger row of a phased migration holds.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct RawStatus {
    pub(super) module: String,
    pub(super) status: String,
    pub(super) phase: Option<String>,
    pub(super) cursor: Option<usize>,
    #[serde(default)]
    steps: Option<std::collections::BTreeMap<String, RawStep>>,
    progress: Option<Value>,
    error: Option<Value>,
}

#[derive(Clone, Debug, Deserialize)]
struct RawStep {
    phase: String,
    at: String,
    rows: Option<u64>,
}

/// The columns that [`RawStatus`] is read from.
pub(super) const COLUMNS: &str = "module, status, phase, cursor, steps, progress, error";

impl RawStatus {
    /// Whether the row says that a step is done.
    pub(super) fn has_done(&self, phase: Phase, id: &str) -> bool {
        let step = self.steps.as_ref().and_then(|steps| steps.get(id));
        step.is_some_and(|step| step.phase == phase.word())
    }

    /// Whether nothing says that a step of this phase, which begins at this cursor, was run.
    pub(super) fn is_at_begin_of(&self, phase: Phase, cursor: usize) -> bool {
        let is_done = |step: &RawStep| step.phase == phase.word();
        self.cursor == Some(cursor)
            && self.progress.is_none()
            && !self.steps.iter().flat_map(|steps| steps.values()).any(is_done)
    }

    pub(super) fn state(&self) -> PhasedState {
        state(&Status::from(self.status.as_str()), self.phase.as_deref().and_then(phase))
    }
}

/// The phase of this name.
pub(crate) fn phase(word: &str) -> Option<Phase> {
    Phase::ALL.into_iter().find(|phase| phase.word() == word)
}

/// Where a migration stands whose ledger row says so.
pub(crate) fn state(status: &Status, phase: Option<Phase>) -> PhasedState {
    match (status, phase) {
        (Status::Applied, _) => PhasedState::Applied,
        (Status::RolledBack, _) => PhasedState::RolledBack,
        (Status::RunningStart, _) => PhasedState::Starting,
        (Status::ReadyToComplete, _) => PhasedState::ReadyToComplete,
        (Status::RunningComplete, _) => PhasedState::Completing,
        (Status::RunningRollback, _) => PhasedState::RollingBack,
        (Status::Failed, Some(Phase::Complete)) => PhasedState::CompleteFailed,
        (Status::Failed, Some(Phase::Rollback)) => PhasedState::RollbackFailed,
        (Status::Failed, _) => PhasedState::StartFailed,
        (Status::Started | Status::Running | Status::Other(_), _) => PhasedState::Torn,
    }
}

impl PhasedStatus {
    /// What a row says, or that there is none.
    pub(super) fn new(module: &str, migration: &Migration, row: Option<&RawStatus>) -> Self {
        let state = row.map_or(PhasedState::Pending, RawStatus::state);
        let steps = migration.phased().map_or(&[][..], |phased| phased.steps());
        let record = |row: &RawStatus, id: &str, phase: Phase| {
            let step = row.steps.as_ref()?.get(id).filter(|step| step.phase == phase.word())?;
            Some(StepRecord { id: id.to_owned(), phase, at: step.at.clone(), rows: step.rows })
        };
        let done = row.map(|row| steps.iter().filter_map(|step| record(row, step.id(), step.phase())).collect());
        let is_open = !matches!(state, PhasedState::Applied | PhasedState::RolledBack | PhasedState::ReadyToComplete);
        let cursor = row.and_then(|row| row.cursor).filter(|_| is_open);
        let error = row.and_then(|row| row.error.as_ref()).and_then(|error| error["message"].as_str());
        Self {
            module: module.to_owned(),
            version: migration.version(),
            name: migration.name().to_owned(),
            state,
            done: done.unwrap_or_default(),
            next: cursor.and_then(|cursor| steps.get(cursor)).map(|step| step.id().to_owned()),
            error: error.map(str::to_owned),
            legal: state.legal().to_vec(),
        }
    }
}

impl fmt::Display for PhasedStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { module, version, name, state, done, next, error, .. } = self;
        write!(f, "{module} V{version}__{name} is {state}, {} steps done", done.len())?;
        if let Some(next) = next {
            write!(f, ", `{next}` next")?;
        }
        if let Some(error) = error {
            write!(f, ": {error}")?;
        }
        Ok(())
    }
}
