use std::collections::BTreeSet;

use migrate_core::{Difference, Effect, UndoSafety};

use super::Way;
use crate::analysis::Input;
use crate::analysis::deleted::Deleted;
use crate::analysis::effect::{Judge, Origin};
use crate::analysis::reach::Reached;
use crate::analysis::step::Step;
use crate::analysis::transition::Transition;
use crate::operation::Operation;
use crate::rules::{self, m409_certain_throw};
use crate::{Diagnostic, Diagnostics, Severity, Source, surql};

impl Way<'_> {
    /// Says what running a down file loses, or how the schema that it leaves differs from the one before the migration;
    /// and what of it the database would refuse.
    pub(super) fn explicit(
        &self,
        down: &Source,
        is_vague: bool,
        diagnostics: &mut Diagnostics,
    ) -> Result<UndoSafety, Vec<Difference>> {
        let mut now = self.after.clone();
        let mut effect = Effect::Neutral;
        let mut exact = true;
        let mut touched: BTreeSet<_> = self.origin.keys().cloned().collect();
        let (mut bound, mut deleted) = (BTreeSet::new(), Deleted::default());
        let mut found = Diagnostics::default();
        let origin = Origin::new();
        let statements = surql::parse(down, &mut Diagnostics::default()).unwrap_or_default();
        let input = Input::new(down, &statements);
        for parsed in &statements {
            let lowered = parsed.lower(down.text());
            let text = down.text().get(parsed.range.clone()).unwrap_or_default();
            let reached = Reached::new(&now, &lowered);
            let transition = Transition::of(&now, &reached, text);
            let lowered = &*reached.lowered;
            let judge = Judge { schema: &now, origin: &origin, rest: &[] };
            let impact = judge.statement(lowered, &transition);
            let range = parsed.range.clone();
            let batch = parsed.batch(down.text());
            let step = Step {
                input: &input,
                range,
                kind: parsed.kind,
                batch: batch.as_ref(),
                lowered,
                judge,
                transition: &transition,
                impact: &impact,
                bound: &bound,
                deleted: &deleted,
            };
            rules::check_step(&step, &mut found);
            deleted.note(lowered);
            effect = effect.max(impact.effect);
            exact &= transition.is_exact();
            touched.extend(transition.touches.iter().map(|touch| touch.object.clone()));
            if let Operation::Let(name) = &lowered.operation {
                bound.insert(name.clone());
            }
            transition.apply(&mut now);
        }
        diagnostics.extend(found.in_order_of_text().into_iter().filter(is_refusal));
        let differences = now.differences(&self.before, &touched);
        if exact && !is_vague && !differences.is_empty() {
            return Err(differences);
        }
        Ok(match effect {
            _ if !exact => UndoSafety::Unsafe,
            Effect::Destructive(_) => UndoSafety::DataLoss,
            _ => UndoSafety::Safe,
        })
    }
}

/// Whether it is said of a statement that it cannot run. What going back costs is told by its safety.
fn is_refusal(diagnostic: &Diagnostic) -> bool {
    let code = diagnostic.rule().code;
    diagnostic.severity() == Severity::Error && (code.starts_with("M2") || code == m409_certain_throw::RULE.code)
}
