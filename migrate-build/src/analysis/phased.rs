//! What a phased migration means: its start and its completion one behind the other, and the way back from its start.

use migrate_core::{Change, Compatibility, Mode, Phase, PhaseWork, Statement};

use super::chapter::{Chapter, Course, changes, changes_of_part, uncertain};
use super::schema::Schema;
use super::undo::{Back, back_from, leads_back, refuses};
use super::{Analysis, Ending, Input, Part, no_undo};
use crate::draft::Draft;
use crate::phased::{DERIVED, StepDraft};
use crate::rules::{self, m237_rollback_mismatch, m238_no_rollback};
use crate::surql;
use crate::{Diagnostics, Source};

/// One step of a phased migration, and what is known of it.
#[derive(Clone, Debug)]
pub(crate) struct AnalysedStep {
    pub(crate) id: String,
    pub(crate) phase: Phase,
    pub(crate) work: PhaseWork,
    pub(crate) text: String,
    pub(crate) statements: Vec<Statement>,
    pub(crate) changes: Vec<Change>,
}

/// The steps of a phased migration in the order of their phases, and why its start cannot be taken back.
#[derive(Clone, Debug)]
pub(crate) struct AnalysedPhases {
    pub(crate) steps: Vec<AnalysedStep>,
    pub(crate) irreversible: String,
}

/// How many rows a batch of a derived rollback has.
const BATCH: usize = 1000;

/// What the steps of a phased migration are parts of.
#[derive(Clone, Copy, Debug)]
pub(super) struct Whole<'a> {
    pub(super) draft: &'a Draft,
    /// Whether it, or one before it, says which modules come before it.
    pub(super) is_behind_others: bool,
}

/// Analyses a phased migration and brings the schema to where its completion leaves it.
pub(super) fn analyse_phased(
    schema: &mut Schema,
    whole: Whole<'_>,
    steps: &[StepDraft],
    diagnostics: &mut Diagnostics,
) -> Analysis {
    let of = |phase: Phase| steps.iter().filter(move |step| step.phase == phase);
    let mut story = Story { whole, course: Course::default(), analysed: Vec::new(), in_file: Vec::new() };

    // Where the start may be interrupted: before each of its steps, and behind the last.
    let mut points = vec![schema.clone()];
    for step in of(Phase::Start) {
        story.tell(schema, &[step], diagnostics);
        points.push(schema.clone());
    }
    let started = story.course.clone();
    story.end(schema, of(Phase::Start), diagnostics);
    let rollback = rollback(schema, &started, whole, &of(Phase::Rollback).collect::<Vec<_>>(), &points, diagnostics);

    let complete: Vec<_> = of(Phase::Complete).collect();
    story.tell(schema, &complete, diagnostics);
    story.end(schema, of(Phase::Complete), diagnostics);
    let Story { course, mut analysed, in_file, .. } = story;

    let completion = analysed.iter().filter(|step| step.phase == Phase::Complete);
    let is_breaking = completion.flat_map(|step| &step.statements).any(|statement| statement.effect().is_breaking());
    let irreversible = match rollback {
        Ok(back) => {
            analysed.extend(back);
            String::new()
        }
        Err(reason) => reason,
    };
    Analysis {
        statements: in_file,
        changes: changes(&course.origin, schema),
        checks: Vec::new(),
        undo: no_undo(
            "it is phased: until its completion begins, its rollback takes it back, and nothing does behind that",
        ),
        compatibility: if is_breaking { Compatibility::Breaking } else { Compatibility::Compatible },
        uncertain: uncertain(&course.origin, schema),
        contents: course.contents,
        phases: Some(AnalysedPhases { steps: analysed, irreversible }),
    }
}

/// The steps so far, told one behind the other.
struct Story<'a> {
    whole: Whole<'a>,
    course: Course,
    analysed: Vec<AnalysedStep>,
    /// The statements as they stand in the file.
    in_file: Vec<Statement>,
}

