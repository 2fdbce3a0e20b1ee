//! What a chain of migrations means: the schema at every version, what each statement does to it, and how to go back.

mod caret;
mod chapter;
mod checks;
mod deleted;
mod draft;
mod effect;
mod fields;
mod fresh;
mod phased;
mod reach;
mod refusal;
mod route;
mod rows;
mod schema;
mod step;
mod transition;
mod undo;

#[cfg(test)]
pub(crate) mod testing;

use std::borrow::Cow;

use migrate_core::{
    Catalog, Change, Check, Compatibility, Mode, Object, Phase, PhaseWork, Statement, Undo, UndoSafety, Version,
};

use self::chapter::Chapter;
use self::fresh::Prefix;
use crate::draft::{Body, Draft};
use crate::surql::{self, ParsedStatement};
use crate::{Contents, Diagnostics, Source};

pub(crate) use self::caret::{locate, locate_param, locate_text, mentions};
pub(crate) use self::fields::{Fields, Place, Placed};
pub(crate) use self::fresh::Script as FreshScript;
pub(crate) use self::phased::{AnalysedPhases, AnalysedStep};
pub(crate) use self::refusal::{Refusal, unknown_column};
pub(crate) use self::route::{
    analyse_text, between, define, differ, has_other_secret, run, run_all, without_other_secrets,
};
pub(crate) use self::schema::{Entry, Presence, Schema};
pub(crate) use self::step::{Ending, Step, did_you_mean};
pub(crate) use self::transition::Verdict;
pub(crate) use self::undo::depth;

/// What the analysis of a whole chain found out about one of its migrations.
#[derive(Clone, Debug)]
pub(crate) struct Analysis {
    pub(crate) statements: Vec<Statement>,
    pub(crate) changes: Vec<Change>,
    pub(crate) checks: Vec<Check>,
    pub(crate) undo: Undo,
    pub(crate) compatibility: Compatibility,
    /// The objects it touches of which nobody can tell whether they exist or how they are defined.
    pub(crate) uncertain: Vec<Object>,
    pub(crate) contents: Contents,
    /// Its phases, where it is a phased one.
    pub(crate) phases: Option<AnalysedPhases>,
}

/// What of other modules comes between the migrations of one.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Neighbours {
    /// The first version that says, or behind which is said, which modules come before it: they may define what it names.
    pub(crate) since: Option<Version>,
    /// The first version of which the text is another module's now.
    pub(crate) gone: Option<Version>,
}

/// One migration, or one step of a phased one, as the analysis wants it.
#[derive(Clone, Debug)]
pub(crate) struct Input<'a> {
    pub(crate) source: &'a Source,
    pub(crate) statements: &'a [ParsedStatement],
    pub(crate) mode: Mode,
    /// The text of its down file.
    pub(crate) down: Option<&'a Source>,
    /// Why it cannot be undone, where it says so.
    pub(crate) irreversible: Option<&'a str>,
    /// Whether it, or one before it, says which modules come before it.
    pub(crate) is_behind_others: bool,
    /// The codes of the rules that it may break.
    pub(crate) allows: Vec<&'static str>,
    /// What it is a part of, where it is a step.
    pub(crate) part: Option<Part>,
}

/// Which part of a phased migration a step is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Part {
    pub(crate) phase: Phase,
    pub(crate) work: PhaseWork,
}

