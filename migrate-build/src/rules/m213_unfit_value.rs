use crate::analysis::{Fields, Place, Placed, Step};
use crate::definition::{Constant, DefaultValue, Field};
use crate::write::Write;
use crate::{Diagnostics, Rule, Severity};

pub(crate) static RULE: Rule = Rule {
    code: "M213",
    name: "unfit-value",
    severity: Severity::Error,
    summary: "A statement writes a value that the field's type refuses",
    explanation: "The database refuses the row, and with it the migration. It turns numbers into one another where they \
                  are the same, and nothing else: a string is no datetime, no link and no number. Write `d'…'`, `r'…'` or \
                  `u'…'`, or cast it: `<datetime> '…'`.",
};

pub(crate) fn check(step: &Step<'_>, diagnostics: &mut Diagnostics) {
    for write in step.lowered.writes() {
        for table in write.tables.iter().filter(|table| !step.touches(table)) {
            let Some(known) = step.schema().certain_table(table) else { continue };
            // What is thrown away is not looked at, and into a view nothing can be written.
            if known.drops || known.view.is_some() {
                continue;
            }
            let fields = Fields::of(step.schema(), table);
            for placed in write.given.iter().flat_map(|given| fields.placed(given)) {
                tell(step, write, table, &placed, diagnostics);
            }
        }
    }
}

fn tell(step: &Step<'_>, write: &Write, table: &str, placed: &Placed<'_, '_>, diagnostics: &mut Diagnostics) {
    let Place::Defined(field) = placed.place else { return };
    let is_end = matches!(&placed.path[..], [name] if name == "in" || name == "out");
    if (is_end && write.action.makes_edges()) || !refuses(field, placed.value) {
        return;
    }
    let path = placed.path.join(".");
    let message =
        format!("the field `{path}` of `{table}` is `{}`, and {} is not", field.value_type, what(placed.value));
    let help = match placed.value {
        Constant::Plain("string", _) => "write a value of that type, or cast it: `<type> '…'`",
        _ => "write a value of that type, or change the type first",
    };
    let name = placed.path.last().map_or("", String::as_str);
    diagnostics.push(step.at_write(&RULE, write, name, message, help.to_owned()));
}

fn refuses(field: &Field, value: &Constant) -> bool {
    let is_filled = field.value.is_some() || field.default != DefaultValue::None;
    let is_replaced = field.computed.is_some() || (*value == Constant::None && is_filled);
    !is_replaced && field.value_type.refuses(value)
}

/// How a value is spoken of.
fn what(value: &Constant) -> String {
    match value {
        Constant::Unknown | Constant::None => "`NONE`".to_owned(),
        Constant::Plain(_, text) => format!("`{text}`"),
        Constant::Link(table) => format!("a record of `{table}`"),
        Constant::Array(_) => "this array".to_owned(),
        Constant::Object(_) => "this object".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use crate::analysis::testing::*;

    const BEFORE: &str = "
        DEFINE TABLE t; DEFINE FIELD n ON t TYPE option<int>; DEFINE FIELD s ON t TYPE string DEFAULT 'x';
        DEFINE FIELD at ON t TYPE option<datetime>; DEFINE FIELD link ON t TYPE option<record<t>>;
        DEFINE FIELD tags ON t TYPE option<array<string>>; DEFINE FIELD kind ON t TYPE 'a' | 'b' DEFAULT 'a';
        DEFINE FIELD o ON t TYPE option<object>; DEFINE FIELD o.x ON t TYPE option<int>;
        DEFINE FIELD sum ON t COMPUTED 1 TYPE int; DEFINE FIELD must ON t TYPE int DEFAULT 1";

    #[test]
    fn a_value_of_another_type_is_refused() {
        for text in [
            "CREATE t SET n = 'one'",
            "CREATE t SET n = 1.5",
            "CREATE t SET n = -1.5",
            "CREATE t SET s = 1",
            "CREATE t SET at = '2024-01-01T00:00:00Z'",
            "CREATE t SET link = 't:1'",
            "CREATE t SET link = other:1",
            "CREATE t SET tags = 'a'",
            "CREATE t SET tags = ['a', 1]",
            "CREATE t CONTENT { kind: 'c' }",
            "CREATE t SET o = { x: 'a' }",
            "UPDATE t:1 MERGE { o: { x: 'a' } }",
            "INSERT INTO t (n, s) VALUES (1, 'a'), ('b', 'c')",
            "UPSERT t:1 SET n = true",
            "UPDATE t:1 SET n = NULL",
            "FOR $i IN 0..3 { CREATE t SET n = 'one' }",
        ] {
            assert_eq!(codes(&[BEFORE, text]), ["M213"], "{text}");
        }
        assert_eq!(
            said(&[BEFORE, "CREATE t SET at = 'now'"], "M213"),
            [
                "the field `at` of `t` is `none | datetime`, and `'now'` is not | at | write a value of that type, or cast it: \
              `<type> '…'`"
            ]
        );
    }

    #[test]
    fn what_fits_or_is_only_known_later_is_fine() {
        for text in [
            "DEFINE FIELD id ON t TYPE string; INSERT INTO t { id: t:abc }; CREATE t SET id = 'abc'",
            "CREATE t SET n = 1, s = 'a', at = d'2024-01-01T00:00:00Z', link = t:1, tags = ['a'], kind = 'b', o = { x: 1 }",
            "CREATE t SET n = 2.0, at = time::now(), link = <record> 't:1', tags = [], kind = NONE, sum = 'x'",
            "CREATE t SET n = NONE, must = NONE, o = {}, other = 'x'",
            "CREATE t SET n = 'one', n = 1",
            "LET $x = 1; CREATE t SET n = $x, s = { RETURN 'a' }, tags = [$x]",
            "UPDATE t:1 SET tags += 1",
            "UPDATE t:1 SET n += 1",
            "DEFINE FIELD OVERWRITE n ON t TYPE string; CREATE t SET n = 'one'",
            "ALTER TABLE t DROP COMMENT; REMOVE FIELD n ON t; CREATE t SET n = 'one'",
        ] {
            assert_eq!(said(&[BEFORE, text], "M213"), [""; 0], "{text}");
        }
    }
}
