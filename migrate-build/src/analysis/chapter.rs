use std::collections::BTreeSet;
use std::ops::Range;

use migrate_core::{Change, Check, CheckKind, Compatibility, Effect, Mode, Object, ObjectKind, Pace, Statement, Undo};

use super::checks::checks;
use super::deleted::Deleted;
use super::effect::{Impact, Judge, Origin};
use super::reach::Reached;
use super::schema::{Entry, Schema};
use super::step::{Ending, Step};
use super::transition::{Ground, Touch, Transition, Verdict};
use super::{Analysis, Input, undo};
use crate::definition::Definition;
use crate::operation::{Existing, Lowered, Operation};
use crate::surql::{Batch, Takes};
use crate::{Contents, Diagnostics, rules};

/// One migration while it is analysed.
pub(super) struct Chapter<'a> {
    input: &'a Input<'a>,
    schema: &'a mut Schema,
    course: Course,
    lowered: Vec<Lowered>,
    statements: Vec<Statement>,
    defined: Vec<(Range<usize>, Definition)>,
    /// The parameters that its statements have bound so far.
    bound: BTreeSet<String>,
    /// The tables of which a statement writes every row.
    rewritten: Vec<Check>,
}

/// What is known of a migration so far: a phased one is gone through step by step.
#[derive(Clone, Debug)]
pub(super) struct Course {
    /// What was there before the migration, of all that it touched.
    pub(super) origin: Origin,
    /// What stands in the way of deriving an undo.
    obstacle: Option<&'static str>,
    /// Whether all that it changes of the schema can be told.
    pub(super) is_certain: bool,
    pub(super) contents: Contents,
    /// What each step defined, with the place of the statement in the step.
    pub(super) defined: Vec<Vec<(Range<usize>, Definition)>>,
    deleted: Deleted,
}

impl Default for Course {
    fn default() -> Self {
        let (origin, defined, deleted) = (Origin::new(), Vec::new(), Deleted::default());
        Self { origin, obstacle: None, is_certain: true, contents: Contents::Definitions, defined, deleted }
    }
}

impl<'a> Chapter<'a> {
    pub(super) fn new(input: &'a Input<'a>, schema: &'a mut Schema) -> Self {
        Self::behind(input, schema, Course::default())
    }

    /// A step of a migration behind others.
    pub(super) fn behind(input: &'a Input<'a>, schema: &'a mut Schema, course: Course) -> Self {
        let text = input.source.text();
        let lowered = input.statements.iter().map(|statement| statement.lower(text)).collect();
        let (statements, defined, bound, rewritten) = (Vec::new(), Vec::new(), BTreeSet::new(), Vec::new());
        Self { input, schema, course, lowered, statements, defined, bound, rewritten }
    }

    /// Runs its statements on the schema, and the rules on each of them and on the end.
    pub(super) fn run(&mut self, diagnostics: &mut Diagnostics) {
        let mut found = Diagnostics::default();
        self.run_statements(&mut found);
        let ending = Ending { input: self.input, schema: self.schema, defined: &self.defined };
        rules::check_ending(&ending, &mut found);
        diagnostics.extend(found.in_order_of_text());
    }

