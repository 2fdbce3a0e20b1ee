use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use migrate_core::DifferenceClass;
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use super::state::{Classed, ContextDrift, DriftState, DriftUnknown};
use crate::context::Context;
use crate::live::SchemaDifference;

/// What was found in every context of a fleet, in the order of contexts.
///
/// `Display` is for a person, and lists only those that are not in sync, those that differ in the same way together. As JSON it
/// is one object that `FORMATS.md` describes.
#[derive(Debug)]
#[must_use = "a report says which contexts have drifted"]
pub struct DriftReport {
    contexts: Vec<ContextDrift>,
    elapsed: Duration,
    round_trips: u64,
}

/// So many contexts of those that differ in the same way are named.
const NAMED: usize = 3;

impl DriftReport {
    pub(super) const fn new(contexts: Vec<ContextDrift>, elapsed: Duration, round_trips: u64) -> Self {
        Self { contexts, elapsed, round_trips }
    }

    /// Every context, in order.
    pub fn contexts(&self) -> &[ContextDrift] {
        &self.contexts
    }

    /// What was found in one context.
    pub fn get(&self, context: &Context) -> Option<&ContextDrift> {
        let at = self.contexts.binary_search_by(|one| one.context.cmp(context)).ok()?;
        self.contexts.get(at)
    }

    /// Whether every context is known, and differs in formatting at most.
    pub fn is_same(&self) -> bool {
        self.contexts.iter().all(|one| one.state.is_same())
    }

    /// The contexts that differ, those that do in the same way together: the most frequent way first.
    pub fn groups(&self) -> Vec<(&[SchemaDifference], Vec<&Context>)> {
        let mut groups: BTreeMap<*const SchemaDifference, (&Arc<[SchemaDifference]>, Vec<&Context>)> = BTreeMap::new();
        for one in &self.contexts {
            if let DriftState::Drifted(differences) = &one.state {
                let (_, contexts) = groups.entry(differences.as_ptr()).or_insert_with(|| (differences, Vec::new()));
                contexts.push(&one.context);
            }
        }
        let mut groups: Vec<_> =
            groups.into_values().map(|(differences, contexts)| (&**differences, contexts)).collect();
        groups.sort_by(|(_, one), (_, other)| other.len().cmp(&one.len()).then_with(|| one.cmp(other)));
        groups
    }

    /// The contexts of which nobody can tell, each with the reason.
    pub fn unknown(&self) -> impl Iterator<Item = (&Context, &DriftUnknown)> {
        self.contexts.iter().filter_map(|one| match &one.state {
            DriftState::Unknown(why) => Some((&one.context, why)),
            DriftState::InSync | DriftState::Drifted(_) => None,
        })
    }

    /// How many contexts are what they should be.
    pub fn in_sync(&self) -> usize {
        self.count(|one| one.state == DriftState::InSync)
    }

    /// How many contexts differ, and how many of those in formatting only.
    pub fn drifted(&self) -> (usize, usize) {
        let drifted = self.count(|one| matches!(one.state, DriftState::Drifted(_)));
        (drifted, self.count(|one| one.state.class() == Some(DifferenceClass::Formatting)))
    }

    /// How many contexts lack migrations, whatever else is found there.
    pub fn pending(&self) -> usize {
        self.count(|one| one.pending > 0)
    }

    /// How long all of it took.
    pub const fn elapsed(&self) -> Duration {
        self.elapsed
    }

    /// How many queries were sent.
    pub const fn round_trips(&self) -> u64 {
        self.round_trips
    }

    fn count(&self, is: impl Fn(&ContextDrift) -> bool) -> usize {
        self.contexts.iter().filter(|one| is(one)).count()
    }

    /// The modules that this binary does not know, or not in that version, each with the number of contexts that do.
    fn foreign(&self) -> BTreeMap<(&str, u64), usize> {
        let mut foreign = BTreeMap::new();
        for one in &self.contexts {
            let ahead = one.ahead.iter().map(|ahead| (ahead.module.as_str(), ahead.version.get()));
            let strangers = one.strangers.iter().map(|stranger| (stranger.module.as_str(), stranger.version.get()));
            for key in ahead.chain(strangers) {
                *foreign.entry(key).or_default() += 1;
            }
        }
        foreign
    }
}

