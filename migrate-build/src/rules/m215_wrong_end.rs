use crate::analysis::{Fields, Place, Step};
use crate::definition::Constant;
use crate::{Diagnostics, Rule, Severity};

pub(crate) static RULE: Rule = Rule {
    code: "M215",
    name: "wrong-end",
    severity: Severity::Error,
    summary: "An edge begins or ends in a table that its relation does not join",
    explanation: "`TYPE RELATION IN a OUT b` gives the fields `in` and `out` of an edge the types `record<a>` and `record<b>`. \
                  The database refuses every other edge, and with it the migration. The ends may be the wrong way round.",
};

pub(crate) fn check(step: &Step<'_>, diagnostics: &mut Diagnostics) {
    for write in step.lowered.writes().filter(|write| write.action.makes_edges()) {
        for table in write.tables.iter().filter(|table| !step.touches(table)) {
            if step.schema().certain_table(table).is_none() {
                continue;
            }
            let fields = Fields::of(step.schema(), table);
            let ends = write.given.iter().filter(|given| given.path == ["in"] || given.path == ["out"]);
            for placed in ends.flat_map(|given| fields.placed(given)) {
                let (Place::Defined(field), Constant::Link(end)) = (placed.place, placed.value) else { continue };
                if !field.value_type.refuses(placed.value) {
                    continue;
                }
                let name = placed.path.concat();
                let message =
                    format!("the `{name}` of `{table}` is `{}`, and a record of `{end}` is not", field.value_type);
                let help = "turn the edge round, or widen the relation first: `ALTER TABLE … TYPE RELATION IN … OUT …`";
                diagnostics.push(step.at_write(&RULE, write, end, message, help.to_owned()));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::analysis::testing::*;

    const BEFORE: &str = "DEFINE TABLE a; DEFINE TABLE b; DEFINE TABLE c; DEFINE TABLE likes TYPE RELATION IN a OUT b | c; \
                          DEFINE TABLE any TYPE RELATION; DEFINE TABLE plain";

    #[test]
    fn an_edge_between_other_tables_is_refused() {
        for (text, count) in [
            ("RELATE b:1->likes->b:1", 1),
            ("RELATE b:1->likes->a:1", 2),
            ("RELATE a:1->likes->[b:1, a:1]", 1),
            ("INSERT RELATION INTO likes { in: b:1, out: b:1 }", 1),
            ("INSERT RELATION INTO likes [{ in: a:1, out: b:1 }, { in: a:1, out: a:2 }]", 1),
            ("LET $e = (RELATE ONLY a:1->likes->a:1)", 1),
        ] {
            assert_eq!(codes(&[BEFORE, text]), vec!["M215"; count], "{text}");
        }
        assert_eq!(
            said(&[BEFORE, "RELATE b:1->likes->b:1"], "M215"),
            [
                "the `in` of `likes` is `record<a>`, and a record of `b` is not | b | turn the edge round, or widen the relation first: \
              `ALTER TABLE … TYPE RELATION IN … OUT …`"
            ]
        );
    }

    #[test]
    fn an_edge_that_fits_or_whose_ends_are_only_known_later_is_fine() {
        for text in [
            "RELATE a:1->likes->b:1; RELATE [a:1, a:2]->likes->c:1; RELATE b:1->any->a:1; RELATE b:1->plain->a:1",
            "LET $x = b:1; RELATE $x->likes->$x; RELATE (SELECT * FROM b)->likes->(SELECT * FROM a)",
            "DEFINE FIELD OVERWRITE in ON likes TYPE record<a | b>; RELATE b:1->likes->b:1",
            "ALTER TABLE likes TYPE RELATION IN b OUT b; RELATE b:1->likes->b:1",
        ] {
            assert_eq!(said(&[BEFORE, text], "M215"), [""; 0], "{text}");
        }
    }
}
