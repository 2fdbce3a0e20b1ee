use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use migrate_core::Version;
use serde::{Serialize, Serializer, ser::SerializeStruct};
use serde_json::{Value, json};

use crate::context::Context;
use crate::outcome::{Applied, ContextReport, Outcome};
use crate::phased::PhasedState;
use crate::refusal::Refusal;

/// What became of every context of a fleet, in the fleet's order.
///
/// `Display` is for a person. As JSON it is one object: the counts `contexts`, `migrated`, `up_to_date`, `ahead`,
/// `incompatible`, `failed` and `not_attempted`, which add up; `applied`, the migrations that were applied with how many contexts got
/// them; `later`, the later versions that the databases know, with how many contexts
/// do; `not_in_this_binary`, the modules that databases know and this binary does not have, with how many do; `incomplete`, the
/// phased migrations that are not completed, with where they stand in how many contexts; `failures`, an object per refused context with its `namespace`, `database`, `kind` and `reason`; and
/// `elapsed_ms` and `round_trips`.
#[derive(Clone, Debug)]
#[must_use = "a report says which contexts must not be served"]
pub struct Report {
    contexts: Vec<ContextReport>,
    modules: usize,
    elapsed: Duration,
    round_trips: u64,
}

/// How many contexts ended in each way. The fields but `contexts` add up to it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Counts {
    /// All of them.
    pub contexts: usize,
    /// Migrations were applied, and they are up to date now.
    pub migrated: usize,
    /// There was nothing to do.
    pub up_to_date: usize,
    /// The database knows later versions, none of which break this binary.
    pub ahead: usize,
    /// A later binary applied what breaks this one: refused.
    pub incompatible: usize,
    /// Refused for any other reason.
    pub failed: usize,
    /// Refused because migrations are pending and the run had stopped applying any.
    pub not_attempted: usize,
}

impl Counts {
    /// How many must not be served.
    pub const fn refused(&self) -> usize {
        self.incompatible + self.failed + self.not_attempted
    }
}

impl Report {
    pub(crate) const fn new(contexts: Vec<ContextReport>, modules: usize, elapsed: Duration, round_trips: u64) -> Self {
        Self { contexts, modules, elapsed, round_trips }
    }

    /// Every context, in the fleet's order.
    pub fn contexts(&self) -> &[ContextReport] {
        &self.contexts
    }

    /// The contexts that must not be served, each with the reason.
    pub fn refused(&self) -> impl Iterator<Item = (&Context, &Refusal)> {
        self.contexts.iter().filter_map(|report| Some((&report.context, report.refusal()?)))
    }

    /// Whether every context can be served.
    pub fn all_served(&self) -> bool {
        self.refused().next().is_none()
    }

    /// How many contexts ended in each way.
    pub fn counts(&self) -> Counts {
        let mut counts = Counts { contexts: self.contexts.len(), ..Counts::default() };
        for report in &self.contexts {
            *match &report.outcome {
                Outcome::UpToDate => &mut counts.up_to_date,
                Outcome::Migrated => &mut counts.migrated,
                Outcome::Ahead(_) => &mut counts.ahead,
                Outcome::Refused(Refusal::Incompatible { .. }) => &mut counts.incompatible,
                Outcome::Refused(Refusal::NotAttempted { .. }) => &mut counts.not_attempted,
                Outcome::Refused(_) => &mut counts.failed,
            } += 1;
        }
        counts
    }

    /// How long all of it took.
    pub const fn elapsed(&self) -> Duration {
        self.elapsed
    }

    /// How many queries were sent.
    pub const fn round_trips(&self) -> u64 {
        self.round_trips
    }

    /// The contexts that got the same run of one module's migrations, in ascending order of its first and last version.
    fn runs(&self) -> BTreeMap<(&'static str, Version, Version), Vec<&ContextReport>> {
        let mut runs: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for report in &self.contexts {
            for run in report.applied.chunk_by(|one, other| one.module == other.module) {
                if let (Some(first), Some(last)) = (run.first(), run.last()) {
                    runs.entry((first.module, first.version, last.version)).or_default().push(report);
                }
            }
        }
        runs
    }

