use crate::analysis::{Fields, Place, Placed, Step, did_you_mean};
use crate::definition::Constant;
use crate::suggest::closest;
use crate::write::Write;
use crate::{Diagnostics, Rule, Severity};

pub(crate) static RULE: Rule = Rule {
    code: "M212",
    name: "unknown-field",
    severity: Severity::Error,
    summary: "A statement writes a field that a `SCHEMAFULL` table does not have",
    explanation: "The database refuses the row, and with it the migration. The name may be misspelt, or the field is defined \
                  by a statement behind this one. Where the value may turn out to be `NONE`, which is not stored, this is \
                  a warning.",
};

pub(crate) fn check(step: &Step<'_>, diagnostics: &mut Diagnostics) {
    for write in step.lowered.writes() {
        for table in write.tables.iter().filter(|table| !step.touches(table)) {
            let fields = Fields::of(step.schema(), table);
            for placed in write.given.iter().flat_map(|given| fields.placed(given)) {
                if matches!(placed.place, Place::Unknown) {
                    tell(step, write, table, &placed, diagnostics);
                }
            }
        }
    }
}

fn tell(step: &Step<'_>, write: &Write, table: &str, placed: &Placed<'_, '_>, diagnostics: &mut Diagnostics) {
    let severity = match placed.value {
        Constant::None => return,
        Constant::Unknown => Severity::Warning,
        _ => Severity::Error,
    };
    let Some((name, around)) = placed.path.split_last() else { return };
    let path = placed.path.join(".");
    let beside = step.schema().fields(table).filter_map(|(_, field)| match field.path.split_last() {
        Some((name, other)) if other == around => Some(name.as_str()),
        _ => None,
    });
    let nearest = closest(name, &beside.collect::<Vec<_>>());
    let nearest = nearest.map(|name| [around, &[name.to_owned()]].concat().join("."));
    let help = did_you_mean(nearest, || format!("define it first: `DEFINE FIELD {path} ON {table} …`"));
    let message = format!("`{table}` is `SCHEMAFULL` and has no field `{path}`");
    let diagnostic = step.at_write(&RULE, write, name, message, help).with_label("not defined");
    diagnostics.push(diagnostic.with_severity(severity));
}

#[cfg(test)]
mod tests {
    use crate::analysis::testing::*;
    use crate::{Diagnostic, Severity};

    const BEFORE: &str = "
        DEFINE TABLE user SCHEMAFULL; DEFINE FIELD name ON user TYPE string; DEFINE FIELD tags ON user TYPE option<array<string>>;
        DEFINE FIELD place ON user TYPE option<object>; DEFINE FIELD place.city ON user TYPE option<string>;
        DEFINE FIELD extra ON user TYPE option<object> FLEXIBLE; DEFINE FIELD thing ON user TYPE any;
        DEFINE FIELD deep.inner ON user TYPE option<int>; DEFINE FIELD form ON user TYPE option<{ a: int }>;
        DEFINE FIELD map ON user TYPE option<object>; DEFINE FIELD map.* ON user TYPE int;
        DEFINE FIELD list ON user TYPE option<array<object>>; DEFINE FIELD link ON user TYPE option<record<user>>;
        DEFINE TABLE loose; DEFINE FIELD a ON loose";

    #[test]
    fn a_field_that_the_table_does_not_have_is_refused() {
        for text in [
            "CREATE user SET name = 'a', nmae = 'b'",
            "CREATE user CONTENT { name: 'a', nmae: 'b' }",
            "INSERT INTO user { name: 'a', nmae: 'b' }",
            "INSERT INTO user [{ name: 'a' }, { name: 'a', nmae: 'b' }]",
            "INSERT INTO user (name, nmae) VALUES ('a', 'b')",
            "UPDATE user:1 SET nmae = 'b'",
            "UPDATE user:1 MERGE { nmae: 'b' }",
            "UPDATE user:1 REPLACE { name: 'a', nmae: 'b' }",
            "UPSERT user:1 SET name = 'a', nmae = 'b'",
            "CREATE user SET name = 'a', place = { city: 'a', zip: 1 }",
            "CREATE user SET name = 'a', place.zip = 1",
            "UPDATE user:1 MERGE { place: { zip: 1 } }",
            "LET $new = (CREATE user SET name = 'a', nmae = 'b')",
            "IF true { CREATE user SET name = 'a', nmae = 'b' }",
        ] {
            assert_eq!(codes(&[BEFORE, text]), ["M212"], "{text}");
        }
        assert_eq!(
            said(&[BEFORE, "CREATE user SET name = 'a', nam = 'b'"], "M212"),
            ["`user` is `SCHEMAFULL` and has no field `nam` | nam | did you mean `name`?"]
        );
        assert_eq!(
            said(&[BEFORE, "CREATE user SET name = 'a', place.zip = 1"], "M212"),
            [
                "`user` is `SCHEMAFULL` and has no field `place.zip` | zip | define it first: `DEFINE FIELD place.zip ON user …`"
            ]
        );
    }

    #[test]
    fn what_may_turn_out_to_be_none_is_a_warning() {
        let severity = |text| last(&[BEFORE, text]).diagnostics.iter().map(Diagnostic::severity).max();
        assert_eq!(severity("CREATE user SET name = 'a', nmae = rand::int()"), Some(Severity::Warning));
        assert_eq!(severity("CREATE user SET name = 'a', nmae = 1"), Some(Severity::Error));
    }

    #[test]
    fn what_the_database_takes_is_fine() {
        for text in [
            "CREATE user:1 SET name = 'a', tags = ['b'], tags[0] = 'c', place = { city: 'd' }, place.city = 'e'",
            "CREATE user SET name = 'a', extra = { b: { c: 1 } }, extra.d = 1, thing.e.f = 1, thing = { g: 1 }",
            "CREATE user SET name = 'a', deep = { other: 1 }, deep.more = 1, deep.inner = 1, form = { a: 1 }, form.a = 1",
            "CREATE user SET name = 'a', map = { x: 1 }, map.y = 2, list = [{ n: 1 }], link = user:1",
            "CREATE user CONTENT { id: 1, name: 'a', nmae: NONE }",
            "UPDATE user:1 SET nmae = NONE",
            "UPDATE user:1 UNSET nmae",
            "UPDATE user:1 PATCH [{ op: 'add', path: '/x', value: 1 }]",
            "CREATE loose SET a = 1, b = 2",
            "LET $row = { name: 'a' }; CREATE user CONTENT $row",
            "DEFINE FIELD more ON user; CREATE user SET name = 'a', more = 1",
            "ALTER TABLE user SCHEMALESS; CREATE user SET name = 'a', more = 1",
        ] {
            assert_eq!(said(&[BEFORE, text], "M212"), [""; 0], "{text}");
        }
        let dynamic = "IF true { DEFINE FIELD more ON user; CREATE user SET name = 'a', more = 1 }";
        assert_eq!(said(&[BEFORE, dynamic], "M212"), [""; 0]);
        let vague = "LET $f = 'more'; DEFINE FIELD $f ON user; CREATE user SET name = 'a', more = 1";
        assert_eq!(said(&[BEFORE, vague], "M212"), [""; 0]);
    }
}