/// Analyses a chain, of which every migration was parsed; gives as many results as there are migrations.
///
/// `neighbours` says what of other modules comes between. `None` when one of the migrations was not parsed: nothing can be said about those behind it.
pub(crate) fn analyse(
    chain: &[Draft],
    neighbours: Neighbours,
    diagnostics: &mut Diagnostics,
) -> Option<(Vec<Analysis>, Option<FreshScript>)> {
    let mut schema = Schema::new(neighbours.since.is_some());
    let mut prefix = Prefix::new(schema.clone());
    let mut analyses = Vec::with_capacity(chain.len());
    for draft in chain {
        let is_behind_others = neighbours.since.is_some_and(|since| since <= draft.slot.version);
        let one = match draft.body.as_ref()? {
            Body::Phased(steps) => {
                let whole = phased::Whole { draft, is_behind_others };
                phased::analyse_phased(&mut schema, whole, steps, diagnostics)
            }
            Body::Statements(statements) => {
                let input = Input {
                    mode: draft.header.mode(),
                    down: draft.down.as_ref(),
                    irreversible: draft.header.irreversible.as_ref().map(|irreversible| irreversible.reason.as_str()),
                    is_behind_others,
                    allows: draft.header.allows.iter().map(|allow| allow.rule.code).collect(),
                    ..Input::new(&draft.source, statements)
                };
                analyse_one(&mut schema, &input, diagnostics)
            }
        };
        if neighbours.gone.is_some_and(|gone| gone < draft.slot.version) {
            prefix.close();
        }
        prefix.extend(&one, &schema);
        analyses.push(one);
    }
    Some((analyses, prefix.script()))
}

/// Analyses one migration and brings the schema to where it leaves it.
pub(crate) fn analyse_one(schema: &mut Schema, input: &Input<'_>, diagnostics: &mut Diagnostics) -> Analysis {
    let mut chapter = Chapter::new(input, schema);
    chapter.run(diagnostics);
    let undo = chapter.undo(diagnostics);
    chapter.finish(undo)
}

/// What the analysis says of one of a chain of texts.
#[doc(hidden)]
#[derive(Debug)]
pub struct Analysed {
    pub catalog: Catalog,
    pub uncertain: Vec<Object>,
    pub statements: Vec<Statement>,
    pub changes: Vec<Change>,
    pub checks: Vec<Check>,
    pub undo: Undo,
    pub compatibility: Compatibility,
    pub contents: Contents,
    /// How many of the first texts a script stands for that leaves out what they superseded, and its statements.
    pub fresh: Option<(usize, Vec<String>)>,
    pub diagnostics: Diagnostics,
}

/// Analyses a chain of texts, each a migration of its own; stops at one that does not parse.
pub(crate) fn analyse_texts(texts: &[&str]) -> Vec<Analysed> {
    let mut schema = Schema::default();
    let mut prefix = Prefix::new(schema.clone());
    let mut analysed = Vec::with_capacity(texts.len());
    for (at, text) in texts.iter().enumerate() {
        let mut diagnostics = Diagnostics::default();
        let source = Source::new(format!("V{}__test.surql", at + 1), *text);
        let Some(statements) = surql::parse(&source, &mut diagnostics) else { break };
        let input = Input::new(&source, &statements);
        let analysis = analyse_one(&mut schema, &input, &mut diagnostics);
        prefix.extend(&analysis, &schema);
        let Analysis { statements, changes, checks, undo, compatibility, uncertain, contents, .. } = analysis;
        analysed.push(Analysed {
            catalog: schema.catalog(),
            uncertain,
            statements,
            changes,
            checks,
            undo,
            compatibility,
            contents,
            fresh: prefix.script().map(|script| (script.migrations, script.statements)),
            diagnostics,
        });
    }
    analysed
}

impl<'a> Input<'a> {
    /// A migration without directives and without a down file.
    fn new(source: &'a Source, statements: &'a [ParsedStatement]) -> Self {
        let (down, irreversible, allows, part) = (None, None, Vec::new(), None);
        let (mode, is_behind_others) = (Mode::Transaction, false);
        Self { source, statements, mode, down, irreversible, is_behind_others, allows, part }
    }
}

/// An undo that cannot be.
fn no_undo(reason: impl Into<Cow<'static, str>>) -> Undo {
    Undo::None { reason: reason.into() }
}

/// The worse of two.
fn worse(one: UndoSafety, other: UndoSafety) -> UndoSafety {
    one.max(other)
}
