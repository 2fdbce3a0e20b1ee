use migrate_core::PhaseWork;

use crate::analysis::{Step, mentions};
use crate::{Diagnostics, Rule, Severity};

pub(crate) static RULE: Rule = Rule {
    code: "M433",
    name: "endless-backfill",
    severity: Severity::Error,
    summary: "The condition of a backfill stays true of the rows that it wrote",
    explanation: "A backfill is repeated until a batch is not full and made no other row match. So `set` has to make `where` false: the condition has \
                  to name one of the fields that are written, such as `where = \"email IS NONE\"` beside \
                  `set = \"email = …\"`.",
};

pub(crate) fn check(step: &Step<'_>, diagnostics: &mut Diagnostics) {
    let is_backfill = step.input.part.is_some_and(|part| part.work == PhaseWork::Backfill);
    let Some(batch) = step.batch.filter(|_| is_backfill) else { return };
    let select = step.input.source.text().get(batch.select.clone()).unwrap_or_default();
    let condition = select.split_once(" WHERE (").map_or("", |(_, condition)| condition);
    let mut given = step.lowered.writes().filter(|write| write.certain).flat_map(|write| &write.given).peekable();
    if given.peek().is_none() || given.any(|given| given.path.first().is_some_and(|field| mentions(condition, field))) {
        return;
    }
    let message = "`where` names none of the fields that `set` writes, and so stays true of the rows that were written";
    let help = "select what is left to do, such as `where = \"new_field IS NONE\"`".to_owned();
    let range = batch.select.end.saturating_sub(1)..batch.select.end;
    let range = select.find(" WHERE (").map_or(range, |at| batch.select.start + at + 8..batch.select.end);
    diagnostics.push(step.at(&RULE, range, message.to_owned(), help));
}

#[cfg(test)]
mod tests {
    use crate::phased::testing::*;

    fn backfill(condition: &str) -> Vec<String> {
        said(&format!(
            "{GOOD}[[step]]\nid = \"more\"\nphase = \"complete\"\n\
             backfill = {{ table = 'a', where = '{condition}', set = 'b = 1, c.d = 2' }}\n"
        ))
    }

    #[test]
    fn a_condition_that_no_write_makes_false_is_refused_at_its_place() {
        let said = backfill("e = 1");
        assert!(said[0].starts_with("M433 12:36 `where` names none of the fields"), "{said:?}");
    }

    #[test]
    fn one_that_names_a_written_field_is_fine() {
        assert_eq!(backfill("b IS NONE"), [""; 0]);
        assert_eq!(backfill("e = 1 AND c.d != 2"), [""; 0]);
    }
}