impl fmt::Display for DriftReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ((drifted, formatting), unknown) = (self.drifted(), self.unknown().count());
        write!(f, "{} contexts: {} in sync, {drifted} drifted", self.contexts.len(), self.in_sync())?;
        if formatting > 0 {
            write!(f, " ({formatting} in formatting only)")?;
        }
        write!(f, ", {unknown} unknown")?;
        if self.pending() > 0 {
            write!(f, "; {} have pending migrations", self.pending())?;
        }
        write!(f, "        {:.1} s, {} round trips", self.elapsed.as_secs_f64(), self.round_trips)?;
        for (differences, contexts) in self.groups() {
            match (&contexts[..], differences.len()) {
                ([context], _) => write!(f, "\ndrifted    {context}")?,
                (several, 1) => write!(f, "\ndrifted    the same difference in {} contexts:", several.len())?,
                (several, some) => {
                    write!(f, "\ndrifted    the same {some} differences in {} contexts:", several.len())?;
                }
            }
            if contexts.len() > 1 {
                contexts.iter().take(NAMED).try_for_each(|context| write!(f, " {context}"))?;
                f.write_str(if contexts.len() > NAMED { " …" } else { "" })?;
            }
            for difference in differences {
                let formatting = if difference.class() == DifferenceClass::Formatting { "(formatting) " } else { "" };
                write!(f, "\n  {formatting}{difference}")?;
            }
        }
        self.unknown().try_for_each(|(context, why)| write!(f, "\nunknown    {context}   {why}"))?;
        for ((module, version), contexts) in self.foreign() {
            write!(f, "\nnot here   {module} V{version} is recorded in {contexts} contexts, and not in this binary")?;
        }
        Ok(())
    }
}

impl Serialize for DriftReport {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (drifted, formatting) = self.drifted();
        let groups: Vec<_> = self.groups().into_iter().map(Group).collect();
        let unknowns: Vec<_> = self.unknown().map(Unknown).collect();
        let foreign: Vec<_> = self.foreign().into_iter().map(Foreign).collect();
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("contexts", &self.contexts.len())?;
        map.serialize_entry("in_sync", &self.in_sync())?;
        map.serialize_entry("drifted", &drifted)?;
        map.serialize_entry("formatting_only", &formatting)?;
        map.serialize_entry("unknown", &unknowns.len())?;
        map.serialize_entry("pending", &self.pending())?;
        map.serialize_entry("drifts", &groups)?;
        map.serialize_entry("unknowns", &unknowns)?;
        map.serialize_entry("not_in_this_binary", &foreign)?;
        map.serialize_entry("elapsed_ms", &u64::try_from(self.elapsed.as_millis()).unwrap_or(u64::MAX))?;
        map.serialize_entry("round_trips", &self.round_trips)?;
        map.end()
    }
}

struct Group<'a>((&'a [SchemaDifference], Vec<&'a Context>));

impl Serialize for Group<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self((differences, contexts)) = self;
        let differences: Vec<_> = differences.iter().map(Classed::new).collect();
        let mut map = serializer.serialize_map(Some(2))?;
        map.serialize_entry("differences", &differences)?;
        map.serialize_entry("contexts", contexts)?;
        map.end()
    }
}

struct Unknown<'a>((&'a Context, &'a DriftUnknown));

impl Serialize for Unknown<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self((context, why)) = self;
        let mut map = serializer.serialize_map(Some(4))?;
        map.serialize_entry("namespace", context.namespace())?;
        map.serialize_entry("database", context.database())?;
        map.serialize_entry("kind", why.kind())?;
        map.serialize_entry("reason", &why.to_string())?;
        map.end()
    }
}

struct Foreign<'a>(((&'a str, u64), usize));

impl Serialize for Foreign<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self(((module, version), contexts)) = self;
        let mut map = serializer.serialize_map(Some(3))?;
        map.serialize_entry("module", module)?;
        map.serialize_entry("version", version)?;
        map.serialize_entry("contexts", contexts)?;
        map.end()
    }
}
