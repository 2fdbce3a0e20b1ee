//! What the gate knows of each context, and what follows from it. No clock, no chance and no I/O of its own.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde::Serialize;

use crate::context::Context;
use crate::gate::retry::Retry;
use crate::refusal::Refusal;

/// The contexts of which something is known. `F` is a handle on the work in flight for one of them.
#[derive(Debug)]
pub(crate) struct Book<F> {
    entries: HashMap<Context, Entry<F>>,
    retry: Retry,
    flights: u64,
}

/// What is known of one context. Nothing is known of one without an entry.
#[derive(Debug)]
enum Entry<F> {
    Flying { handle: F, flight: Flight },
    Served,
    Refused(Standing),
}

/// Work under way. What a flight brings home counts only where the context still waits for that very one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Flight {
    number: u64,
    earlier_tries: u32,
}

/// A context that is refused, and until when.
#[derive(Clone, Debug)]
pub(crate) struct Standing {
    pub(crate) refusal: Arc<Refusal>,
    until: Instant,
    tries: u32,
}

impl Standing {
    pub(crate) fn remaining(&self, now: Instant) -> Duration {
        self.until.saturating_duration_since(now)
    }
}

/// What the next caller is told.
#[derive(Clone, Debug)]
pub(crate) enum Answer<F> {
    /// Go on.
    Served,
    /// Go away until then.
    Refused(Standing),
    /// Wait for this.
    Flying(F),
}

/// How the work on a context ended.
#[derive(Clone, Debug)]
pub(crate) enum Landing {
    Served,
    Refused(Refusal),
    NoSuchContext,
    /// Nobody knows: its runtime was shut down.
    Abandoned,
}

/// The same, for those who waited for it.
#[derive(Clone, Debug)]
pub(crate) enum Landed {
    Served,
    Refused(Standing),
    NoSuchContext,
    Abandoned,
}

/// How many contexts a gate knows, by what it knows of them. Those that were never asked for are not among them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct GateCounts {
    /// Their requests are let through.
    pub served: usize,
    /// Their requests are refused.
    pub refused: usize,
    /// They are being looked for or brought up to date.
    pub migrating: usize,
}

impl<F: Clone> Book<F> {
    pub(crate) fn new(retry: Retry) -> Self {
        Self { entries: HashMap::new(), retry, flights: 0 }
    }

    /// What a caller is told now, or `None` when a flight has to be started first.
    pub(crate) fn answer(&self, context: &Context, now: Instant) -> Option<Answer<F>> {
        let lapsed = |answer: &_| matches!(answer, Answer::Refused(standing) if standing.remaining(now).is_zero());
        self.known(context).filter(|answer| !lapsed(answer))
    }

    /// The same without regard to time: a refusal stands until it is overcome.
    pub(crate) fn known(&self, context: &Context) -> Option<Answer<F>> {
        Some(match self.entries.get(context)? {
            Entry::Served => Answer::Served,
            Entry::Refused(standing) => Answer::Refused(standing.clone()),
            Entry::Flying { handle, .. } => Answer::Flying(handle.clone()),
        })
    }

    /// Starts a flight where [`answer`](Self::answer) gives none.
    pub(crate) fn start(&mut self, context: &Context, handle: F, now: Instant) -> Result<Flight, Answer<F>> {
        if let Some(answer) = self.answer(context, now) {
            return Err(answer);
        }
        let earlier_tries = match self.entries.get(context) {
            Some(Entry::Refused(standing)) => standing.tries,
            _ => 0,
        };
        self.flights += 1;
        let flight = Flight { number: self.flights, earlier_tries };
        self.entries.insert(context.clone(), Entry::Flying { handle, flight });
        Ok(flight)
    }

    /// Writes down how a flight ended, unless the context was forgotten or waits for another one. `jitter` is between
    /// 0 and 1.
    pub(crate) fn land(
        &mut self,
        context: &Context,
        flight: Flight,
        landing: Landing,
        now: Instant,
        jitter: f64,
    ) -> Landed {
        let landed = match landing {
            Landing::Served => Landed::Served,
            Landing::NoSuchContext => Landed::NoSuchContext,
            Landing::Abandoned => Landed::Abandoned,
            Landing::Refused(refusal) => Landed::Refused(self.refused(refusal, flight.earlier_tries, now, jitter)),
        };
        let waits =
            matches!(self.entries.get(context), Some(Entry::Flying { flight: awaited, .. }) if *awaited == flight);
        if waits {
            match &landed {
                Landed::Served => self.entries.insert(context.clone(), Entry::Served),
                Landed::Refused(standing) => self.entries.insert(context.clone(), Entry::Refused(standing.clone())),
                // Names that are made up must not fill the memory.
                Landed::NoSuchContext | Landed::Abandoned => self.entries.remove(context),
            };
        }
        landed
    }

    /// Takes over what somebody else found out, unless a flight will know better.
    pub(crate) fn admit(&mut self, context: &Context, refusal: Option<&Refusal>, now: Instant, jitter: f64) {
        let earlier_tries = match self.entries.get(context) {
            Some(Entry::Flying { .. }) => return,
            Some(Entry::Refused(standing)) => standing.tries,
            Some(Entry::Served) | None => 0,
        };
        let entry = match refusal {
            None => Entry::Served,
            Some(refusal) => Entry::Refused(self.refused(refusal.clone(), earlier_tries, now, jitter)),
        };
        self.entries.insert(context.clone(), entry);
    }

    /// Knows nothing of the context from now on, not even what a flight will bring.
    pub(crate) fn forget(&mut self, context: &Context) {
        self.entries.remove(context);
    }

    /// Knows nothing of the context but that somebody is on the way to it.
    pub(crate) fn doubt(&mut self, context: &Context) {
        if !matches!(self.entries.get(context), Some(Entry::Flying { .. })) {
            self.entries.remove(context);
        }
    }

    pub(crate) fn counts(&self) -> GateCounts {
        let mut counts = GateCounts::default();
        for entry in self.entries.values() {
            *match entry {
                Entry::Flying { .. } => &mut counts.migrating,
                Entry::Served => &mut counts.served,
                Entry::Refused(_) => &mut counts.refused,
            } += 1;
        }
        counts
    }

    fn refused(&self, refusal: Refusal, earlier_tries: u32, now: Instant, jitter: f64) -> Standing {
        let tries = earlier_tries.saturating_add(1);
        Standing { until: now + self.retry.pause(&refusal, tries, jitter), refusal: Arc::new(refusal), tries }
    }
}

#[cfg(test)]
mod tests;