    /// How many contexts know which later version of a module.
    fn later(&self) -> BTreeMap<(&str, Version), usize> {
        let mut later = BTreeMap::new();
        for ahead in self.contexts.iter().flat_map(|report| &report.ahead) {
            *later.entry((ahead.module.as_str(), ahead.version)).or_insert(0) += 1;
        }
        later
    }

    /// How many contexts know which version of a module that this binary does not have.
    fn strangers(&self) -> BTreeMap<(&str, Version), usize> {
        let mut strangers = BTreeMap::new();
        for stranger in self.contexts.iter().flat_map(|report| &report.strangers) {
            *strangers.entry((stranger.module.as_str(), stranger.version)).or_insert(0) += 1;
        }
        strangers
    }
}

impl Report {
    /// How many contexts wait for the completion of which phased migration, and where it stands in them.
    fn incomplete(&self) -> BTreeMap<(&str, Version, PhasedState), usize> {
        let mut incomplete = BTreeMap::new();
        for one in self.contexts.iter().filter(|report| report.is_served()).flat_map(|report| &report.incomplete) {
            *incomplete.entry((one.module.as_str(), one.version, one.state)).or_insert(0) += 1;
        }
        incomplete
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counts = self.counts();
        let refused = counts.incompatible + counts.failed;
        let not_attempted = counts.not_attempted;
        write!(f, "{}, {}: ", plural(self.modules, "module"), plural(counts.contexts, "context"))?;
        let parts = [
            (counts.up_to_date, "up to date"),
            (counts.migrated, "migrated"),
            (counts.ahead, "ahead"),
            (refused, "refused"),
            (not_attempted, "not attempted"),
        ];
        let parts: Vec<_> = parts.iter().filter(|(count, _)| *count > 0).collect();
        let parts: Vec<_> = parts.iter().map(|(count, word)| format!("{} {word}", thousands(*count))).collect();
        write!(f, "{}", if parts.is_empty() { "nothing to do".to_owned() } else { parts.join(", ") })?;
        write!(f, "    {:.1?}, {} round trips", self.elapsed, self.round_trips)?;

        for ((module, first, last), reports) in self.runs() {
            write!(f, "\nmigrated   {module} V{first}")?;
            if first != last {
                write!(f, " to V{last}")?;
            }
            write!(f, "   {}", plural(reports.len(), "context"))?;
            let mut times: Vec<_> = reports.iter().map(|report| (report.elapsed, &report.context)).collect();
            times.sort();
            if let (Some((median, _)), [.., (slowest, context)]) = (times.get(times.len() / 2), &times[..]) {
                write!(f, "   median {median:.0?}, slowest {context} {slowest:.0?}")?;
            }
        }
        for ((module, version), contexts) in self.later() {
            write!(f, "\nahead      {module} at V{version}   {}", plural(contexts, "context"))?;
        }
        for ((module, version), contexts) in self.strangers() {
            write!(f, "\nunknown    {module} at V{version}   {}, not in this binary", plural(contexts, "context"))?;
        }
        for ((module, version, state), contexts) in self.incomplete() {
            write!(f, "\nincomplete {module} V{version} is {state}   {}", plural(contexts, "context"))?;
        }
        let mut untouched = BTreeMap::new();
        for (context, refusal) in self.refused() {
            match refusal {
                // There may be thousands of them, all for one reason.
                Refusal::NotAttempted { because, .. } => *untouched.entry(because.to_string()).or_insert(0) += 1,
                Refusal::Failed { version, kept: 0, .. } => {
                    write!(f, "\nrefused    {context}   {refusal}\n           nothing of V{version} was kept")?;
                }
                Refusal::Failed { version, kept, .. } => {
                    let statements = plural(*kept, "statement");
                    write!(f, "\nrefused    {context}   {refusal}")?;
                    write!(f, "\n           {statements} of V{version} were kept: the next start goes on behind them")?;
                }
                _ => write!(f, "\nrefused    {context}   {refusal}")?,
            }
        }
        for (because, contexts) in &untouched {
            write!(f, "\nuntouched  {}   {because}", plural(*contexts, "context"))?;
        }
        if counts.refused() > 0 {
            write!(f, "\n           {} served", plural_verb(counts.contexts - counts.refused()))?;
        }
        Ok(())
    }
}

