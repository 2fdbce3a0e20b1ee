use migrate_core::{Effect, ObjectKind};

use super::m301_restrictive;
use crate::analysis::Step;
use crate::definition::Required;
use crate::{Diagnostics, Rule, Severity};

pub(crate) static RULE: Rule = Rule {
    code: "M304",
    name: "unfilled-rows",
    severity: Severity::Warning,
    summary: "A new required field is not filled in the rows that exist",
    explanation: "A row that lacks a required field refuses every later write, whatever that write changes: \
                  `DEFAULT` fills new rows only. Fill the rows in the same migration, or use `DEFAULT ALWAYS`, \
                  `VALUE` or an optional type.",
};

pub(crate) fn check(step: &Step<'_>, diagnostics: &mut Diagnostics) {
    let Some(object) = step.object().filter(|object| object.kind() == ObjectKind::Field) else { return };
    let (Some(table), Some(definition)) = (object.table(), step.definition()) else { return };
    // As long as the change itself is refused, nothing more need be said.
    let is_judged = step.impact.effect == Effect::Restrictive && step.allows(&m301_restrictive::RULE);
    let is_new = step.schema().get(object).is_none() && !step.judge.is_on_new_table(object);
    let is_required = definition.shape.field().is_some_and(|field| field.required() != Required::Never);
    if is_judged && is_new && is_required && !step.judge.is_backfilled(table) {
        let name = object.name();
        let message = format!("rows of `{table}` that exist have no `{name}`, and refuse every write until they have");
        let help = format!("write `UPDATE {table} SET {name} = …` behind it, or use `DEFAULT ALWAYS …`");
        diagnostics.push(step.at_name(&RULE, name, message, help).with_label("never filled"));
    }
}

#[cfg(test)]
mod tests {
    use crate::analysis::testing::*;

    use migrate_core::Mode;

    fn codes(text: &str) -> Vec<&'static str> {
        codes_with(&["DEFINE TABLE user", text], Mode::Stepwise, &["M301"])
    }

    #[test]
    fn rows_that_are_left_without_the_field_are_told() {
        assert_eq!(codes("DEFINE FIELD a ON user TYPE string"), ["M301", "M304"]);
        assert_eq!(codes("DEFINE FIELD a ON user TYPE string DEFAULT 'x'"), ["M301", "M304"]);
    }

    #[test]
    fn filling_them_is_fine() {
        assert_eq!(codes("DEFINE FIELD a ON user TYPE string; UPDATE user SET a = 'x'"), ["M301"]);
        assert_eq!(codes("DEFINE FIELD a ON user TYPE string DEFAULT 'x'; UPDATE user SET a = 'x'"), ["M301"]);
        assert_eq!(codes("DEFINE FIELD a ON user TYPE string DEFAULT ALWAYS 'x'"), [""; 0]);
        assert_eq!(codes("DEFINE FIELD id ON user TYPE string"), ["M301"], "no record is without one");
    }
}