impl Story<'_> {
    fn tell(&mut self, schema: &mut Schema, steps: &[&StepDraft], diagnostics: &mut Diagnostics) {
        for step in steps {
            let (contents, before) = (self.course.contents, schema.clone());
            let statements = chapter(schema, self.whole, step, &mut self.course, diagnostics);
            if step.work != PhaseWork::Sql {
                // On a database without rows, nothing is asked of them and nothing done to them.
                self.course.contents = contents;
            }
            let in_file = |statement: &Statement| {
                let range = step.excerpt.in_file(&statement.range());
                let (line, kind, effect) = (statement.line(), statement.kind(), statement.effect());
                Statement::__new((range.start, range.end), line, kind, effect, statement.object().cloned())
            };
            self.in_file.extend(statements.iter().map(in_file));
            let changes = changes_of_part(&self.course.origin, &before, schema);
            self.analysed.push(analysed(step, statements, changes));
        }
    }

    /// Checks what can only be told at the end of a phase.
    fn end<'a>(&mut self, schema: &Schema, steps: impl Iterator<Item = &'a StepDraft>, diagnostics: &mut Diagnostics) {
        let defined = std::mem::take(&mut self.course.defined);
        for (step, defined) in steps.zip(&defined) {
            let input = input(self.whole, step);
            let mut said = Diagnostics::default();
            rules::check_ending(&Ending { input: &input, schema, defined }, &mut said);
            step.excerpt.report(said.in_order_of_text(), diagnostics);
        }
    }
}

fn input<'a>(Whole { draft, is_behind_others }: Whole<'_>, step: &'a StepDraft) -> Input<'a> {
    // What stands alone in its step is executed as a statement of a stepwise migration is.
    let is_alone = step.statements.len() == 1;
    Input {
        mode: if is_alone { Mode::Stepwise } else { Mode::Transaction },
        is_behind_others,
        allows: draft.header.allows.iter().map(|allow| allow.rule.code).collect(),
        part: Some(Part { phase: step.phase, work: step.work }),
        ..Input::new(step.excerpt.source(), &step.statements)
    }
}

/// Runs the statements of one step on the schema, and says of the file what is to be said of them.
fn chapter(
    schema: &mut Schema,
    whole: Whole<'_>,
    step: &StepDraft,
    course: &mut Course,
    diagnostics: &mut Diagnostics,
) -> Vec<Statement> {
    let input = input(whole, step);
    let mut said = Diagnostics::default();
    let mut chapter = Chapter::behind(&input, schema, std::mem::take(course));
    chapter.run_statements(&mut said);
    let (statements, next) = chapter.into_course();
    *course = next;
    step.excerpt.report(said.in_order_of_text(), diagnostics);
    statements
}

fn analysed(step: &StepDraft, statements: Vec<Statement>, changes: Vec<Change>) -> AnalysedStep {
    let text = step.excerpt.source().text().to_owned();
    AnalysedStep { id: step.id.clone(), phase: step.phase, work: step.work, text, statements, changes }
}