fn thousands(count: usize) -> String {
    let digits = count.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

fn plural(count: usize, noun: &str) -> String {
    format!("{} {noun}{}", thousands(count), if count == 1 { "" } else { "s" })
}

fn plural_verb(count: usize) -> String {
    format!("{} {}", plural(count, "context"), if count == 1 { "is" } else { "are" })
}

impl Serialize for Report {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let counts = self.counts();
        let mut applied: BTreeMap<(&str, _), (&Applied, usize)> = BTreeMap::new();
        for one in self.contexts.iter().flat_map(|report| &report.applied) {
            applied.entry((one.module, one.version)).or_insert((one, 0)).1 += 1;
        }
        let applied: Vec<Value> = applied
            .values()
            .map(|(one, contexts)| {
                json!({ "module": one.module, "version": one.version.get(), "name": one.name, "contexts": contexts })
            })
            .collect();
        let failures = self.refused().map(|(context, refusal)| failure(context, refusal));
        let failures = failures.collect::<serde_json::Result<Vec<_>>>().map_err(serde::ser::Error::custom)?;
        let later = self.later();
        let later = later.iter().map(
            |((module, version), contexts)| json!({ "module": module, "version": version.get(), "contexts": contexts }),
        );
        let later: Vec<Value> = later.collect();
        let strangers = self.strangers();
        let strangers = strangers.iter().map(
            |((module, version), contexts)| json!({ "module": module, "version": version.get(), "contexts": contexts }),
        );
        let strangers: Vec<Value> = strangers.collect();
        let incomplete = self.incomplete();
        let incomplete = incomplete.iter().map(|((module, version, state), contexts)| {
            json!({ "module": module, "version": version.get(), "state": state, "contexts": contexts })
        });
        let incomplete: Vec<Value> = incomplete.collect();
        let mut report = serializer.serialize_struct("Report", 14)?;
        report.serialize_field("contexts", &counts.contexts)?;
        report.serialize_field("migrated", &counts.migrated)?;
        report.serialize_field("up_to_date", &counts.up_to_date)?;
        report.serialize_field("ahead", &counts.ahead)?;
        report.serialize_field("incompatible", &counts.incompatible)?;
        report.serialize_field("failed", &counts.failed)?;
        report.serialize_field("not_attempted", &counts.not_attempted)?;
        report.serialize_field("applied", &applied)?;
        report.serialize_field("later", &later)?;
        report.serialize_field("not_in_this_binary", &strangers)?;
        report.serialize_field("incomplete", &incomplete)?;
        report.serialize_field("failures", &failures)?;
        report.serialize_field("elapsed_ms", &u64::try_from(self.elapsed.as_millis()).unwrap_or(u64::MAX))?;
        report.serialize_field("round_trips", &self.round_trips)?;
        report.end()
    }
}

/// One refused context, with all that its refusal knows and the sentence that says it.
fn failure(context: &Context, refusal: &Refusal) -> serde_json::Result<Value> {
    let mut failure = json!({ "namespace": context.namespace(), "database": context.database() });
    if let (Value::Object(failure), Value::Object(refusal)) = (&mut failure, serde_json::to_value(refusal)?) {
        failure.extend(refusal);
    }
    failure["reason"] = refusal.to_string().into();
    Ok(failure)
}

#[cfg(test)]
mod tests;
