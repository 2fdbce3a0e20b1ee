use serde::Serialize;

use crate::proxy::Traffic;
use crate::spread::Spread;

/// What was measured of whom.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Row {
    pub(crate) question: &'static str,
    pub(crate) place: &'static str,
    /// How many contexts the fleet has.
    pub(crate) contexts: usize,
    pub(crate) migrations: usize,
    pub(crate) statements: usize,
    pub(crate) who: &'static str,
    #[serde(flatten)]
    pub(crate) outcome: Outcome,
}

/// What a row says.
#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
pub(crate) enum Outcome {
    Measured(Measure),
    NotMeasured {
        /// Why.
        not_measured: String,
    },
}

/// What one contender needed.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Measure {
    /// Of the contexts, how many it was given.
    pub(crate) given: usize,
    /// The time of each round, in microseconds per context.
    pub(crate) us_per_context: Vec<f64>,
    /// The same of the time that was spent on a processor, by client and server.
    pub(crate) cpu_us_per_context: Vec<f64>,
    pub(crate) median: Spread,
    /// As a multiple of what the first of the question needed in the same round.
    pub(crate) ratio: Option<Spread>,
    /// The same of the time that was spent on a processor.
    pub(crate) cpu_ratio: Option<Spread>,
    /// As it counts them itself.
    pub(crate) round_trips: Option<usize>,
    /// As they passed on the way to the server, in a round of its own.
    pub(crate) traffic: Option<Traffic>,
    /// By how much the peak of a process was above what it had before, in MiB.
    pub(crate) memory: Option<f64>,
}

impl Row {
    pub(crate) const fn measure(&self) -> Option<&Measure> {
        match &self.outcome {
            Outcome::Measured(measure) => Some(measure),
            Outcome::NotMeasured { .. } => None,
        }
    }
}