/// The way back from the start: the given one, which is checked, or one that is derived; or why there is none.
fn rollback(
    started: &Schema,
    course: &Course,
    whole: Whole<'_>,
    given: &[&StepDraft],
    points: &[Schema],
    diagnostics: &mut Diagnostics,
) -> Result<Vec<AnalysedStep>, String> {
    if let Some(last) = given.last() {
        let mut now = started.clone();
        let mut back = Course::default();
        let step = |step: &&StepDraft| {
            let before = now.clone();
            let statements = chapter(&mut now, whole, step, &mut back, diagnostics);
            analysed(step, statements, changes_of_part(&back.origin, &before, &now))
        };
        let steps: Vec<_> = given.iter().map(step).collect();
        let is_certain = course.is_certain && back.is_certain;
        let differences = leads_back(&now, started, &course.origin, &back.origin);
        if is_certain && !differences.is_empty() {
            diagnostics.push(m237_rollback_mismatch::diagnostic(last, &differences));
        }
        // From the very end of the start, the steps themselves were checked.
        let starts: Vec<_> = whole.draft.phase(Phase::Start).collect();
        for (at, point) in points.iter().take(starts.len()).enumerate() {
            let texts = given.iter().map(|step| step.excerpt.source().text());
            if let Some(refused) = refuses(point, texts).and_then(|refused| given.get(refused)) {
                let behind = at.checked_sub(1).and_then(|before| starts.get(before));
                diagnostics.push(m237_rollback_mismatch::interrupted(refused, behind.copied()));
                break;
            }
        }
        return Ok(steps);
    }
    if let Some(irreversible) = &whole.draft.header.irreversible {
        return Err(irreversible.reason.clone());
    }
    let back = if course.is_certain { back_from(started, &course.origin) } else { None };
    let Some(back) = back else {
        diagnostics.push(m238_no_rollback::diagnostic(&whole.draft.source));
        return Err("what its start changes is only known when it runs".to_owned());
    };
    Ok(derived(started, back))
}

/// What definitions change where there is nothing of them.
fn changes_of(text: &str) -> Vec<Change> {
    let source = Source::new("", text);
    let parsed = surql::parse(&source, &mut Diagnostics::default()).unwrap_or_default();
    let mut schema = Schema::default();
    let input = Input::new(&source, &parsed);
    let mut chapter = Chapter::behind(&input, &mut schema, Course::default());
    chapter.run_statements(&mut Diagnostics::default());
    let (_, course) = chapter.into_course();
    changes(&course.origin, &schema)
}

/// The steps of a derived rollback: what writes is stopped first, then new edges and values are cleared, and then the definitions go.
///
/// A value that is left over would be refused by a `SCHEMAFULL` table at every later write of its row, and be taken for a new
/// one by the next start.
fn derived(started: &Schema, back: Back) -> Vec<AnalysedStep> {
    let Back { emptied, events, rest, cleared } = back;
    let ground: String = emptied.iter().map(|table| table.define.as_str()).collect();
    let of_edges = emptied.iter().flat_map(|table| table.events.clone());
    let events = emptied.iter().map(|table| table.define.clone()).chain(of_edges).chain(events).collect();
    let clearing = |is_first: bool| cleared.iter().filter(move |clear| clear.is_first == is_first);
    let joined = |statements: Vec<String>| (!statements.is_empty()).then(|| (PhaseWork::Sql, statements.concat()));
    let texts = joined(events).into_iter();
    let texts = texts.chain(emptied.iter().map(|table| (PhaseWork::Backfill, table.text(BATCH))));
    let texts = texts.chain(clearing(true).map(|clear| (PhaseWork::Backfill, clear.text(BATCH))));
    let texts = texts.chain(joined(rest));
    let texts = texts.chain(clearing(false).map(|clear| (PhaseWork::Backfill, clear.text(BATCH))));
    let mut schema = started.clone();
    let step = |(number, (work, text)): (usize, (PhaseWork, String))| {
        let source = Source::new("", text);
        let mut parsed = surql::parse(&source, &mut Diagnostics::default()).unwrap_or_default();
        // It stands nowhere in the file.
        for statement in &mut parsed {
            statement.line = 1;
        }
        let input = Input { mode: Mode::Stepwise, ..Input::new(&source, &parsed) };
        let before = schema.clone();
        let mut chapter = Chapter::behind(&input, &mut schema, Course::default());
        chapter.run_statements(&mut Diagnostics::default());
        let (statements, course) = chapter.into_course();
        let mut changes = changes_of_part(&course.origin, &before, &schema);
        if number == 1 {
            // Behind a start that was interrupted before, they are there from now on.
            changes.splice(0..0, changes_of(&ground));
        }
        let (id, text) = (format!("{DERIVED}{number}"), source.text().to_owned());
        AnalysedStep { id, phase: Phase::Rollback, work, text, statements, changes }
    };
    (1..).zip(texts).map(step).collect()
}
