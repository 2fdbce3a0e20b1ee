use crate::analysis::Step;
use crate::definition::{Table, TableType};
use crate::write::Action;
use crate::{Diagnostics, Rule, Severity};

pub(crate) static RULE: Rule = Rule {
    code: "M216",
    name: "wrong-table",
    severity: Severity::Error,
    summary: "A record is created in a table that takes no records of that kind",
    explanation: "Only `RELATE` and `INSERT RELATION` make records of a `TYPE RELATION` table, not even `UPSERT` of an edge that \
                  exists is taken; a `TYPE NORMAL` table takes no edges; and a view is filled by the database alone.",
};

pub(crate) fn check(step: &Step<'_>, diagnostics: &mut Diagnostics) {
    for write in step.lowered.writes().filter(|write| write.action.creates_table()) {
        for name in write.tables.iter().filter(|table| !step.touches(table)) {
            let Some(table) = step.schema().certain_table(name) else { continue };
            let Some((message, help)) = wrong(name, table, write.action) else { continue };
            diagnostics.push(step.at_write(&RULE, write, name, message, help.to_owned()));
        }
    }
}

fn wrong(name: &str, table: &Table, action: Action) -> Option<(String, &'static str)> {
    let keyword = action.keyword();
    if table.view.is_some() {
        return Some((
            format!("`{name}` is a view, which `{keyword}` cannot write"),
            "write what the view selects from",
        ));
    }
    match (&table.kind, action.makes_edges()) {
        (TableType::Relation(_), false) => Some((
            format!("`{name}` is a relation, and `{keyword}` makes no edges"),
            "use `RELATE` or `INSERT RELATION`, and `UPDATE` for edges that exist",
        )),
        (TableType::Normal, true) => Some((
            format!("`{name}` is `TYPE NORMAL` and takes no edges, which `{keyword}` makes"),
            "define the table as `TYPE RELATION`",
        )),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use crate::analysis::testing::*;

    const BEFORE: &str = "DEFINE TABLE a; DEFINE TABLE likes TYPE RELATION; DEFINE TABLE plain TYPE NORMAL; \
                          DEFINE TABLE seen AS SELECT * FROM a";

    #[test]
    fn a_record_of_the_wrong_kind_is_refused() {
        for text in [
            "CREATE likes",
            "CREATE likes:1 SET in = a:1, out = a:2",
            "INSERT INTO likes { in: a:1, out: a:2 }",
            "UPSERT likes:1 SET x = 1",
            "RELATE a:1->plain->a:2",
            "INSERT RELATION INTO plain { in: a:1, out: a:2 }",
            "CREATE seen",
            "INSERT INTO seen {}",
        ] {
            assert_eq!(codes(&[BEFORE, text]), ["M216"], "{text}");
        }
        assert_eq!(
            said(&[BEFORE, "CREATE likes"], "M216"),
            [
                "`likes` is a relation, and `CREATE` makes no edges | likes | use `RELATE` or `INSERT RELATION`, and `UPDATE` for \
              edges that exist"
            ]
        );
    }

    #[test]
    fn one_of_the_right_kind_is_fine() {
        for text in [
            "CREATE a; CREATE plain; RELATE a:1->likes->a:2; INSERT RELATION INTO likes { in: a:1, out: a:2 }",
            "RELATE a:1->a->a:2; UPDATE likes:1 SET x = 1; DELETE likes:1",
            "ALTER TABLE likes TYPE ANY; CREATE likes",
        ] {
            assert_eq!(said(&[BEFORE, text], "M216"), [""; 0], "{text}");
        }
    }
}
