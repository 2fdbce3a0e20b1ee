use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use migrate_core::Version;
use serde::{Serialize, Serializer, ser::SerializeMap};

use super::outcome::{RolloutContext, RolloutOutcome};
use super::policy::RolloutOverride;
use super::wave::WaveCounts;
use crate::halt::Halted;
use crate::phased::Move;
use crate::report::Counts;

/// What became of a phased migration in every context of a fleet, in the fleet's order.
///
/// `Display` is for a person. As JSON it is an object with `module`, `version`, `name`, `move` (`start`, `complete`, `rollback`), the counts
/// `contexts`, `moved`, `already_there`, `not_ready`, `refused` and `not_reached`, of which the last five add up to the first,
/// `waves`, an object per [wave](WaveCounts), `halted` (why not all were tried, or null), `overrides`, `outcomes`, an object per context, `elapsed_ms` and `round_trips`.
#[derive(Clone, Debug)]
#[non_exhaustive]
#[must_use = "a report says where the migration is not what it shall be"]
pub struct RolloutReport {
    /// The module.
    pub module: String,
    /// The version of the migration.
    pub version: Version,
    /// The name of the migration.
    pub name: String,
    /// What was wanted.
    pub wanted: Move,
    /// Every context, in the fleet's order.
    pub contexts: Vec<RolloutContext>,
    /// The waves that it went in, in their order: one, unless it was [told](crate::Migrator::rollout_waves) otherwise.
    pub waves: Vec<WaveCounts>,
    /// Why not all of them were tried.
    pub halted: Option<Halted>,
    /// The checks that were overridden.
    pub overrides: Vec<RolloutOverride>,
    /// How long it took.
    pub elapsed: Duration,
    /// How many queries were sent.
    pub round_trips: u64,
}

/// How many contexts of a rollout ended in each way. The fields but `contexts` add up to it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct RolloutCounts {
    /// All of them.
    pub contexts: usize,
    /// The migration was moved on.
    pub moved: usize,
    /// It was where it shall be.
    pub already_there: usize,
    /// It was not ready, and left out as it was asked for.
    pub not_ready: usize,
    /// It could not be moved on.
    pub refused: usize,
    /// It was not tried.
    pub not_reached: usize,
}

impl RolloutReport {
    /// How many contexts ended in each way.
    pub fn counts(&self) -> RolloutCounts {
        let mut counts = RolloutCounts { contexts: self.contexts.len(), ..RolloutCounts::default() };
        for one in &self.contexts {
            *match &one.outcome {
                RolloutOutcome::Moved { .. } => &mut counts.moved,
                RolloutOutcome::AlreadyThere { .. } => &mut counts.already_there,
                RolloutOutcome::NotReady { .. } => &mut counts.not_ready,
                RolloutOutcome::Refused(_) => &mut counts.refused,
                RolloutOutcome::NotReached { .. } => &mut counts.not_reached,
            } += 1;
        }
        counts
    }

    /// Whether every context is where it shall be.
    pub fn is_done(&self) -> bool {
        self.contexts.iter().all(|one| one.outcome.is_there())
    }

    /// The same counts in the words of a run.
    pub(super) fn run_counts(&self) -> Counts {
        let RolloutCounts { contexts, moved, already_there, not_ready, refused, not_reached } = self.counts();
        Counts {
            contexts,
            migrated: moved,
            up_to_date: already_there,
            failed: refused,
            not_attempted: not_ready + not_reached,
            ..Counts::default()
        }
    }
}

impl fmt::Display for RolloutReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counts = self.counts();
        let contexts = |count: usize| format!("{count} context{}", if count == 1 { "" } else { "s" });
        let Self { module, version, name, wanted, .. } = self;
        write!(f, "{wanted} of {module} V{version}__{name}, {}: ", contexts(counts.contexts))?;
        let parts = [
            (counts.moved, "moved"),
            (counts.already_there, "there already"),
            (counts.not_ready, "not ready"),
            (counts.refused, "refused"),
            (counts.not_reached, "not tried"),
        ];
        let parts: Vec<_> =
            parts.iter().filter(|(count, _)| *count > 0).map(|(count, word)| format!("{count} {word}")).collect();
        write!(f, "{}", if parts.is_empty() { "nothing to do".to_owned() } else { parts.join(", ") })?;
        write!(f, "    {:.1?}, {} round trips", self.elapsed, self.round_trips)?;
        if let Some(halted) = &self.halted {
            write!(f, "\nhalted     {halted}")?;
        }
        if !self.overrides.is_empty() {
            let overrides: Vec<_> = self.overrides.iter().map(ToString::to_string).collect();
            write!(f, "\noverridden {}", overrides.join(", "))?;
        }
        for (at, wave) in self.waves.iter().enumerate().filter(|_| self.waves.len() > 1) {
            let WaveCounts { until, moved, refused, not_tried } = wave;
            write!(f, "\nwave {:<5} until {}: {moved} moved", at + 1, contexts(*until))?;
            for (count, word) in
                [(refused, "refused"), (not_tried, "not tried")].into_iter().filter(|(count, _)| **count > 0)
            {
                write!(f, ", {count} {word}")?;
            }
        }
        let mut moved = BTreeMap::new();
        for one in &self.contexts {
            if let RolloutOutcome::Moved { state, .. } = &one.outcome {
                *moved.entry(*state).or_insert(0) += 1;
            }
        }
        for (state, count) in moved {
            write!(f, "\nmoved      {}   now {state}", contexts(count))?;
        }
        for one in &self.contexts {
            match &one.outcome {
                RolloutOutcome::Moved { .. } | RolloutOutcome::AlreadyThere { .. } => {}
                RolloutOutcome::NotReady { state } => write!(f, "\nnot ready  {}   is {state}", one.context)?,
                RolloutOutcome::Refused(error) => write!(f, "\nrefused    {}   {error}", one.context)?,
                RolloutOutcome::NotReached { state, .. } => write!(f, "\nnot tried  {}   is {state}", one.context)?,
            }
        }
        Ok(())
    }
}

impl Serialize for RolloutReport {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let counts = self.counts();
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("module", &self.module)?;
        map.serialize_entry("version", &self.version.get())?;
        map.serialize_entry("name", &self.name)?;
        map.serialize_entry("move", &self.wanted)?;
        map.serialize_entry("contexts", &counts.contexts)?;
        map.serialize_entry("moved", &counts.moved)?;
        map.serialize_entry("already_there", &counts.already_there)?;
        map.serialize_entry("not_ready", &counts.not_ready)?;
        map.serialize_entry("refused", &counts.refused)?;
        map.serialize_entry("not_reached", &counts.not_reached)?;
        map.serialize_entry("waves", &self.waves)?;
        map.serialize_entry("halted", &self.halted.as_ref().map(ToString::to_string))?;
        map.serialize_entry("overrides", &self.overrides)?;
        map.serialize_entry("outcomes", &self.contexts)?;
        map.serialize_entry("elapsed_ms", &u64::try_from(self.elapsed.as_millis()).unwrap_or(u64::MAX))?;
        map.serialize_entry("round_trips", &self.round_trips)?;
        map.end()
    }
}
