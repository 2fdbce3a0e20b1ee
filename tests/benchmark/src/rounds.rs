//! Several rounds of several contenders, in turns.

use std::time::Duration;

use crate::Failure;
use crate::chain::Chain;
use crate::proxy::Traffic;
use crate::row::{Measure, Outcome, Row};
use crate::spread::Spread;

/// What was measured of one contender so far.
#[derive(Debug)]
pub(crate) struct Measured {
    pub(crate) name: &'static str,
    /// How many contexts it is given.
    pub(crate) given: usize,
    /// What it needed in each round, in microseconds per context.
    us_per_context: Vec<f64>,
    round_trips: Option<usize>,
    pub(crate) traffic: Option<Traffic>,
    pub(crate) memory: Option<f64>,
    /// Why it cannot be measured.
    pub(crate) failure: Option<String>,
}

/// How one turn went.
pub(crate) struct Turn {
    pub(crate) elapsed: Duration,
    /// How many round trips there were, where it is known.
    pub(crate) round_trips: Option<usize>,
}

/// What all the rows of one question have in common.
#[derive(Clone, Copy)]
pub(crate) struct Question {
    pub(crate) question: &'static str,
    pub(crate) place: &'static str,
    pub(crate) contexts: usize,
    pub(crate) chain: Chain,
}

impl Measured {
    pub(crate) const fn new(name: &'static str, given: usize) -> Self {
        Self {
            name,
            given,
            us_per_context: Vec::new(),
            round_trips: None,
            traffic: None,
            memory: None,
            failure: None,
        }
    }

    /// Notes that it cannot be measured, if something failed.
    pub(crate) fn note<T>(&mut self, result: Result<T, Failure>) -> Option<T> {
        result.map_err(|failure| self.failure = Some(failure.to_string())).ok()
    }
}

/// Lets each take its turn in each round. The first round warms up and does not count, and each round is begun by another one.
/// `turn` is told who it is, by place, and which round.
pub(crate) async fn take_turns(
    rounds: usize,
    measured: &mut [Measured],
    mut turn: impl AsyncFnMut(usize, usize) -> Result<Turn, Failure>,
) {
    for round in 0..=rounds {
        for at in 0..measured.len() {
            let at = (at + round) % measured.len();
            let one = &mut measured[at];
            if one.failure.is_some() {
                continue;
            }
            let result = turn(at, round).await;
            let Some(Turn { elapsed, round_trips }) = one.note(result) else { continue };
            one.round_trips = round_trips;
            if round > 0 {
                #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
                one.us_per_context.push(elapsed.as_secs_f64() * 1e6 / one.given as f64);
            }
        }
    }
}

/// The rows of one question; ratios are to the first of them.
pub(crate) fn rows(question: Question, measured: Vec<Measured>) -> Vec<Row> {
    let Question { question, place, contexts, chain } = question;
    let first = measured.first().filter(|first| first.failure.is_none()).map(|first| first.us_per_context.clone());
    let outcome = |one: Measured| {
        if let Some(not_measured) = one.failure {
            return Outcome::NotMeasured { not_measured };
        }
        let Some(median) = Spread::of(one.us_per_context.iter().copied()) else {
            return Outcome::NotMeasured { not_measured: "there was no round".to_owned() };
        };
        Outcome::Measured(Measure {
            given: one.given,
            median,
            ratio: first.as_ref().and_then(|first| Spread::of_ratios(&one.us_per_context, first)),
            us_per_context: one.us_per_context,
            round_trips: one.round_trips,
            traffic: one.traffic,
            memory: one.memory,
        })
    };
    let (migrations, statements) = (chain.len(), chain.statements());
    let row = |one: Measured| {
        let who = one.name;
        Row { question, place, contexts, migrations, statements, who, outcome: outcome(one) }
    };
    measured.into_iter().map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn each_round_is_begun_by_another_one_and_the_first_does_not_count() {
        let mut measured = ["a", "b", "c"].map(|name| Measured::new(name, 1));
        let mut turns = Vec::new();
        take_turns(2, &mut measured, async |at, round| {
            turns.push((round, at));
            if at == 2 {
                return Err("broken".into());
            }
            Ok(Turn { elapsed: Duration::from_micros(5), round_trips: None })
        })
        .await;
        assert_eq!(turns, [(0, 0), (0, 1), (0, 2), (1, 1), (1, 0), (2, 0), (2, 1)]);
        assert_eq!(measured[0].us_per_context, [5.0, 5.0]);
        assert_eq!(measured[2].failure.as_deref(), Some("broken"));
    }
}
