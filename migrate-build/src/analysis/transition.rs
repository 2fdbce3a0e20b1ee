use migrate_core::{Object, ObjectKind};

use super::draft::Draft;
use super::reach::Reached;
use super::refusal::Refusal;
use super::schema::{Entry, Schema};
use crate::operation::{Lowered, Operation, Reach};

/// What one statement does to the schema, as the database does it.
#[derive(Clone, Debug)]
pub(crate) struct Transition {
    /// What it touches, in order; the later of two touches of one object holds.
    pub(crate) touches: Vec<Touch>,
    pub(crate) verdict: Verdict,
    /// A kind of which objects were made or taken away that nobody can name.
    pub(super) vague: Vec<ObjectKind>,
    pub(super) ground: Ground,
}

/// What a definition stands on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ground {
    /// The database, or a table of which this module knows.
    Own,
    /// A table of which it knows nothing, and which another module defines: there may be rows in it from the very first.
    OfAnotherModule,
}

/// One object before and after a statement.
#[derive(Clone, Debug)]
pub(crate) struct Touch {
    pub(crate) object: Object,
    pub(crate) before: Option<Entry>,
    pub(crate) after: Option<Entry>,
}

/// How a statement ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It does what it says.
    Done,
    /// `IF NOT EXISTS` of what exists, `IF EXISTS` of what does not: nothing happens.
    Skipped,
    /// The object exists.
    Exists,
    /// The object does not exist.
    Missing,
    /// The database refuses it, for a reason that lies in other definitions.
    Refused(Refusal),
    /// That depends on what is there when it runs.
    Unclear,
}

impl Transition {
    /// Finds what a statement does to a schema. `text` is the statement's own text.
    pub(super) fn of(schema: &Schema, reached: &Reached<'_>, text: &str) -> Self {
        let lowered = &*reached.lowered;
        let mut draft = Draft {
            schema,
            transition: Self { touches: Vec::new(), verdict: Verdict::Done, vague: Vec::new(), ground: Ground::Own },
        };
        draft.transition.verdict = match &lowered.operation {
            Operation::Define(define) => draft.define(define, text),
            Operation::Alter(alter) => draft.alter(alter, text),
            Operation::Remove(remove) => draft.remove(remove),
            Operation::Rebuild { index, if_exists, .. } => draft.rebuild(index, *if_exists),
            other => draft.other(other),
        };
        for nested in &lowered.nested {
            draft.other(nested);
        }
        draft.reach(&reached.reach);
        draft.transition
    }

    /// Brings a schema to where the statement leaves it.
    pub(crate) fn apply(&self, schema: &mut Schema) {
        for touch in &self.touches {
            schema.set(touch.object.clone(), touch.after.clone());
        }
        self.vague.iter().for_each(|&kind| schema.set_vague(kind));
    }

    /// The kind of what it changes or removes, and how far it goes, where only another module can know that.
    pub(super) fn foreign(&self, lowered: &Lowered) -> Option<(ObjectKind, Reach)> {
        match &lowered.operation {
            _ if self.ground == Ground::Own || self.verdict != Verdict::Unclear => None,
            Operation::Remove(remove) => Some((remove.object.kind(), Reach::Removes)),
            Operation::Alter(alter) => Some((alter.object.kind(), Reach::Changes)),
            _ => None,
        }
    }

    /// Whether what it does can be told in full.
    pub(crate) fn is_exact(&self) -> bool {
        let is_told = self.verdict != Verdict::Unclear || self.ground == Ground::Own;
        is_told
            && self.vague.is_empty()
            && self.touches.iter().all(|touch| touch.after.as_ref().is_none_or(Entry::is_exact))
    }
}
