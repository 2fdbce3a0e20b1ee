//! What became of contexts that were to be taken over, by a baseline or by adopting a ledger.

use std::fmt;

use futures_util::stream::{self, StreamExt};
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use super::ended::Ended;
use super::progress::Progress;
use super::table::{plural, wrapped};
use crate::baseline::{Takeover, TakeoverState};
use crate::context::Context;
use crate::{AdoptionError, BaselineError, SchemaDifference};

/// So many are read at once: each is a whole schema.
const AT_ONCE: usize = 4;

/// Every context with what became of it.
pub(super) struct Takeovers<E>(Vec<(Context, Result<Takeover, E>)>);

/// Why a context was not taken over.
pub(super) trait Refused: fmt::Display {
    fn kind(&self) -> &'static str;
    fn differences(&self) -> &[SchemaDifference];
}

impl Refused for BaselineError {
    fn kind(&self) -> &'static str {
        self.kind()
    }

    fn differences(&self) -> &[SchemaDifference] {
        self.differences()
    }
}

impl Refused for AdoptionError {
    fn kind(&self) -> &'static str {
        self.kind()
    }

    fn differences(&self) -> &[SchemaDifference] {
        match self {
            Self::Baseline(error) => error.differences(),
            _ => &[],
        }
    }
}

impl<E: Refused> Takeovers<E> {
    /// Takes over a few at a time. One that is refused does not keep the others from it.
    pub(super) async fn of<F>(contexts: Vec<Context>, progress: &Progress, take_over: impl Fn(Context) -> F) -> Self
    where
        F: Future<Output = Result<Takeover, E>>,
    {
        progress.expect(contexts.len());
        let taking = contexts.into_iter().map(|context| {
            let taken = take_over(context.clone());
            async {
                let taken = taken.await;
                progress.advance();
                (context, taken)
            }
        });
        Self(progress.during(stream::iter(taking).buffered(AT_ONCE).collect()).await)
    }

    pub(super) fn ended(&self) -> Ended {
        Ended::failed_if(self.0.iter().any(|(_, takeover)| takeover.is_err()))
    }

    fn count(&self, state: TakeoverState) -> usize {
        self.0.iter().filter(|(_, takeover)| takeover.as_ref().is_ok_and(|one| one.state == state)).count()
    }

    fn refused(&self) -> impl Iterator<Item = (&Context, &E)> {
        self.0.iter().filter_map(|(context, takeover)| Some((context, takeover.as_ref().err()?)))
    }

    pub(super) fn shown(&self) -> String {
        use TakeoverState::{AlreadyRecorded, Nothing, Planned, Recorded};
        let counts = [
            (self.count(Planned), "would be taken over"),
            (self.count(Recorded), "taken over"),
            (self.count(AlreadyRecorded), "taken over before"),
            (self.count(Nothing), "with nothing to take over"),
            (self.refused().count(), "refused"),
        ];
        let counts = counts.into_iter().filter(|(count, _)| *count > 0);
        let counts: Vec<_> = counts.map(|(count, what)| format!("{count} {what}")).collect();
        let mut text = plural(self.0.len(), "context");
        if !counts.is_empty() {
            text = format!("{text}: {}", counts.join(", "));
        }
        for takeover in self.0.iter().filter_map(|(_, takeover)| takeover.as_ref().ok()) {
            text = format!("{text}\n{takeover}");
        }
        for (context, error) in self.refused() {
            text = format!("{text}\nrefused    {context}   {error}");
        }
        wrapped(&text)
    }
}

impl<E: Refused> Serialize for Takeovers<E> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use TakeoverState::{AlreadyRecorded, Nothing, Planned, Recorded};
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("contexts", &self.0.len())?;
        map.serialize_entry("planned", &self.count(Planned))?;
        map.serialize_entry("recorded", &self.count(Recorded))?;
        map.serialize_entry("already_recorded", &self.count(AlreadyRecorded))?;
        map.serialize_entry("nothing", &self.count(Nothing))?;
        map.serialize_entry("refused", &self.refused().count())?;
        let taken: Vec<_> = self.0.iter().filter_map(|(_, takeover)| takeover.as_ref().ok()).collect();
        map.serialize_entry("taken_over", &taken)?;
        let refusal = |(context, error): (&Context, &E)| {
            serde_json::json!({
                "namespace": context.namespace(),
                "database": context.database(),
                "kind": error.kind(),
                "reason": error.to_string(),
                "differences": error.differences(),
            })
        };
        map.serialize_entry("refusals", &self.refused().map(refusal).collect::<Vec<_>>())?;
        map.end()
    }
}
