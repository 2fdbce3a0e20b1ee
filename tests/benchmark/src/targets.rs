//! What the numbers should be, held against what they are.

use std::fmt;

use serde::Serialize;

use crate::contender::Contender;
use crate::row::{Measure, Row};
use crate::spread::Spread;

/// What a number should be.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
enum Wanted {
    AtMost(f64),
    AtLeast(f64),
}

/// A number that should be at most or at least another one, wherever it was measured.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Target {
    what: &'static str,
    wanted: Wanted,
    measured: Vec<Got>,
}

/// What a number was.
#[derive(Clone, Debug, Serialize)]
struct Got {
    place: String,
    number: f64,
    /// The same of the time that was spent on a processor, where it is a ratio of times.
    of_cpu_time: Option<f64>,
}

const OURS: &str = Contender::Ours.name();
const INDEXED: &str = Contender::Indexed.name();
const LIMIT: &str = Contender::Limit.name();
const LOOP: &str = Contender::Sequential.name();

/// Every target of which something was measured.
pub(crate) fn targets(rows: &[Row]) -> Vec<Target> {
    let ratio = |what, wanted, question, (who, other)| Target {
        what,
        wanted,
        measured: pairs(rows, question, who, other).collect(),
    };
    let near = |got: &Got| got.place.starts_with("server,") && !got.place.contains("away");
    let far = |got: &Got| got.place.contains("away");
    let large = |got: &Got| got.place.contains(" 10000 ");
    let of = |mut target: Target, is_meant: &dyn Fn(&Got) -> bool| {
        target.measured.retain(is_meant);
        target
    };
    let looped = |what, least, who| ratio(what, Wanted::AtLeast(least), "up to date", (LOOP, who));
    let replicas = |question| ratio(question, Wanted::AtMost(1.5), question, ("eight replicas", "one replica"));
    let each = |what, most, who: &'static str, number: fn(&Measure) -> Option<f64>| {
        let of_row = |row: &Row| Some(Got { place: place(row), number: number(row.measure()?)?, of_cpu_time: None });
        let measured = rows.iter().filter(|row| row.who == who && row.question == "up to date").filter_map(of_row);
        Target { what, wanted: Wanted::AtMost(most), measured: measured.collect() }
    };
    let all = [
        ratio("up to date / limit", Wanted::AtMost(1.1), "up to date", (OURS, LIMIT)),
        each("round trips per context", 0.05, OURS, |measure| {
            Some(number(measure.round_trips?) / number(measure.given))
        }),
        of(looped("sequential loop / up to date, on loopback", 2.5, OURS), &near),
        of(looped("sequential loop / up to date, 2 ms away", 20.0, OURS), &far),
        each("round trips of a fleet, fleet index", 1.0, INDEXED, |measure| measure.round_trips.map(number)),
        of(looped("sequential loop / fleet index, on loopback", 50.0, INDEXED), &|got| {
            near(got) && got.place.contains(" 1000 ")
        }),
        ratio("fresh / limit", Wanted::AtMost(1.15), "fresh", (OURS, LIMIT)),
        replicas("replicas, up to date"),
        replicas("replicas, up to date, fleet index"),
        replicas("replicas, fresh"),
        of(each("MiB over the idle process", 32.0, OURS, |measure| measure.memory), &large),
        of(each("MiB over the idle process, fleet index", 32.0, INDEXED, |measure| measure.memory), &large),
    ];
    all.into_iter().filter(|target| !target.measured.is_empty()).collect()
}

/// The median ratio of one to another, round by round, wherever both were measured.
fn pairs(rows: &[Row], question: &str, who: &str, other: &str) -> impl Iterator<Item = Got> {
    rows.iter().filter(move |row| row.question == question && row.who == who).filter_map(move |row| {
        let same = |one: &&Row| (one.question, place(one)) == (row.question, place(row)) && one.who == other;
        let (one, other) = (row.measure()?, rows.iter().find(same)?.measure()?);
        let number = Spread::of_ratios(&one.us_per_context, &other.us_per_context)?.median;
        let of_cpu_time = Spread::of_ratios(&one.cpu_us_per_context, &other.cpu_us_per_context);
        Some(Got { place: place(row), number, of_cpu_time: of_cpu_time.map(|ratio| ratio.median) })
    })
}

fn place(row: &Row) -> String {
    format!("{}, {} × {}", row.place, row.contexts, row.migrations)
}

#[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
fn number(number: usize) -> f64 {
    number as f64
}

impl Wanted {
    fn is_met_by(self, number: f64) -> bool {
        match self {
            Self::AtMost(most) => number <= most,
            Self::AtLeast(least) => number >= least,
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (word, wanted) = match self.wanted {
            Wanted::AtMost(most) => ("≤", most),
            Wanted::AtLeast(least) => ("≥", least),
        };
        write!(f, "{} {word} {wanted}:", self.what)?;
        for Got { place, number, of_cpu_time } in &self.measured {
            let verdict = if self.wanted.is_met_by(*number) { "" } else { ", MISSED" };
            let cpu = of_cpu_time.map_or_else(String::new, |ratio| format!(" ({ratio:.2} of CPU time)"));
            write!(f, "\n    {number:>8.2}{cpu}  {place}{verdict}")?;
        }
        Ok(())
    }
}