    /// Runs its statements on the schema, and the rules on each of them.
    pub(super) fn run_statements(&mut self, found: &mut Diagnostics) {
        let lowered = std::mem::take(&mut self.lowered);
        for (at, (parsed, one)) in self.input.statements.iter().zip(&lowered).enumerate() {
            let text = self.input.source.text().get(parsed.range.clone()).unwrap_or_default();
            let reached = Reached::new(self.schema, one);
            let transition = Transition::of(self.schema, &reached, text);
            let one = &*reached.lowered;
            self.note(&transition.touches);
            let rest = lowered.get(at + 1..).unwrap_or_default();
            let judge = Judge { schema: self.schema, origin: &self.course.origin, rest };
            let impact = judge.statement(one, &transition);
            let batch = parsed.batch(self.input.source.text());
            let step = Step {
                input: self.input,
                range: parsed.range.clone(),
                kind: parsed.kind,
                batch: batch.as_ref(),
                lowered: one,
                judge,
                transition: &transition,
                impact: &impact,
                bound: &self.bound,
                deleted: &self.course.deleted,
            };
            rules::check_step(&step, found);
            let object = step.object().cloned();
            if let (Some(definition), Verdict::Done) = (step.definition(), transition.verdict) {
                self.defined.push((parsed.range.clone(), definition.clone()));
            }
            let range = (parsed.range.start, parsed.range.end);
            let statement = Statement::__new(range, parsed.line, parsed.kind, impact.effect, object);
            self.statements.push(statement.__with_pace(pace(&one.operation, batch.as_ref())));
            self.note_rewrites(one);
            self.course.deleted.note(one);
            self.hinder(one, &transition, &impact);
            transition.apply(self.schema);
            if let Operation::Let(name) = &one.operation {
                self.bound.insert(name.clone());
            }
        }
    }

    /// Its statements, and what is known of the migration behind them.
    pub(super) fn into_course(self) -> (Vec<Statement>, Course) {
        let Self { mut course, statements, defined, .. } = self;
        course.defined.push(defined);
        (statements, course)
    }

    /// Remembers what was there of the objects that a statement is the first to touch.
    fn note(&mut self, touches: &[Touch]) {
        for touch in touches {
            self.course.origin.entry(touch.object.clone()).or_insert_with(|| touch.before.clone());
        }
    }

    /// Notes of which tables a statement writes every row that was there before.
    fn note_rewrites(&mut self, lowered: &Lowered) {
        let judge = Judge { schema: self.schema, origin: &self.course.origin, rest: &[] };
        let writes = lowered.writes().filter(|write| write.unbounded && judge.writes_known_rows(write));
        let tables = writes.flat_map(|write| &write.tables);
        let checks = tables
            .map(|table| Check::new(Object::new(ObjectKind::Table, table.clone()), CheckKind::Rewrite, String::new()));
        let checks: Vec<_> = checks.filter(|check| !self.rewritten.contains(check)).collect();
        self.rewritten.extend(checks);
    }

    /// Notes what a statement means for an undo, and for what else is derived from definitions alone.
    fn hinder(&mut self, lowered: &Lowered, transition: &Transition, impact: &Impact) {
        self.course.contents = self.course.contents.max(contents(lowered, transition));
        let judge = Judge { schema: self.schema, origin: &self.course.origin, rest: &[] };
        for operation in lowered.operations() {
            let obstacle = match operation {
                Operation::Dynamic(_) => Some("what it changes is decided when it runs"),
                Operation::Outside { .. } => Some("it reaches outside this database"),
                Operation::Write(write) if judge.writes_known_rows(write) => Some("it writes rows"),
                _ => None,
            };
            self.course.obstacle = self.course.obstacle.or(obstacle);
            self.course.is_certain &= !matches!(operation, Operation::Dynamic(_) | Operation::Outside { .. });
        }
        self.course.is_certain &= transition.is_exact();
        let runs_code = !lowered.uses.calls.is_empty() || !lowered.uses.foreign.is_empty();
        if runs_code && impact.effect >= Effect::Data {
            self.course.obstacle = self.course.obstacle.or(Some("it calls functions that may write rows"));
        }
        if !lowered.uses.sequences.is_empty() {
            self.course.obstacle = self.course.obstacle.or(Some("it takes numbers from a sequence"));
        }
        if !transition.is_exact() {
            self.course.obstacle =
                self.course.obstacle.or(Some("what a definition of it leaves is only known when it runs"));
        }
    }

    /// How it can be undone.
    pub(super) fn undo(&self, diagnostics: &mut Diagnostics) -> Undo {
        undo::undo(self.input, self.schema, &self.course.origin, self.course.obstacle, self.effect(), diagnostics)
    }

