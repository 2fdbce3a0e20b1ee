use migrate_core::{Object, ObjectKind};

use crate::analysis::{Presence, Step, Verdict};
use crate::operation::Existing;
use crate::{Diagnostics, Rule, Severity};

pub(crate) static RULE: Rule = Rule {
    code: "M234",
    name: "foreign-object",
    severity: Severity::Warning,
    summary: "A module changes an object that another module defines",
    explanation: "A module that says `requires` shares its database with others. A field, an index or an event of its own \
                  may stand on another module's table, behind a requirement that names the version which defines the \
                  table: that whoever defines it is required is checked when the modules come together. What it alters, replaces or removes \
                  without having defined it is theirs, and their next version may change it as well; what \
                  `drift` and `baseline` expect is what they define. Let the module that defines an object change it, or allow \
                  this with a reason.",
};

pub(crate) fn check(step: &Step<'_>, diagnostics: &mut Diagnostics) {
    let Some(object) = step.object().filter(|_| step.schema().is_shared()) else { return };
    let is_absent = |object: &Object| matches!(step.schema().presence(object), Presence::Absent);
    let table = object.table().map(|table| Object::new(ObjectKind::Table, table.to_owned()));
    // What this module defined is its own, wherever it stands. What it lacks, without `IF EXISTS`, is M202's to tell.
    if step.transition.verdict == Verdict::Missing
        || !is_absent(object)
        || table.as_ref().is_some_and(|table| !is_absent(table))
    {
        return;
    }
    let own = "let the module that defines it change it, or write `-- migrate: allow(M234) reason`";
    let (changed, help) = match (step.define(), table) {
        // Defining something of one's own changes nothing of others.
        (Some(_), None) => return,
        (Some(_), Some(table)) if !step.input.is_behind_others => {
            let help = "say which module and version defines the table, by `requires = { … }` in migrations.toml or by \
                        `-- migrate: requires MODULE VERSION`";
            (table, help)
        }
        // Of another module nothing is known here: an object that is there already keeps its definition, or the statement
        // fails.
        (Some(define), Some(_)) if define.existing != Existing::IsReplaced => return,
        (Some(_), Some(_)) => (object.clone(), "leave out `OVERWRITE`, so that nothing of another module is replaced"),
        (None, Some(table)) => (table, own),
        (None, None) => (object.clone(), own),
    };
    let message = format!("this changes {changed}, which this module does not define");
    diagnostics.push(step.at_name(&RULE, changed.name(), message, help.to_owned()).with_label("of another module"));
}

#[cfg(test)]
mod tests {
    use std::fs;

    use crate::{Folder, Options, load};

    fn codes(manifest: &str, text: &str) -> Vec<&'static str> {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("migrations.toml"), manifest).unwrap();
        fs::write(dir.path().join("V1__a.surql"), "DEFINE TABLE invoice; DEFINE PARAM $tax VALUE 1;").unwrap();
        fs::write(dir.path().join("V2__b.surql"), text).unwrap();
        let found = load(&Folder::new(dir.path()), &Options::new("app"));
        let found = found.map_or_else(|error| error.into_parts().0, |loaded| loaded.warnings);
        found.iter().map(|diagnostic| diagnostic.rule().code).filter(|code| *code == "M234").collect()
    }

    const SHARED: &str = "requires = { auth = 1 }\n";

    #[test]
    fn what_another_module_defines_is_not_changed_in_silence() {
        for text in [
            "DEFINE FIELD OVERWRITE plan ON user TYPE option<string>;",
            "REMOVE TABLE IF EXISTS user;",
            "REMOVE FIELD IF EXISTS name ON user;",
            "ALTER TABLE IF EXISTS user SCHEMAFULL;",
            "REMOVE FUNCTION IF EXISTS fn::sign_in;",
        ] {
            assert_eq!(codes(SHARED, text), ["M234"], "{text}");
        }
    }

    #[test]
    fn what_is_its_own_or_only_used_is_not_spoken_of() {
        for text in [
            "DEFINE FIELD owner ON invoice TYPE option<record<user>>;",
            "DEFINE TABLE payment; DEFINE FIELD by ON payment TYPE record<user>;",
            "REMOVE PARAM $tax;",
            "DEFINE FIELD plan ON user TYPE option<string>;",
            "DEFINE INDEX IF NOT EXISTS plan ON user FIELDS plan; REMOVE INDEX plan ON user;",
            "DEFINE EVENT told ON user WHEN true THEN (CREATE invoice);",
            "DEFINE FIELD plan ON user TYPE option<string>; DEFINE FIELD OVERWRITE plan ON user TYPE option<int>;",
            "CREATE invoice SET owner = user:1;",
        ] {
            assert_eq!(codes(SHARED, text), [""; 0], "{text}");
        }
        assert_eq!(codes("", "DEFINE FIELD plan ON user TYPE option<string>;"), [""; 0], "there is no other module");
    }

    #[test]
    fn a_requirement_has_to_come_before_what_builds_on_it() {
        let dir = tempfile::tempdir().unwrap();
        let put = |file: &str, text: &str| fs::write(dir.path().join(file), text).unwrap();
        let warned = || {
            let loaded = load(&Folder::new(dir.path()), &Options::new("app")).unwrap();
            let about = loaded.warnings.iter().filter(|one| one.rule().code == "M234");
            about.map(|one| one.file().rsplit('/').next().unwrap().to_owned()).collect::<Vec<_>>()
        };
        put("V1__plan.surql", "DEFINE FIELD plan ON user TYPE option<string>;\n");
        put("V2__level.surql", "-- migrate: requires auth 1\nDEFINE FIELD level ON user TYPE option<int>;\n");
        put("V3__more.surql", "DEFINE FIELD more ON user TYPE option<int>;\n");
        assert_eq!(warned(), ["V1__plan.surql"], "V3 is behind what V2 requires");
        put("V1__plan.surql", "-- migrate: requires auth 1\nDEFINE FIELD plan ON user TYPE option<string>;\n");
        assert_eq!(warned(), [""; 0]);
    }
}
