//! Validating every context of a fleet.

use std::fmt;
use std::time::{Duration, Instant};

use futures_util::stream::StreamExt;
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use super::options::ValidationOptions;
use super::validation::{ValidateError, Validation, ValidationVerdict};
use crate::Database;
use crate::context::Context;
use crate::counted::Counted;
use crate::fleet::Fleet;
use crate::fleet_error::FleetError;
use crate::migrator::Migrator;
use crate::observer::Event;

/// What is to be expected of the pending migrations of every context of a fleet, in the order of contexts.
///
/// `Display` is for a person. As JSON it is one object: the counts `contexts`, `pass`, `pass_with_warnings`, `fail` and
/// `unknown`, which add up; `validations`, an object per context; `errors`, an object per context that could not be validated,
/// with `namespace`, `database` and `reason`; `elapsed_ms` and `round_trips`.
#[derive(Debug)]
#[must_use = "a validation says whether the migrations can be applied"]
pub struct FleetValidation {
    contexts: Vec<(Context, Result<Validation, ValidateError>)>,
    elapsed: Duration,
    round_trips: u64,
}

impl Migrator {
    /// Validates every context of a fleet, as [`validate`](Self::validate) does one, a few at a time. Nothing is changed,
    /// and none is created.
    ///
    /// # Errors
    ///
    /// When it cannot be told which contexts there are. What is wrong with a context is in the result.
    pub async fn validate_all<D: Database>(
        &self,
        database: &D,
        fleet: Fleet,
        options: &ValidationOptions,
    ) -> Result<FleetValidation, FleetError> {
        let start = Instant::now();
        let database = Counted::new(database, self.counters());
        let members = self.members(&database, fleet).await?;
        self.emit(Event::ReadingStarted { contexts: members.count() });
        let members = members.stream();
        let database = &database;
        let validating = members.map(async |context: Result<Context, _>| {
            let context = context.map_err(FleetError::Stream)?;
            let validation = self.validate(database, &context, options).await;
            Ok::<_, FleetError>((context, validation))
        });
        let mut validating = validating.buffer_unordered(self.concurrency);
        let mut contexts = Vec::new();
        while let Some(validated) = validating.next().await {
            let (context, validation) = validated?;
            self.emit(Event::ContextRead { context: &context });
            contexts.push((context, validation));
        }
        drop(validating);
        contexts.sort_by(|(one, _), (other, _)| one.cmp(other));
        contexts.dedup_by(|(one, _), (other, _)| one == other);
        Ok(FleetValidation { contexts, elapsed: start.elapsed(), round_trips: database.round_trips() })
    }
}

impl FleetValidation {
    /// Every context, in order.
    pub fn contexts(&self) -> &[(Context, Result<Validation, ValidateError>)] {
        &self.contexts
    }

    /// How many contexts come to this.
    pub fn count(&self, verdict: ValidationVerdict) -> usize {
        let comes_to = |one: &Result<Validation, _>| one.as_ref().is_ok_and(|one| one.verdict() == verdict);
        self.contexts.iter().filter(|(_, validation)| comes_to(validation)).count()
    }

    /// The contexts that could not be validated, each with the reason.
    pub fn unknown(&self) -> impl Iterator<Item = (&Context, &ValidateError)> {
        self.contexts.iter().filter_map(|(context, validation)| Some((context, validation.as_ref().err()?)))
    }

    /// Whether the migrations can be applied in every context, with nothing that a person should think over first.
    pub fn can_apply(&self) -> bool {
        self.contexts.iter().all(|(_, validation)| validation.as_ref().is_ok_and(Validation::can_apply))
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

const VERDICTS: [(ValidationVerdict, &str); 3] = [
    (ValidationVerdict::Pass, "pass"),
    (ValidationVerdict::PassWithWarnings, "pass_with_warnings"),
    (ValidationVerdict::Fail, "fail"),
];

impl fmt::Display for FleetValidation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [pass, warned, fail] = VERDICTS.map(|(verdict, _)| self.count(verdict));
        let unknown = self.unknown().count();
        write!(f, "{} contexts: {pass} pass, {warned} pass with warnings, {fail} fail", self.contexts.len())?;
        write!(f, ", {unknown} could not be validated    {:.1?}, {} round trips", self.elapsed, self.round_trips)?;
        for (context, validation) in &self.contexts {
            match validation {
                Ok(validation) if validation.can_apply() => {}
                Ok(validation) => write!(f, "\n{validation}")?,
                Err(error) => write!(f, "\n{context}   {error}")?,
            }
        }
        Ok(())
    }
}

impl Serialize for FleetValidation {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let validations: Vec<_> = self.contexts.iter().filter_map(|(_, one)| one.as_ref().ok()).collect();
        let errors: Vec<_> = self.unknown().map(|(context, error)| Unvalidated { context, error }).collect();
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("contexts", &self.contexts.len())?;
        for (verdict, name) in VERDICTS {
            map.serialize_entry(name, &self.count(verdict))?;
        }
        map.serialize_entry("unknown", &errors.len())?;
        map.serialize_entry("validations", &validations)?;
        map.serialize_entry("errors", &errors)?;
        map.serialize_entry("elapsed_ms", &u64::try_from(self.elapsed.as_millis()).unwrap_or(u64::MAX))?;
        map.serialize_entry("round_trips", &self.round_trips)?;
        map.end()
    }
}

struct Unvalidated<'a> {
    context: &'a Context,
    error: &'a ValidateError,
}

impl Serialize for Unvalidated<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(3))?;
        map.serialize_entry("namespace", self.context.namespace())?;
        map.serialize_entry("database", self.context.database())?;
        map.serialize_entry("reason", &self.error.to_string())?;
        map.end()
    }
}