    fn effect(&self) -> Effect {
        self.statements.iter().map(Statement::effect).max().unwrap_or(Effect::Neutral)
    }

    /// What is known of it in the end.
    pub(super) fn finish(self, undo: Undo) -> Analysis {
        let breaking = self.effect().is_breaking();
        let compatibility = if breaking { Compatibility::Breaking } else { Compatibility::Compatible };
        let uncertain = uncertain(&self.course.origin, self.schema);
        let changes = changes(&self.course.origin, self.schema);
        let mut checks = checks(&self.course.origin, self.schema);
        if self.input.mode == Mode::Transaction {
            checks.extend(self.rewritten);
        }
        let (statements, contents) = (self.statements, self.course.contents);
        Analysis { statements, changes, checks, undo, compatibility, uncertain, contents, phases: None }
    }
}

/// The objects that a migration touched of which nobody can tell how they are.
pub(super) fn uncertain(origin: &Origin, schema: &Schema) -> Vec<Object> {
    let is_uncertain = |object: &&Object| schema.get(object).is_some_and(|entry| !entry.is_exact());
    origin.keys().filter(is_uncertain).cloned().collect()
}

/// What a migration changes of the catalog, in the order of objects.
pub(super) fn changes(origin: &Origin, schema: &Schema) -> Vec<Change> {
    origin.iter().filter_map(|(object, before)| change(object, before.as_ref(), schema.get(object))).collect()
}

/// What a part of a migration changes of the catalog, of the objects that were touched so far.
pub(super) fn changes_of_part(touched: &Origin, before: &Schema, after: &Schema) -> Vec<Change> {
    touched.keys().filter_map(|object| change(object, before.get(object), after.get(object))).collect()
}

fn change(object: &Object, before: Option<&Entry>, after: Option<&Entry>) -> Option<Change> {
    let text =
        |entry: Option<&Entry>| entry.filter(|entry| entry.is_exact()).map(|entry| entry.definition.text.clone());
    let (before, after) = (text(before), text(after));
    match after {
        _ if before == after => None,
        Some(after) => Some(Change::define(object.clone(), after)),
        None => Some(Change::remove(object.clone())),
    }
}

/// How a stepwise migration executes a statement.
fn pace(operation: &Operation, batch: Option<&Batch>) -> Pace {
    let build = match operation {
        Operation::Define(define) if define.concurrently => Some(match define.existing {
            Existing::Fails | Existing::IsReplaced => Pace::Build,
            Existing::Stays => Pace::Rebuild,
        }),
        Operation::Rebuild { concurrently: true, .. } => Some(Pace::Rebuild),
        _ => None,
    };
    let offset = |at| u32::try_from(at).ok();
    let batch = batch.filter(|batch| batch.takes == Takes::Ids);
    let select = batch.and_then(|batch| Some((offset(batch.select.start)?, offset(batch.select.end)?, batch.limit)));
    match (build, select) {
        (Some(build), _) => build,
        (None, Some((start, end, limit))) => Pace::Batch { start, end, limit },
        (None, None) => Pace::Once,
    }
}

/// Whether the catalog says all that a statement does to a schema.
fn contents(lowered: &Lowered, transition: &Transition) -> Contents {
    let object = match &lowered.operation {
        Operation::Define(define) => Some(&define.definition.object),
        Operation::Alter(alter) => Some(&alter.object),
        Operation::Remove(remove) => Some(&remove.object),
        _ => None,
    };
    let is_certain = transition.is_exact() && matches!(transition.verdict, Verdict::Done | Verdict::Skipped);
    // On another module's table there may be rows, of binaries that know nothing of this one.
    let is_certain = is_certain && transition.ground == Ground::Own;
    match object.filter(|_| is_certain).map(Object::kind) {
        Some(ObjectKind::Access | ObjectKind::User) => Contents::Secrets,
        Some(_) => Contents::Definitions,
        None => Contents::More,
    }
}
