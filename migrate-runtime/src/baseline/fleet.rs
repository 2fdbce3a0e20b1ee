//! Taking over every context of a fleet.

use std::fmt;
use std::time::{Duration, Instant};

use futures_util::stream::{FuturesUnordered, StreamExt};
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use super::error::BaselineError;
use super::options::Baseline;
use super::report::{Takeover, TakeoverState};
use crate::Database;
use crate::context::Context;
use crate::counted::Counted;
use crate::fleet::Fleet;
use crate::fleet_error::FleetError;
use crate::migrator::Migrator;

/// What became of every context of a fleet that was to be taken over, in the order of contexts.
///
/// `Display` is for a person. As JSON it is one object: the counts `contexts`, `recorded`, `already_recorded`, `nothing` and
/// `refused`, which add up; `taken_over`, an object per context that is; `refusals`, an object per other one with its
/// `namespace`, `database`, `kind`, `reason` and `differences`; and `elapsed_ms` and `round_trips`.
#[derive(Debug)]
#[must_use = "a report says which contexts were not taken over"]
pub struct BaselineReport {
    contexts: Vec<(Context, Result<Takeover, BaselineError>)>,
    elapsed: Duration,
    round_trips: u64,
}

impl Migrator {
    /// Takes over every context of a fleet, as [`baseline`](Self::baseline) does one, a few at a time. One that is refused
    /// does not keep the others from it, and none is created.
    ///
    /// # Errors
    ///
    /// When it cannot be told which contexts there are. What happens to a context is in the report.
    pub async fn baseline_all<D: Database>(
        &self,
        database: &D,
        fleet: Fleet,
        baseline: &Baseline,
    ) -> Result<BaselineReport, FleetError> {
        let start = Instant::now();
        let database = Counted::new(database, self.counters());
        let mut members = self.members(&database, fleet).await?.stream();
        let database = &database;
        let (mut taking, mut contexts, mut is_open) = (FuturesUnordered::new(), Vec::new(), true);
        loop {
            let has_room = taking.len() < self.concurrency;
            tokio::select! {
                Some(taken) = taking.next(), if !taking.is_empty() => contexts.push(taken),
                member = members.next(), if is_open && has_room => match member {
                    None => is_open = false,
                    Some(context) => {
                        let context = context.map_err(FleetError::Stream)?;
                        taking.push(async move {
                            let takeover = self.baseline(database, &context, baseline).await;
                            (context, takeover)
                        });
                    }
                },
                else => break,
            }
        }
        drop(taking);
        contexts.sort_by(|(one, _), (other, _)| one.cmp(other));
        Ok(BaselineReport { contexts, elapsed: start.elapsed(), round_trips: database.round_trips() })
    }
}

impl BaselineReport {
    /// Every context, in order.
    pub fn contexts(&self) -> &[(Context, Result<Takeover, BaselineError>)] {
        &self.contexts
    }

    /// The contexts that were not taken over, each with the reason.
    pub fn refused(&self) -> impl Iterator<Item = (&Context, &BaselineError)> {
        self.contexts.iter().filter_map(|(context, takeover)| Some((context, takeover.as_ref().err()?)))
    }

    /// How many contexts ended in this way.
    pub fn count(&self, state: TakeoverState) -> usize {
        self.contexts.iter().filter(|(_, takeover)| takeover.as_ref().is_ok_and(|one| one.state == state)).count()
    }

    /// How long all of it took.
    pub const fn elapsed(&self) -> Duration {
        self.elapsed
    }

    /// How many queries were sent.
    pub const fn round_trips(&self) -> u64 {
        self.round_trips
    }
}

impl fmt::Display for BaselineReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use TakeoverState::{AlreadyRecorded, Nothing, Recorded};
        let (all, refused) = (self.contexts.len(), self.refused().count());
        write!(
            f,
            "{all} contexts: {} taken over, {} taken over before, {} with nothing to take over, {refused} refused",
            self.count(Recorded),
            self.count(AlreadyRecorded),
            self.count(Nothing),
        )?;
        self.refused().try_for_each(|(context, error)| write!(f, "\nrefused    {context}   {error}"))
    }
}

impl Serialize for BaselineReport {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use TakeoverState::{AlreadyRecorded, Nothing, Recorded};
        let taken: Vec<_> = self.contexts.iter().filter_map(|(_, takeover)| takeover.as_ref().ok()).collect();
        let refusals: Vec<_> = self.refused().map(|(context, error)| Refused { context, error }).collect();
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("contexts", &self.contexts.len())?;
        for (name, state) in [("recorded", Recorded), ("already_recorded", AlreadyRecorded), ("nothing", Nothing)] {
            map.serialize_entry(name, &self.count(state))?;
        }
        map.serialize_entry("refused", &refusals.len())?;
        map.serialize_entry("taken_over", &taken)?;
        map.serialize_entry("refusals", &refusals)?;
        map.serialize_entry("elapsed_ms", &u64::try_from(self.elapsed.as_millis()).unwrap_or(u64::MAX))?;
        map.serialize_entry("round_trips", &self.round_trips)?;
        map.end()
    }
}

struct Refused<'a> {
    context: &'a Context,
    error: &'a BaselineError,
}

impl Serialize for Refused<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(5))?;
        map.serialize_entry("namespace", self.context.namespace())?;
        map.serialize_entry("database", self.context.database())?;
        map.serialize_entry("kind", self.error.kind())?;
        map.serialize_entry("reason", &self.error.to_string())?;
        map.serialize_entry("differences", self.error.differences())?;
        map.end()
    }
}
