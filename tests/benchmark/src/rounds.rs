//! Several rounds of several contenders, in turns.

use std::time::{Duration, Instant};

use crate::Failure;
use crate::chain::Chain;
use crate::cpu::used;
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
    /// The same of the time that was spent on a processor, by all who worked on it.
    cpu_us_per_context: Vec<f64>,
    round_trips: Option<usize>,
    pub(crate) traffic: Option<Traffic>,
    pub(crate) memory: Option<f64>,
    /// Why it cannot be measured.
    pub(crate) failure: Option<String>,
}

/// How one turn went.
pub(crate) struct Turn {
    pub(crate) elapsed: Duration,
    /// The time that all who worked on it have spent on a processor, where it is known.
    pub(crate) cpu: Option<Duration>,
    /// How many round trips there were, where it is known.
    pub(crate) round_trips: Option<usize>,
}

/// What all the rows of one question have in common.
#[derive(Clone, Copy)]
pub(crate) struct Question {
    pub(crate) name: &'static str,
    pub(crate) place: &'static str,
    pub(crate) contexts: usize,
    pub(crate) chain: Chain,
}

impl Turn {
    /// Takes a turn, on which these processes work.
    pub(crate) async fn take(
        processes: &[u32],
        work: impl Future<Output = Result<Option<usize>, Failure>>,
    ) -> Result<Self, Failure> {
        let (begin, before) = (Instant::now(), used(processes));
        let round_trips = work.await?;
        let (elapsed, after) = (begin.elapsed(), used(processes));
        let cpu = before.zip(after).map(|(before, after)| after.saturating_sub(before));
        Ok(Self { elapsed, cpu, round_trips })
    }
}

impl Measured {
    pub(crate) const fn new(name: &'static str, given: usize) -> Self {
        Self {
            name,
            given,
            us_per_context: Vec::new(),
            cpu_us_per_context: Vec::new(),
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
            let Some(Turn { elapsed, cpu, round_trips }) = one.note(result) else { continue };
            one.round_trips = round_trips;
            if round > 0 {
                #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
                let each = |time: Duration| time.as_secs_f64() * 1e6 / one.given as f64;
                one.us_per_context.push(each(elapsed));
                one.cpu_us_per_context.extend(cpu.map(each));
            }
        }
    }
}

/// The rows of one question; ratios are to the first of them.
pub(crate) fn rows(question: Question, measured: Vec<Measured>) -> Vec<Row> {
    let Question { name: question, place, contexts, chain } = question;
    let first = measured.first().filter(|first| first.failure.is_none());
    let first = first.map(|first| (first.us_per_context.clone(), first.cpu_us_per_context.clone()));
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
            ratio: first.as_ref().and_then(|(first, _)| Spread::of_ratios(&one.us_per_context, first)),
            cpu_ratio: first.as_ref().and_then(|(_, first)| Spread::of_ratios(&one.cpu_us_per_context, first)),
            us_per_context: one.us_per_context,
            cpu_us_per_context: one.cpu_us_per_context,
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
            Ok(Turn { elapsed: Duration::from_micros(5), cpu: None, round_trips: None })
        })
        .await;
        assert_eq!(turns, [(0, 0), (0, 1), (0, 2), (1, 1), (1, 0), (2, 0), (2, 1)]);
        assert_eq!(measured[0].us_per_context, [5.0, 5.0]);
        assert_eq!(measured[2].failure.as_deref(), Some("broken"));
    }
}
